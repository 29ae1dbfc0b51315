import { ok, type Result } from '../data/result.ts';
import type { Backend, BackendKind } from '../engine/backend.ts';
import { createCpuBackend } from '../engine/cpu-backend.ts';
import { createWebGpuBackend } from '../engine/webgpu-backend.ts';
import { createDawn } from './dawn.ts';

/** The backend asked for. The command line never falls back to another one: whoever asks for WebGPU measures it. */
export async function createBackend(kind: BackendKind): Promise<Result<Backend>> {
  if (kind === 'cpu') return ok(createCpuBackend());
  const gpu = await createDawn();
  return gpu.ok ? await createWebGpuBackend(gpu.value) : gpu;
}
