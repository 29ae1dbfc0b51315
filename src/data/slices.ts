import { ok, type Result } from './result.ts';

/** Items of the first slice, and of the largest. */
const FIRST = 8;
const LARGEST = 4096;

/** Does the items from `first` on, `count` of them. */
export type SliceWork =
  | ((first: number, count: number) => void)
  | ((first: number, count: number) => Promise<void>)
  | ((first: number, count: number) => Promise<Result<unknown>>);

export interface SliceOptions {
  /**
   * Intended duration of a slice in milliseconds: other work of the thread waits so long. Without it all slices have the same
   * size: for results that have to be the same bit for bit, and whose rounding depends on the slicing.
   */
  readonly targetMs?: number;
  readonly work: SliceWork;
  readonly signal?: AbortSignal | undefined;
  /** Items of the first slice. */
  readonly size?: number;
  readonly yieldToEventLoop?: () => Promise<void>;
  /** Slices under way at a time, 1 by default: they are then of one size, and may end in any order. */
  readonly concurrency?: number | undefined;
}

/**
 * Does items 0 to total - 1 in slices, and lets other work of the thread run after each. The size of a slice adapts to the speed.
 * Ends with the first slice that fails; otherwise the value is the size of the next slice, for further work of the kind. Throws the
 * reason of the signal where it is aborted.
 */
export async function forEachSlice(
  total: number,
  {
    targetMs,
    work,
    signal,
    size = FIRST,
    yieldToEventLoop: turn = yieldToEventLoop,
    concurrency = 1,
  }: SliceOptions,
): Promise<Result<number>> {
  signal?.throwIfAborted();
  if (concurrency > 1) return await sideBySide(total, { work, signal, size, turn, concurrency });
  for (let first = 0; first < total;) {
    const count = Math.min(size, total - first);
    const begun = performance.now();
    const done = await work(first, count);
    if (done && !done.ok) return done;
    const elapsed = performance.now() - begun;
    first += count;
    if (targetMs !== undefined) {
      if (elapsed > targetMs * 2) size = Math.max(1, count >> 1);
      else if (elapsed < targetMs / 2 && count === size) size = Math.min(LARGEST, size * 2);
    }
    await turn();
    signal?.throwIfAborted();
  }
  return ok(size);
}

/** Slices of one size, several at a time. Turns are taken one after the other: a turn may last as long as a pause. */
async function sideBySide(
  total: number,
  {
    work,
    signal,
    size,
    turn,
    concurrency,
  }: {
    readonly work: SliceWork;
    readonly signal: AbortSignal | undefined;
    readonly size: number;
    readonly turn: () => Promise<void>;
    readonly concurrency: number;
  },
): Promise<Result<number>> {
  let next = 0;
  const failed: Result<never>[] = [];
  let ended = false;
  let turning: Promise<void> | null = null;

  async function takeSlices(): Promise<void> {
    try {
      while (next < total && !ended) {
        const first = next;
        const count = Math.min(size, total - first);
        next += count;
        const done = await work(first, count);
        if (done && !done.ok) {
          failed.push(done);
          ended = true;
        }
        turning ??= turn().finally(() => (turning = null));
        await turning;
        signal?.throwIfAborted();
      }
    } catch (error) {
      ended = true;
      throw error;
    }
  }

  // All have ended before a failure is reported: what they use may be freed then.
  const ends = await Promise.allSettled(Array.from({ length: concurrency }, takeSlices));
  for (const each of ends) if (each.status === 'rejected') throw each.reason;
  return failed.at(0) ?? ok(size);
}

/**
 * Lets other tasks of this thread run: messages, timers. Not by a timer, because browsers clamp timers to 4 ms, which would halve
 * the speed of short steps.
 */
export function yieldToEventLoop(): Promise<void> {
  // Only Node has setImmediate; a channel there would keep the process alive.
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel ??= openChannel();
    channel.postMessage(null);
  });
}

const waiting: (() => void)[] = [];
let channel: MessagePort | null = null;

function openChannel(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => waiting.shift()?.();
  return port2;
}
