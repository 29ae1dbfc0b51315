import { GpuError } from './errors.ts';
import { isSplittable } from './kernel.ts';
import { UPLOAD_BYTES, type Work } from './work.ts';

/** A piece of work that is not yet submitted, or not with all of its grid. */
export interface Waiting {
  readonly work: Work;
  /** Workgroups along x already submitted. */
  done: number;
}

/** Work in the order in which it runs: first in, first out. */
export class WorkQueue {
  readonly #waiting: Waiting[] = [];
  #queued = 0;
  #submitted = 0;

  constructor(
    /** Most workgroups of one dispatch along x. */
    private readonly mostWorkgroups: number,
  ) {}

  /** Pieces of work queued so far. */
  get queued(): number {
    return this.#queued;
  }

  /** How many of them were completely submitted. */
  get submitted(): number {
    return this.#submitted;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** The next piece. */
  get first(): Waiting {
    return this.#waiting[0];
  }

  [Symbol.iterator](): Iterator<Waiting> {
    return this.#waiting.values();
  }

  /**
   * Queues all of the work or none. Throws `GpuError` where a buffer of it was destroyed, an upload is too large, or a grid that
   * cannot be split has too many workgroups.
   */
  add(work: readonly Work[]): void {
    for (const item of work) this.#check(item);
    for (const item of work) {
      if (item.kind === 'dispatch' && item.workgroups[0] === 0) continue;
      this.#waiting.push({ work: item, done: 0 });
      this.#queued++;
    }
  }

  /** Takes off the first piece, which is now completely submitted. */
  shift(): void {
    this.#waiting.shift();
    this.#submitted++;
  }

  /** Drops what is waiting. */
  clear(): void {
    this.#waiting.length = 0;
  }

  #check(work: Work): void {
    // The buffers of a dispatch were checked when it was made.
    if (work.kind !== 'dispatch') work.target.throwIfRetired();
    if (work.kind === 'copy') work.source.throwIfRetired();
    if (work.kind === 'upload' && work.data.byteLength > UPLOAD_BYTES / 2)
      throw new GpuError(
        `${work.target.label}: an upload of ${work.data.byteLength} bytes is too large for one piece`,
      );
    if (work.kind === 'dispatch' && !isSplittable(work) && work.workgroups[0] > this.mostWorkgroups)
      throw new GpuError(`${work.kernel.label}: ${work.workgroups[0]} workgroups cannot be split`);
  }
}
