import type { Result } from '../data/result.ts';
import type { BackendPreference, BackendStatus } from './api.ts';
import type { Backend } from './backend.ts';

/** What the host needs to know of the machine; the tests stand in for it. */
export interface Machine {
  createCpu(): Backend;
  /** Fails with a sentence where there is no adapter or no device. */
  createWebGpu(): Promise<Result<Backend>>;
  /** Whether the adapter computes on the CPU: typed arrays then beat it. */
  isSoftware(): Promise<Result<boolean>>;
  sleep(milliseconds: number): Promise<void>;
  now(): number;
}

/**
 * Chromium refuses adapters for about 126 s after a second crash of its GPU process within two minutes, so
 * giving up earlier would turn an ordinary loss into a lasting one.
 */
export const RECOVERY_MS = 180_000;
const RETRY_MS = [0, 100, 250, 500, 1000, 2000, 3000];

/** Owns the backend: chooses it, notices its loss, and brings the next one, one recovery at a time. */
export class BackendHost {
  readonly #machine: Machine;
  readonly #cpu: Backend;
  readonly #watchers = new Set<(status: BackendStatus) => void>();
  #webgpu: Backend | null = null;
  #webgpuAvailable = false;
  #webgpuInSoftware = false;
  #preference: BackendPreference = 'auto';
  #reason = '';
  #recovery: Promise<void> | null = null;
  /** Goes up with every change of mind; a choice or recovery of an older generation is dropped. */
  #generation = 0;
  #choosing: Promise<void>;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#cpu = machine.createCpu();
    this.#choosing = this.#choose();
  }

  status(): BackendStatus {
    const backend = this.#webgpu ?? this.#cpu;
    return {
      kind: backend.kind,
      description: backend.description,
      preference: this.#preference,
      reason: this.#reason,
      state: this.#recovery ? 'recovering' : 'ready',
      webgpuAvailable: this.#webgpuAvailable,
      webgpuInSoftware: this.#webgpuInSoftware,
    };
  }

  watch(onStatus: (status: BackendStatus) => void): void {
    this.#watchers.add(onStatus);
    onStatus(this.status());
  }

  async prefer(preference: BackendPreference): Promise<BackendStatus> {
    this.#preference = preference;
    this.#choosing = this.#choose();
    await this.#choosing;
    return this.status();
  }

  /** Resolves once the first choice, or the one under way, is made. */
  async ready(): Promise<void> {
    await this.#choosing;
  }

  /** For drawing, saving, sampling: waits neither for the first choice nor for a recovery, the cpu stands in. */
  now(): Backend {
    return this.#webgpu ?? this.#cpu;
  }

  /** For training: waits for the device to come back, or for the host to give it up. */
  async settled(): Promise<Backend> {
    await this.#choosing;
    while (this.#recovery) await this.#recovery;
    return this.#webgpu ?? this.#cpu;
  }

  /** Drops the device as a lost driver would. */
  lose(): void {
    this.#webgpu?.destroy();
  }

  async #choose(): Promise<void> {
    const generation = ++this.#generation;
    const software = await this.#machine.isSoftware();
    if (generation !== this.#generation) return;
    this.#webgpuAvailable = software.ok;
    this.#webgpuInSoftware = software.ok && software.value;
    const wanted =
      this.#preference === 'webgpu' || (this.#preference === 'auto' && software.ok && !software.value);
    if (!wanted) {
      this.#retire();
      this.#reason =
        this.#preference === 'cpu'
          ? 'Chosen by hand.'
          : software.ok
            ? 'The WebGPU adapter here computes on the CPU, where typed arrays are faster.'
            : software.reason;
      this.#announce();
      return;
    }
    if (this.#webgpu) {
      this.#reason = this.#chosenReason();
      this.#announce();
      return;
    }
    const created = await this.#machine.createWebGpu();
    if (generation !== this.#generation) {
      if (created.ok) created.value.destroy();
      return;
    }
    this.#adopt(created);
  }

  #chosenReason(): string {
    return this.#preference === 'webgpu' ? 'Chosen by hand.' : 'A GPU is available.';
  }

  #adopt(created: Result<Backend>): void {
    if (!created.ok) {
      this.#reason = created.reason;
      this.#announce();
      return;
    }
    const backend = created.value;
    this.#webgpu = backend;
    this.#reason = this.#chosenReason();
    void backend.lost.then(() => this.#onLost(backend));
    this.#announce();
  }

  #onLost(backend: Backend): void {
    // Retired by hand, or already replaced: nobody is waiting for it.
    if (this.#webgpu !== backend) return;
    this.#webgpu = null;
    this.#reason = 'The GPU was lost; waiting for it to come back.';
    this.#recovery ??= this.#recover(this.#generation).finally(() => {
      this.#recovery = null;
      this.#announce();
    });
    this.#announce();
  }

  async #recover(generation: number): Promise<void> {
    const start = this.#machine.now();
    for (let attempt = 0; this.#machine.now() - start < RECOVERY_MS; attempt++) {
      await this.#machine.sleep(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]);
      if (generation !== this.#generation) return;
      const created = await this.#machine.createWebGpu();
      if (generation !== this.#generation) {
        if (created.ok) created.value.destroy();
        return;
      }
      if (created.ok) {
        this.#adopt(created);
        return;
      }
    }
    this.#reason = 'The GPU did not come back; going on with typed arrays.';
  }

  #retire(): void {
    const backend = this.#webgpu;
    this.#webgpu = null;
    backend?.destroy();
  }

  #announce(): void {
    const status = this.status();
    for (const watcher of this.#watchers) watcher(status);
  }
}
