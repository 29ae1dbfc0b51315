import type { Arena, GpuBuffer } from './arena.ts';
import { Clock } from './clock.ts';
import { Condition } from './condition.ts';
import { Costs } from './costs.ts';
import type { Connection } from './connection.ts';
import { GpuError } from './errors.ts';
import type { Dispatch } from './kernel.ts';
import { Packing, type Packed } from './packing.ts';
import { Recorder } from './recorder.ts';
import { UPLOAD_BYTES, type Work } from './work.ts';
import { WorkQueue } from './work-queue.ts';

export interface SubmitStatistics {
  readonly submits: number;
  readonly dispatches: number;
  /** Milliseconds of the last submits, newest last; at most 4,096. */
  readonly times: readonly number[];
}

const MAX_IN_FLIGHT = 2;
const KEPT_TIMES = 4096;

interface Submit {
  readonly packed: Packed;
  /** Whether nothing was in flight when it started. */
  readonly idle: boolean;
  readonly start: number;
  /** Number of pieces of work that were completely submitted up to and including it. */
  readonly upTo: number;
}

/** Submits work in the order given, two submits at a time, and measures what every kernel costs, by which `Packing` fills the next. */
export class Scheduler {
  /** Holds the params of all dispatches of a submit, and the data of its uploads. */
  readonly uploads: GpuBuffer;
  readonly costs = new Costs();
  readonly #clock: Clock;
  readonly #queue: WorkQueue;
  readonly #packing: Packing;
  readonly #progress = new Condition();
  readonly #host = new DataView(new ArrayBuffer(UPLOAD_BYTES));
  readonly #inFlight: Submit[] = [];
  readonly #times: number[] = [];
  /** A kernel that was never measured is running, or the latency is measured: nothing else is submitted until it is done. */
  #probing = false;
  /** Whether a microtask that submits has been queued. */
  #due = false;
  /** Pieces of work that have run; they run in the order in which they were queued. */
  #ran = 0;
  #lastDone = 0;
  #submits = 0;
  #dispatches = 0;

  constructor(
    private readonly device: Connection,
    arena: Arena,
  ) {
    const most = device.limits.maxComputeWorkgroupsPerDimension;
    this.uploads = arena.uploads('uploads', UPLOAD_BYTES);
    this.#clock = new Clock(device, arena, MAX_IN_FLIGHT);
    this.#queue = new WorkQueue(most);
    this.#packing = new Packing(this.costs, most);
  }

  /**
   * Queues work; resolves when there is room for more, which may be long before it has run. Rejects where `queue` throws and where
   * a submit fails until then.
   */
  async run(work: readonly Work[]): Promise<void> {
    this.queue(work);
    await this.#progress.until(() => !this.#packing.fillsSubmit(this.#queue));
  }

  /**
   * Queues all of the work or none, however much is waiting. Work that is queued by one task of the event loop goes into one
   * submit where it fits. Throws the error of an earlier submit, `GpuLostError` included, and where a buffer of the work was
   * destroyed.
   */
  queue(work: readonly Work[]): void {
    if (this.#progress.failure) throw this.#progress.failure;
    this.#queue.add(work);
    this.device.noteQueue(this.#queue.queued, this.#queue.submitted);
    this.#pumpSoon();
  }

  /** Resolves when all work queued so far has been handed to the device; it does not wait for work queued later. */
  submitted(): Promise<void> {
    const upTo = this.#queue.queued;
    return this.#progress.until(() => this.#queue.submitted >= upTo);
  }

  /** Resolves when all work queued so far has run. */
  done(): Promise<void> {
    const upTo = this.#queue.queued;
    return this.#progress.until(() => this.#ran >= upTo);
  }

  /** Whether each of the dispatches is known to fit into a submit without being split. */
  fits(dispatches: readonly Dispatch[]): boolean {
    return this.#packing.fits(dispatches);
  }

  statistics(): SubmitStatistics {
    return { submits: this.#submits, dispatches: this.#dispatches, times: [...this.#times] };
  }

  /** Rejects all waiting and later calls. */
  stop(error: Error): void {
    if (this.#progress.failure) return;
    this.#queue.clear();
    this.#progress.fail(error);
    this.device.noteQueue(this.#queue.queued, this.#queue.queued);
  }

  /** Submits in a microtask, so that everything the current task queues goes together. */
  #pumpSoon(): void {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.#pump();
    });
  }

  #pump(): void {
    try {
      this.#submitWhatFits();
    } catch (error) {
      // There is no caller on the stack to throw to.
      this.stop(asError(error));
    }
  }

  #submitWhatFits(): void {
    if (this.#clock.latency === null && !this.#probing && !this.#queue.isEmpty) this.#measureLatency();
    while (
      !this.#queue.isEmpty &&
      this.#inFlight.length < MAX_IN_FLIGHT &&
      !this.#probing &&
      !this.#progress.failure
    ) {
      // An unmeasured kernel runs alone on an idle device.
      if (this.#packing.startsUnmeasured(this.#queue) && this.#inFlight.length > 0) return;
      this.#submit();
    }
  }

  #measureLatency(): void {
    this.#probing = true;
    const done = () => {
      this.#probing = false;
      this.#pump();
    };
    this.#clock.measure().then(done, (error: unknown) => this.stop(asError(error)));
  }

  #submit(): void {
    const { raw, limits } = this.device;
    raw.pushErrorScope('validation');
    const encoder = raw.createCommandEncoder({ label: 'inkling' });
    const timing = this.#clock.take();
    const alignment = limits.minUniformBufferOffsetAlignment;
    const recorder = new Recorder(encoder, this.uploads, this.#host, alignment, timing);
    const packed = this.#packing.pack(this.#queue, recorder);
    this.#dispatches += packed.dispatches;
    if (packed.unmeasured) this.#probing = true;
    recorder.end();
    timing?.resolve(encoder);
    if (recorder.used > 0)
      raw.queue.writeBuffer(this.uploads.native, 0, this.#host.buffer, 0, Math.ceil(recorder.used / 4) * 4);
    raw.queue.submit([encoder.finish()]);
    const scope = raw.popErrorScope();
    const submit: Submit = {
      packed,
      idle: this.#inFlight.length === 0,
      start: performance.now(),
      upTo: this.#queue.submitted,
    };
    this.#inFlight.push(submit);
    this.#submits++;
    const timed = timing?.milliseconds() ?? null;
    this.device.orLost(Promise.all([scope, timed, raw.queue.onSubmittedWorkDone()])).then(
      ([error, milliseconds]) => this.#onDone(submit, milliseconds, error),
      (error: unknown) => this.stop(asError(error)),
    );
    this.device.noteQueue(this.#queue.queued, this.#queue.submitted);
    this.#progress.changed();
  }

  #onDone(submit: Submit, timed: number | null, error: GPUError | null): void {
    if (this.#progress.failure) return;
    if (error) {
      this.stop(new GpuError(error.message));
      return;
    }
    const now = performance.now();
    // With two in flight, the second starts when the first has ended.
    const taken = now - Math.max(submit.start, this.#lastDone);
    this.#lastDone = now;
    this.#ran = Math.max(this.#ran, submit.upTo);
    this.#inFlight.splice(this.#inFlight.indexOf(submit), 1);
    this.#probing = false;
    const { units, known } = submit.packed;
    if (units.size > 0) {
      if (known) this.costs.learn(units, this.#clock.computed(taken, submit.idle, timed));
      this.#times.push(taken);
      if (this.#times.length > KEPT_TIMES) this.#times.shift();
    }
    this.#pump();
    this.#progress.changed();
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new GpuError(String(error));
}
