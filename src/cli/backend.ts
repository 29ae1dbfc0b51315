import { ok, type Result } from '../data/result.ts';
import type { Backend, BackendKind } from '../engine/backends/backend.ts';
import { createCpuBackend } from '../engine/backends/cpu.ts';
import { createWebGpuBackend } from '../engine/backends/webgpu/backend.ts';
import { loadSimd } from '../simd/load.ts';
import { createDawn } from './dawn.ts';

/** The requested backend. The command line never falls back to another one, because its times would be taken for those of WebGPU. */
export async function createBackend(kind: BackendKind): Promise<Result<Backend>> {
  if (kind === 'cpu') return ok(createCpuBackend(loadSimd));
  const gpu = await createDawn();
  return gpu.ok ? await createWebGpuBackend(gpu.value) : gpu;
}

/** One backend at a time; a new one when the device of the last was lost. */
export class BackendSupply {
  readonly #kind: BackendKind;
  #backend: Backend | null = null;

  constructor(kind: BackendKind) {
    this.#kind = kind;
  }

  async open(): Promise<Result<Backend>> {
    const created = await createBackend(this.#kind);
    if (!created.ok) return created;
    const backend = created.value;
    this.#backend = backend;
    void backend.lost.then(() => {
      if (this.#backend === backend) this.#backend = null;
    });
    return created;
  }

  async now(): Promise<Backend> {
    if (this.#backend) return this.#backend;
    const opened = await this.open();
    if (!opened.ok) throw new Error(opened.reason);
    return opened.value;
  }

  destroy(): void {
    const backend = this.#backend;
    this.#backend = null;
    backend?.destroy();
  }
}
