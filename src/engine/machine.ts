import { fail } from '../data/result.ts';
import { createCpuBackend } from './cpu-backend.ts';
import type { Machine } from './host.ts';

/** The browser's own means. */
export function browserMachine(): Machine {
  return {
    createCpu: createCpuBackend,
    createWebGpu: () => Promise.resolve(fail('WebGPU: not built yet.')),
    isSoftware: () => Promise.resolve(fail('WebGPU: not built yet.')),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    now: () => performance.now(),
  };
}
