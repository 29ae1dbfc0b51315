import { GpuError, GpuLostError } from './errors.ts';

const SETTLE_MS = 300;

/** The GPUDevice itself: its loss, its errors and the memory allocated on it. */
export class Connection {
  /** Resolves with a sentence once the device is lost or destroyed. */
  readonly lost: Promise<string>;
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #onLost: ((error: Error) => void)[] = [];
  readonly #deferred: { readonly after: number; readonly act: () => void }[] = [];
  #queued = 0;
  #submitted = 0;
  #liveBytes = 0;
  #peakBytes = 0;
  #lostReason: string | null = null;

  constructor(readonly raw: GPUDevice) {
    this.lost = raw.lost.then((info) => this.#lose(info.message || info.reason));
  }

  get limits(): GPUSupportedLimits {
    return this.raw.limits;
  }

  /** Why the device was lost or destroyed; null before. */
  get lostReason(): string | null {
    return this.#lostReason;
  }

  /** Bytes of all buffers that are not freed. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** Notes a buffer made (positive) or freed (negative). */
  countBytes(bytes: number): void {
    this.#liveBytes += bytes;
    if (this.#liveBytes > this.#peakBytes) this.#peakBytes = this.#liveBytes;
  }

  /** Calls back once, when the device is lost or destroyed. */
  onLost(act: (error: Error) => void): void {
    this.#onLost.push(act);
  }

  /** Notes how many pieces of work were queued so far and how many of them were submitted, in the order in which they were queued. */
  noteQueue(queued: number, submitted: number): void {
    this.#queued = queued;
    this.#submitted = submitted;
    while (this.#deferred.length > 0 && this.#deferred[0].after <= submitted) this.#deferred.shift()?.act();
  }

  /** Calls `act` as soon as the work that is queued now has been submitted: at once where none is waiting. */
  afterQueue(act: () => void): void {
    if (this.#submitted >= this.#queued) act();
    else this.#deferred.push({ after: this.#queued, act });
  }

  /**
   * Runs `work` inside error scopes (validation, internal, out of memory) and throws what they caught. Scopes nest, so `work`
   * must make its WebGPU calls before it first awaits.
   */
  async guard<T>(what: string, work: () => T): Promise<Awaited<T>> {
    this.throwIfLost();
    for (const filter of ['validation', 'internal', 'out-of-memory'] as const)
      this.raw.pushErrorScope(filter);
    let pending: T;
    let scopes: Promise<(GPUError | null)[]>;
    try {
      pending = work();
    } finally {
      scopes = Promise.all([0, 1, 2].map(() => this.raw.popErrorScope()));
      // Awaited below; where `work` threw, the rejection is ignored.
      scopes.catch(() => null);
    }
    const [value, errors] = await this.orLost(Promise.all([pending, scopes]));
    const caught = errors.find((error) => error !== null);
    if (caught) throw new GpuError(`${what}: ${caught.message}`);
    return value;
  }

  /** `pending`, or `GpuLostError` as soon as the device is lost: some drivers never settle a call then. */
  orLost<T>(pending: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      const fail = async (error: unknown): Promise<void> => {
        // A loss may reject calls before `raw.lost` resolves.
        if (!(error instanceof GpuError)) await this.#settle();
        this.#waiting.delete(reject);
        reject(this.#lostReason === null ? asError(error) : new GpuLostError(this.#lostReason));
      };
      pending.then((value) => {
        this.#waiting.delete(reject);
        resolve(value);
      }, fail);
    });
  }

  throwIfLost(): void {
    if (this.#lostReason !== null) throw new GpuLostError(this.#lostReason);
  }

  /** Destroys the device and all its buffers. Pending calls reject with `GpuLostError`. */
  destroy(): void {
    this.#lose('The device was destroyed.');
    this.raw.destroy();
  }

  /** Waits until a loss that is under way has been reported, at most SETTLE_MS. */
  async #settle(): Promise<void> {
    await Promise.race([this.lost, new Promise((resolve) => setTimeout(resolve, SETTLE_MS))]);
  }

  #lose(reason: string): string {
    if (this.#lostReason === null) {
      this.#lostReason = reason;
      const error = new GpuLostError(reason);
      for (const act of this.#onLost.splice(0)) act(error);
      for (const reject of this.#waiting) reject(error);
      this.#waiting.clear();
    }
    return this.#lostReason;
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
