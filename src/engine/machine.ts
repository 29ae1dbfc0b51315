import { wordsOf } from '../data/error-words.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { describeAdapter } from '../gpu/adapter.ts';
import { loadSimd } from '../simd/load.ts';
import { createCpuBackend } from './backends/cpu.ts';
import type { Machine } from './backend-host.ts';
import { browserPool } from './pool-workers.ts';
import type { Backend } from './backends/backend.ts';

/** The machine of the browser. Some browsers have no `navigator.gpu`, although its type says so. */
export function browserMachine(): Machine {
  const gpu = (navigator as { readonly gpu?: GPU }).gpu;
  return {
    createCpu: () => createCpuBackend(loadSimd, browserPool()),
    createWebGpu: () => createWebGpu(gpu),
    isSoftware: async () => {
      const adapter = await describeAdapter(gpu);
      return adapter.ok ? ok(adapter.value.isFallback) : adapter;
    },
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    now: () => performance.now(),
  };
}

/** The kernels and what runs them are a third of the engine: they are fetched where there is an adapter. */
async function createWebGpu(gpu: GPU | undefined): Promise<Result<Backend>> {
  const adapter = await describeAdapter(gpu);
  if (!adapter.ok) return adapter;
  let module: typeof import('./backends/webgpu/backend.ts');
  try {
    module = await import('./backends/webgpu/backend.ts');
  } catch (error) {
    return fail(`WebGPU: its kernels could not be fetched (${wordsOf(error)}).`);
  }
  return await module.createWebGpuBackend(gpu);
}
