import type { Result } from '../data/result.ts';
import type { BackendPreference, BackendStatus } from './api.ts';
import type { Backend } from './backends/backend.ts';

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
/** A device that was lost sooner than this is asked for again less eagerly, after a second at most: it may be lost each time. */
const BRIEF_MS = 10_000;
const MAX_BRIEF_DELAYS = 4;

/** A search for another device after a loss, under way as long as the host holds it. */
interface Recovery {
  /** Resolves when it has found a device, was given up, or is no longer wanted. */
  readonly over: Promise<void>;
  readonly end: () => void;
}

/** Owns the backend: chooses it, notices its loss, and brings the next one, one recovery at a time. */
export class BackendHost {
  readonly #machine: Machine;
  readonly #cpu: Backend;
  readonly #watchers = new Set<(status: BackendStatus) => void>();
  #webgpu: Backend | null = null;
  #webgpuAvailable = false;
  /** What the machine said last of its adapter; null until it has. */
  #software: boolean | null = null;
  #preference: BackendPreference = 'auto';
  #reason = '';
  #recovery: Recovery | null = null;
  #adoptedAt = 0;
  /** Devices in a row that were lost within BRIEF_MS. */
  #briefDevices = 0;
  /** Goes up with every choice; a choice of an older generation is dropped. */
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

  /** Resolves once the first choice, or the one under way, is made. */
  async ready(): Promise<void> {
    await this.#choosing;
  }

  /** For drawing, saving, sampling: waits neither for the first choice nor for a recovery, the cpu stands in. */
  now(): Backend {
    return this.#webgpu ?? this.#cpu;
  }

  /**
   * For training: waits for the device to come back, or for the host to give it up. Once `signal` is aborted the wait is
   * over: what there is then has to do.
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
      // Another choice, or another loss, may have come meanwhile.
      if (choosing === this.#choosing && !this.#recovery) return this.now();
    }
  }

  /** Drops the device as a lost driver would. */
  lose(): void {
    this.#webgpu?.destroy();
  }

  async #choose(): Promise<void> {
    const generation = ++this.#generation;
    const adapter = await this.#machine.isSoftware();
    if (generation !== this.#generation) return;
    // A crashed GPU process refuses adapters for a while: that says nothing about a device that is used or waited for.
    const kept = this.#webgpu !== null || this.#recovery !== null;
    this.#webgpuAvailable = adapter.ok || kept;
    if (adapter.ok) this.#software = adapter.value;
    const hardware = adapter.ok ? !adapter.value : kept && this.#software !== true;
    if (this.#preference === 'cpu' || (this.#preference === 'auto' && !hardware)) {
      this.#endRecovery();
      this.#retire();
      this.#reason = this.#whyNot(adapter);
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

  #whyNot(adapter: Result<boolean>): string {
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
    // Retired by hand, or already replaced: nothing waits for it.
    if (this.#webgpu !== backend) return;
    this.#webgpu = null;
    const brief = this.#machine.now() - this.#adoptedAt < BRIEF_MS;
    this.#briefDevices = brief ? this.#briefDevices + 1 : 0;
    this.#reason = 'The GPU was lost; waiting for it to come back.';
    // A device in use means that no recovery is under way: an older one, still asleep, finds itself replaced when it wakes.
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

  /** Ends the recovery under way, if any, in the same turn as what it ends for: no loss can fall in between. */
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
