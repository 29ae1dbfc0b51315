import type { Result } from '../data/result.ts';
import type { BackendPreference, BackendStatus } from './api.ts';
import type { Backend } from './backends/backend.ts';

/** The capabilities of the machine that the host uses; tests pass a fake. */
export interface Machine {
  createCpu(): Backend;
  /** Fails, with a sentence, where there is no adapter or no device. */
  createWebGpu(): Promise<Result<Backend>>;
  /** Whether the adapter computes on the CPU, where typed arrays are faster. */
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
/** After a device that was lost sooner than this the first retries are later, by at most a second: the next may be lost too. */
const BRIEF_MS = 10_000;
const MAX_BRIEF_DELAYS = 4;

/** The search for another device after a loss; current as long as the host refers to it. */
interface Recovery {
  /** Resolves when a device is found, or the search is given up or cancelled. */
  readonly over: Promise<void>;
  readonly end: () => void;
}

/** Owns the backend: chooses it, notices its loss and replaces it, one recovery at a time. */
export class BackendHost {
  readonly #machine: Machine;
  readonly #cpu: Backend;
  readonly #watchers = new Set<(status: BackendStatus) => void>();
  #webgpu: Backend | null = null;
  #webgpuAvailable = false;
  /** The last answer of `isSoftware`; null before the first. */
  #software: boolean | null = null;
  #preference: BackendPreference = 'auto';
  #reason = '';
  #recovery: Recovery | null = null;
  #adoptedAt = 0;
  /** Devices in a row that were lost within BRIEF_MS. */
  #briefDevices = 0;
  /** Incremented by every choice; the result of an older choice is dropped. */
  #generation = 0;
  #choosing: Promise<void>;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#cpu = machine.createCpu();
    void this.#cpu.descriptionChanged?.then(() => this.#announce());
    this.#choosing = this.#choose();
  }

  /** For backends of one's own beside those of this host: what is measured must not wait for, nor disturb, what is in use. */
  get machine(): Machine {
    return this.#machine;
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
      webgpuInSoftware: this.#software === true,
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

  /** Resolves once the current choice is made. */
  async ready(): Promise<void> {
    await this.#choosing;
  }

  /** For queries and samples: waits neither for the first choice nor for a recovery, but uses the cpu meanwhile. */
  now(): Backend {
    return this.#webgpu ?? this.#cpu;
  }

  /**
   * For training: waits until the device is back or the host gives it up. Once `signal` is aborted it resolves with the
   * backend that is available.
   */
  async settled(signal?: AbortSignal): Promise<Backend> {
    const settling = this.#settling();
    return signal ? await orWhenAborted(settling, signal, () => this.now()) : await settling;
  }

  async #settling(): Promise<Backend> {
    for (;;) {
      const choosing = this.#choosing;
      await choosing;
      await this.#recovery?.over;
      // Repeats where another choice or another loss has happened meanwhile.
      if (choosing === this.#choosing && !this.#recovery) return this.now();
    }
  }

  /** Destroys the device, as a driver failure would. */
  lose(): void {
    this.#webgpu?.destroy();
  }

  async #choose(): Promise<void> {
    const generation = ++this.#generation;
    const adapter = await this.#machine.isSoftware();
    if (generation !== this.#generation) return;
    // After a crash of the GPU process adapters are refused for a while, also where the device in use, or a recovery, is fine.
    const kept = this.#webgpu !== null || this.#recovery !== null;
    this.#webgpuAvailable = adapter.ok || kept;
    if (adapter.ok) this.#software = adapter.value;
    const hardware = adapter.ok ? !adapter.value : kept && this.#software !== true;
    if (this.#preference === 'cpu' || (this.#preference === 'auto' && !hardware)) {
      this.#endRecovery();
      this.#retire();
      this.#reason = this.#cpuReason(adapter);
      this.#announce();
      return;
    }
    if (kept) {
      if (this.#webgpu) this.#reason = this.#chosenReason();
      this.#announce();
      return;
    }
    const created = await this.#machine.createWebGpu();
    if (generation !== this.#generation) {
      if (created.ok) created.value.destroy();
      return;
    }
    if (created.ok) {
      this.#adopt(created.value);
    } else {
      this.#reason = created.reason;
      this.#announce();
    }
  }

  #chosenReason(): string {
    return this.#preference === 'webgpu' ? 'Chosen by hand.' : 'A GPU is available.';
  }

  #cpuReason(adapter: Result<boolean>): string {
    if (this.#preference === 'cpu') return 'Chosen by hand.';
    return adapter.ok || this.#software === true
      ? 'The WebGPU adapter here computes on the CPU, where typed arrays are faster.'
      : adapter.reason;
  }

  #adopt(backend: Backend): void {
    this.#webgpu = backend;
    this.#reason = this.#chosenReason();
    this.#adoptedAt = this.#machine.now();
    void backend.lost.then(() => this.#onLost(backend));
    this.#announce();
  }

  #onLost(backend: Backend): void {
    // Retired by the visitor's choice, or already replaced.
    if (this.#webgpu !== backend) return;
    this.#webgpu = null;
    const brief = this.#machine.now() - this.#adoptedAt < BRIEF_MS;
    this.#briefDevices = brief ? this.#briefDevices + 1 : 0;
    this.#reason = 'The GPU was lost; waiting for it to come back.';
    // An older recovery that still sleeps finds on waking that it is no longer the current one.
    void this.#recover(this.#beginRecovery());
    this.#announce();
  }

  #beginRecovery(): Recovery {
    let end: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#recovery = { over, end };
    return this.#recovery;
  }

  /** Ends the current recovery, if any. Synchronous, so that no loss can occur between this and what follows. */
  #endRecovery(): void {
    this.#recovery?.end();
    this.#recovery = null;
  }

  async #recover(recovery: Recovery): Promise<void> {
    const start = this.#machine.now();
    const skipped = Math.min(this.#briefDevices, MAX_BRIEF_DELAYS);
    for (let attempt = 0; this.#machine.now() - start < RECOVERY_MS; attempt++) {
      await this.#machine.sleep(RETRY_MS[Math.min(skipped + attempt, RETRY_MS.length - 1)]);
      if (recovery !== this.#recovery) return;
      const created = await this.#machine.createWebGpu();
      if (recovery !== this.#recovery) {
        if (created.ok) created.value.destroy();
        return;
      }
      if (created.ok) {
        this.#endRecovery();
        this.#adopt(created.value);
        return;
      }
    }
    this.#reason = 'The GPU did not come back; going on with typed arrays.';
    this.#endRecovery();
    this.#announce();
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

/** What `work` resolves with, or `otherwise` once the signal is aborted. */
function orWhenAborted<T>(work: Promise<T>, signal: AbortSignal, otherwise: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(otherwise());
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
