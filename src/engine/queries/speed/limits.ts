import { fail, type Result } from '../../../data/result.ts';

/** Time as the bench sees it, in milliseconds; tests pass one that they turn themselves. */
export interface Clock {
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** Lets other work of the thread run. */
  turn(): Promise<void>;
}

/** How long one measurement should take, and how long it may. */
export interface Allowance {
  /** Its part of the time that is left, in milliseconds. */
  readonly share: number;
  /** When that ends, and with it the repetitions once there are enough. */
  readonly ends: number;
  /** When it is given up. */
  readonly until: number;
}

/** A slow measurement may take so many times the share of the others, or this part of what is left. */
const PATIENCE = 4;
const LARGEST_PART = 0.1;
/** What the last measurements may take beyond the end, as a part of the whole. */
const GRACE = 0.05;

/** The time of all measurements, which those that are left share evenly. */
export class Budget {
  readonly #ends: number;
  readonly #grace: number;

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    seconds: number,
  ) {
    this.#ends = clock.now() + 1000 * seconds;
    this.#grace = 1000 * seconds * GRACE;
  }

  /** For the next of `waiting` measurements; null where no time is left. */
  next(waiting: number): Allowance | null {
    const now = this.clock.now();
    const left = this.#ends - now;
    if (left <= 0) return null;
    const share = left / waiting;
    return {
      share,
      ends: now + share,
      until: now + Math.min(left + this.#grace, Math.max(PATIENCE * share, LARGEST_PART * left)),
    };
  }
}

/** It took longer than it may. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

export const OUT_OF_TIME = 'out of time';

/**
 * Runs `work`, which asks `guard` to wait for whatever takes long: that is given up at the end of the allowance and on an abort. Fails where
 * it ran out of time; throws the signal's reason, and what else `work` throws.
 */
export async function within<T>(
  clock: Clock,
  { until }: Allowance,
  signal: AbortSignal | undefined,
  work: (guard: Guard) => Promise<Result<T>>,
): Promise<Result<T>> {
  signal?.throwIfAborted();
  let giveUp: (error: unknown) => void = () => undefined;
  const ended = new Promise<never>((_, reject) => (giveUp = reject));
  ended.catch(() => undefined);
  const abort = () => giveUp(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  void clock.sleep(until - clock.now()).then(() => giveUp(new OutOfTime()));
  const guard: Guard = async (waited) => {
    signal?.throwIfAborted();
    if (clock.now() >= until) throw new OutOfTime();
    const promise = waited();
    // Where it is given up, no one hears how it ended.
    promise.catch(() => undefined);
    return await Promise.race([promise, ended]);
  };
  try {
    return await work(guard);
  } catch (error) {
    if (error instanceof OutOfTime) return fail(OUT_OF_TIME);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

export type Guard = <T>(waited: () => Promise<T>) => Promise<T>;
