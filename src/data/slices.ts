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
}

/**
 * Does items 0 to total - 1 in slices, and lets other work of the thread run after each. The size of a slice adapts to the speed.
 * Ends with the first slice that fails; otherwise the value is the size of the next slice, for further work of the kind. Throws the
 * reason of the signal where it is aborted.
 */
export async function forEachSlice(
  total: number,
  { targetMs, work, signal, size = FIRST, yieldToEventLoop: turn = yieldToEventLoop }: SliceOptions,
): Promise<Result<number>> {
  signal?.throwIfAborted();
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
