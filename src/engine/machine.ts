import { ok } from '../data/result.ts';
import { describeAdapter } from '../gpu/device.ts';
import { loadSimd } from '../simd/load.ts';
import { createCpuBackend } from './backends/cpu.ts';
import type { Machine } from './backend-host.ts';
import { browserPool } from './pool-workers.ts';
import { createWebGpuBackend } from './backends/webgpu/backend.ts';

/** The machine of the browser. Some browsers have no `navigator.gpu`, although its type says so. */
export function browserMachine(): Machine {
  const gpu = (navigator as { readonly gpu?: GPU }).gpu;
  return {
    createCpu: () => createCpuBackend(loadSimd, browserPool()),
    createWebGpu: () => createWebGpuBackend(gpu),
    isSoftware: async () => {
      const adapter = await describeAdapter(gpu);
      return adapter.ok ? ok(adapter.value.isFallback) : adapter;
    },
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    now: () => performance.now(),
  };
}
