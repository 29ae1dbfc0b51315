import { setFlagsFromString } from 'node:v8';
import { ok, type Result } from '../data/result.ts';
import type { Backend, BackendKind } from '../engine/backends/backend.ts';
import { createCpuBackend } from '../engine/backends/cpu.ts';
import { createWebGpuBackend } from '../engine/backends/webgpu/backend.ts';
import { fuses, loadSimd } from '../simd/load.ts';
import { createDawn } from './dawn.ts';
import { nodePool, usualThreads } from './pool-workers.ts';

/**
 * The requested backend; null threads for those that are usual on the cpu. The command line never falls back to another one, because
 * its times would be taken for those of WebGPU.
 */
export async function createBackend(kind: BackendKind, threads: number | null): Promise<Result<Backend>> {
  if (kind === 'cpu') {
    allowFusedSimd();
    return ok(createCpuBackend(loadSimd, nodePool(threads ?? usualThreads())));
  }
  const gpu = await createDawn();
  return gpu.ok ? await createWebGpuBackend(gpu.value) : gpu;
}

/** Node 20 has fused multiply-add, but wants to be asked for it; later versions need not be. Threads that are started later have it too. */
export function allowFusedSimd(): void {
  if (!fuses()) setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/** One backend at a time; a new one when the device of the last was lost. */
export class BackendSupply {
  readonly #kind: BackendKind;
  readonly #threads: number | null;
  #backend: Backend | null = null;
  #last: Backend | null = null;

  /** See createBackend. */
  constructor(kind: BackendKind, threads: number | null) {
    this.#kind = kind;
    this.#threads = threads;
  }

  async open(): Promise<Result<Backend>> {
    const created = await createBackend(this.#kind, this.#threads);
    if (!created.ok) return created;
    const backend = created.value;
    this.#backend = backend;
    this.#last = backend;
    void backend.lost.then(() => {
      if (this.#backend === backend) this.#backend = null;
    });
    return created;
  }

  /** What computes, or has computed last: Backend.description. Empty before the first backend. */
  get description(): string {
    return this.#last?.description ?? '';
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
