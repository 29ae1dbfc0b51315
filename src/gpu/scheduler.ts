import type { Arena, GpuBuffer } from './arena.ts';
import { Clock } from './clock.ts';
import { Costs } from './costs.ts';
import type { Connection } from './connection.ts';
import { GpuError } from './errors.ts';
import type { Dispatch } from './kernel.ts';
import { Recorder } from './recorder.ts';
import { UPLOAD_BYTES, type Work } from './work.ts';

export interface SubmitStatistics {
  readonly submits: number;
  readonly dispatches: number;
  /** Milliseconds of the last submits, newest last; at most 4,096. */
  readonly times: readonly number[];
}

/**
 * Target duration of one submit: low enough that one which takes four times as long as expected (a busy machine, a workgroup far above the
 * average) still stays below 50 ms, and that drawing stays smooth. Measured on the software adapter over FVSBN scoring and
 * training: p50 8, p99 46, longest 81 ms; with a target of 20 it was 18, 71 and 99, at the same throughput.
 */
export const TARGET_MS = 10;
const MAX_IN_FLIGHT = 2;
/** A kernel's grid grows at most by this factor from one submit to the next, because timers are inaccurate. */
const GROWTH = 8;
const KEPT_TIMES = 4096;

interface Waiting {
  readonly work: Work;
  /** Workgroups along x already submitted. */
  done: number;
}

interface Submit {
  readonly units: Map<string, number>;
  /** Whether nothing was in flight when it started. */
  readonly idle: boolean;
  start: number;
  /** Number of pieces of work that were completely submitted up to and including it. */
  upTo: number;
}

/**
 * Packs work into submits of about `TARGET_MS` by measuring what every kernel costs. Work runs in the order given. Kernels
 * not yet measured run alone, small grids first; large grids are split along x where the kernel allows it.
 */
export class Scheduler {
  /** Holds the params of all dispatches of a submit, and the data of its uploads. */
  readonly uploads: GpuBuffer;
  readonly costs = new Costs();
  readonly #clock: Clock;
  readonly #host = new ArrayBuffer(UPLOAD_BYTES);
  readonly #view = new DataView(this.#host);
  readonly #queue: Waiting[] = [];
  readonly #inFlight: Submit[] = [];
  readonly #waiters: { ready: () => boolean; resolve: () => void; reject: (error: Error) => void }[] = [];
  readonly #alignment: number;
  readonly #times: number[] = [];
  /** A kernel that was never measured is running, or the latency is measured: nothing else is submitted until it is done. */
  #probing = false;
  /** Whether a microtask that submits has been queued. */
  #due = false;
  /** Pieces of work queued, submitted and run so far; they run in the order in which they were queued. */
  #queued = 0;
  #submitted = 0;
  #ran = 0;
  #lastDone = 0;
  #submits = 0;
  #dispatches = 0;
  #failure: Error | null = null;

  constructor(
    private readonly device: Connection,
    arena: Arena,
  ) {
    this.uploads = arena.uploads('uploads', UPLOAD_BYTES);
    this.#clock = new Clock(device, arena, MAX_IN_FLIGHT);
    this.#alignment = device.limits.minUniformBufferOffsetAlignment;
  }

  /**
   * Queues work; resolves when there is room for more, which may be long before it has run. Rejects where `queue` throws and where
   * a submit fails until then.
   */
  async run(work: readonly Work[]): Promise<void> {
    this.queue(work);
    await this.#when(() => this.#backlog() < TARGET_MS);
  }

  /**
   * Queues all of the work or none, however much is waiting. Work that is queued by one task of the event loop goes into one
   * submit where it fits. Throws the error of an earlier submit, `GpuLostError` included, and where a buffer of the work was
   * destroyed.
   */
  queue(work: readonly Work[]): void {
    if (this.#failure) throw this.#failure;
    for (const item of work) this.#check(item);
    for (const item of work) {
      if (item.kind === 'dispatch' && item.workgroups[0] === 0) continue;
      this.#queue.push({ work: item, done: 0 });
      this.#queued++;
    }
    this.device.noteQueue(this.#queued, this.#submitted);
    this.#pumpSoon();
  }

  /** Resolves when all work queued so far has been handed to the device; it does not wait for work queued later. */
  submitted(): Promise<void> {
    const upTo = this.#queued;
    return this.#when(() => this.#submitted >= upTo);
  }

  /** Resolves when all work queued so far has run. */
  done(): Promise<void> {
    const upTo = this.#queued;
    return this.#when(() => this.#ran >= upTo);
  }

  statistics(): SubmitStatistics {
    return { submits: this.#submits, dispatches: this.#dispatches, times: [...this.#times] };
  }

  /** Rejects all waiting and later calls. */
  stop(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#queue.length = 0;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    this.device.noteQueue(this.#queued, this.#queued);
  }

  #when(ready: () => boolean): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (ready()) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ ready, resolve, reject }));
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) {
      if (waiter.ready()) waiter.resolve();
      else this.#waiters.push(waiter);
    }
  }

  #check(work: Work): void {
    // The buffers of a dispatch were checked when it was made.
    if (work.kind !== 'dispatch') work.target.throwIfRetired();
    if (work.kind === 'copy') work.source.throwIfRetired();
    if (work.kind === 'upload' && work.data.byteLength > UPLOAD_BYTES / 2)
      throw new GpuError(
        `${work.target.label}: an upload of ${work.data.byteLength} bytes is too large for one piece`,
      );
    if (work.kind === 'dispatch' && !work.kernel.splittable && work.workgroups[0] > this.#mostWorkgroups())
      throw new GpuError(`${work.kernel.label}: ${work.workgroups[0]} workgroups cannot be split`);
  }

  #mostWorkgroups(): number {
    return this.device.limits.maxComputeWorkgroupsPerDimension;
  }

  /** Expected milliseconds of the waiting work; a kernel never measured counts as a whole submit. */
  #backlog(): number {
    let sum = 0;
    for (const { work, done } of this.#queue) {
      if (work.kind !== 'dispatch') continue;
      const cost = this.costs.of(work.kernel.label);
      sum += cost === null ? TARGET_MS : cost * (work.workgroups[0] - done) * unitsPerColumn(work);
      if (sum >= TARGET_MS) break;
    }
    return sum;
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
    if (this.#clock.latency === null && !this.#probing && this.#queue.length > 0) this.#measureLatency();
    while (
      this.#queue.length > 0 &&
      this.#inFlight.length < MAX_IN_FLIGHT &&
      !this.#probing &&
      !this.#failure
    ) {
      // An unmeasured kernel runs alone on an idle device.
      if (this.#nextIsUnmeasured() && this.#inFlight.length > 0) return;
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

  #nextIsUnmeasured(): boolean {
    const next = this.#queue[0].work;
    return next.kind === 'dispatch' && this.costs.of(next.kernel.label) === null;
  }

  #submit(): void {
    const { raw } = this.device;
    raw.pushErrorScope('validation');
    const encoder = raw.createCommandEncoder({ label: 'inkling' });
    const submit: Submit = {
      units: new Map(),
      idle: this.#inFlight.length === 0,
      start: 0,
      upTo: 0,
    };
    const timing = this.#clock.take();
    const recorder = new Recorder(encoder, this.uploads, this.#alignment, UPLOAD_BYTES, timing);
    this.#fill(recorder, submit);
    recorder.end();
    timing?.resolve(encoder);
    if (recorder.used > 0)
      raw.queue.writeBuffer(this.uploads.native, 0, this.#host, 0, Math.ceil(recorder.used / 4) * 4);
    raw.queue.submit([encoder.finish()]);
    const scope = raw.popErrorScope();
    submit.start = performance.now();
    this.#inFlight.push(submit);
    this.#submits++;
    const timed = timing?.milliseconds() ?? null;
    this.device.orLost(Promise.all([scope, timed, raw.queue.onSubmittedWorkDone()])).then(
      ([error, milliseconds]) => this.#onDone(submit, milliseconds, error),
      (error: unknown) => this.stop(asError(error)),
    );
    submit.upTo = this.#submitted;
    this.device.noteQueue(this.#queued, this.#submitted);
    this.#wake();
  }

  #onDone(submit: Submit, timed: number | null, error: GPUError | null): void {
    if (this.#failure) return;
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
    if (submit.units.size > 0) {
      this.costs.learn(submit.units, this.#clock.computed(taken, submit.idle, timed));
      this.#times.push(taken);
      if (this.#times.length > KEPT_TIMES) this.#times.shift();
    }
    this.#pump();
    this.#wake();
  }

  /** Moves work from the queue into one submit while it fits. */
  #fill(recorder: Recorder, submit: Submit): void {
    let expected = 0;
    while (this.#queue.length > 0) {
      const next = this.#queue[0];
      const { work } = next;
      if (!recorder.hasRoom(work)) return;
      if (work.kind !== 'dispatch') {
        if (work.kind === 'upload') recorder.upload(work, this.#host);
        else recorder.copy(work);
        this.#shift();
        continue;
      }
      const cost = this.costs.of(work.kernel.label);
      if (cost === null && submit.units.size > 0) return;
      const taken = submit.units.get(work.kernel.label) ?? 0;
      const remaining = work.workgroups[0] - next.done;
      const fits = this.#columnsThatFit(work, remaining, cost, TARGET_MS - expected, taken);
      // A single workgroup, or a grid that cannot be split, may cost more than the target: it is submitted alone.
      if (fits < 1 && submit.units.size > 0) return;
      const columns = work.kernel.splittable ? Math.max(1, fits) : remaining;
      recorder.dispatch(work, next.done, columns, this.#view);
      this.#dispatches++;
      work.kernel.dispatches++;
      next.done += columns;
      const units = columns * unitsPerColumn(work);
      submit.units.set(work.kernel.label, taken + units);
      if (next.done >= work.workgroups[0]) this.#shift();
      if (cost === null) {
        this.#probing = true;
        return;
      }
      expected += cost * units;
    }
  }

  #shift(): void {
    this.#queue.shift();
    this.#submitted++;
  }

  /** Number of workgroups along x of `remaining` that fit into `room` milliseconds; all or none where the grid cannot be split. */
  #columnsThatFit(
    work: Dispatch,
    remaining: number,
    cost: number | null,
    room: number,
    taken: number,
  ): number {
    const perColumn = unitsPerColumn(work);
    if (cost === null) return work.kernel.splittable ? 1 : remaining;
    const affordable = Math.floor(room / (cost * perColumn));
    if (!work.kernel.splittable) return remaining <= affordable ? remaining : 0;
    const growth = Math.floor(
      Math.max(0, GROWTH * this.costs.largest(work.kernel.label) - taken) / perColumn,
    );
    return Math.min(remaining, affordable, growth, this.#mostWorkgroups());
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new GpuError(String(error));
}

/** Units of one workgroup along x: see `Costs`. */
function unitsPerColumn(work: Dispatch): number {
  const [, y = 1, z = 1] = work.workgroups;
  return y * z * work.work;
}
