import type { Arena, GpuBuffer } from './arena.ts';
import type { Connection } from './connection.ts';

/** The feature that lets a device say when it began and ended a pass. */
export const TIMESTAMPS = 'timestamp-query';

/** Passes of a submit that can be timed. */
const MOST_PASSES = 32;
const BYTES = MOST_PASSES * 2 * 8;
const LATENCY_SUBMITS = 3;
/** A clock that says less than this share of what the host saw is not believed. */
const LEAST_SHARE = 1 / 8;

/** The passes of one submit, timed by the device. */
export class Timing {
  #passes = 0;

  constructor(
    private readonly set: GPUQuerySet,
    private readonly resolved: GpuBuffer,
    private readonly staging: GpuBuffer,
    private readonly release: (timing: Timing) => void,
  ) {}

  /** For the descriptor of the next pass. */
  writes(): Pick<GPUComputePassDescriptor, 'timestampWrites'> {
    const at = 2 * this.#passes++;
    if (at >= 2 * MOST_PASSES) return {};
    const { set: querySet } = this;
    return {
      timestampWrites: { querySet, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 },
    };
  }

  /** After the last pass. */
  resolve(encoder: GPUCommandEncoder): void {
    if (this.#unknown) return;
    const { native } = this.resolved;
    encoder.resolveQuerySet(this.set, 0, 2 * this.#passes, native, 0);
    encoder.copyBufferToBuffer(native, 0, this.staging.native, 0, 16 * this.#passes);
  }

  /** Milliseconds of all passes together, after the submit; null where it had none, or too many. Rejects as `mapAsync` does. */
  async milliseconds(): Promise<number | null> {
    const { native } = this.staging;
    let sum: number | null = null;
    if (!this.#unknown) {
      await native.mapAsync(0x1, 0, 16 * this.#passes); // GPUMapMode.READ, a global of browsers only
      const times = new BigUint64Array(native.getMappedRange(0, 16 * this.#passes));
      let nanoseconds = 0n;
      for (let at = 0; at < times.length; at += 2) nanoseconds += times[at + 1] - times[at];
      native.unmap();
      sum = Number(nanoseconds) / 1e6;
    }
    this.#passes = 0;
    this.release(this);
    return sum;
  }

  get #unknown(): boolean {
    return this.#passes === 0 || this.#passes > MOST_PASSES;
  }
}

/** How long the device computes for a submit: by its own clock where it offers one, else what the host sees less the latency. */
export class Clock {
  /** Milliseconds from an all but empty submit to its completion; null before `measure`. */
  latency: number | null = null;
  readonly #free: Timing[] = [];

  /** For up to `together` submits in flight. */
  constructor(
    private readonly device: Connection,
    private readonly arena: Arena,
    together: number,
  ) {
    const { raw } = device;
    if (!raw.features.has(TIMESTAMPS)) return;
    for (let i = 0; i < together; i++) {
      const set = raw.createQuerySet({ label: 'timing', type: 'timestamp', count: 2 * MOST_PASSES });
      const release = (timing: Timing) => this.#free.push(timing);
      release(new Timing(set, arena.queries('times', BYTES), arena.staging('read_times', BYTES), release));
    }
  }

  /** A timing for one submit; null where the device has no clock. */
  take(): Timing | null {
    return this.#free.pop() ?? null;
  }

  /** Measures the latency on an idle device. */
  async measure(): Promise<void> {
    const { raw } = this.device;
    const buffer = this.arena.storage('latency', 16);
    let least = Infinity;
    for (let i = 0; i < LATENCY_SUBMITS; i++) {
      const start = performance.now();
      const encoder = raw.createCommandEncoder({ label: 'latency' });
      // A driver may leave out a submit of nothing.
      encoder.clearBuffer(buffer.native);
      raw.queue.submit([encoder.finish()]);
      await this.device.orLost(raw.queue.onSubmittedWorkDone());
      least = Math.min(least, performance.now() - start);
    }
    this.arena.free(buffer);
    this.latency = least;
  }

  /**
   * Milliseconds that a submit computed. `seen`: from its start, or the end of the one before, to its completion; `idle`: whether the device
   * had nothing else to do, so that the latency is part of it; `timed`: by the device's clock.
   */
  computed(seen: number, idle: boolean, timed: number | null): number {
    const most = Math.max(0, seen - (idle ? (this.latency ?? 0) : 0));
    // Clocks of some drivers stand still, run backwards or overflow.
    if (timed === null || !(timed > 0 && timed <= seen)) return most;
    return Math.max(timed, most * LEAST_SHARE);
  }
}
