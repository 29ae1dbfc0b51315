import { quartilesOf } from '../../../stats/quartiles.ts';
import type { SpeedRate } from '../api.ts';
import { type Allowance, type Clock, type Guard, OutOfTime } from './limits.ts';

/** What is opened to be timed. */
export interface Subject {
  /** How large a call may be, ascending: images, or the rows of matrices. */
  readonly sizes: readonly number[];
  /** How much of the share a call may take: a large one has fewer repetitions. */
  readonly most: number;
  /** Images, or operations, of a call. */
  unitsOf(size: number): number;
  /** Makes `times` calls; resolves when all of it has been computed. */
  run(size: number, times: number): Promise<unknown>;
  close(): void;
}

/** A repetition lasts between these, in milliseconds: long enough for clocks that browsers have made coarse, short enough for other work. */
const LEAST_MS = 20;
const MOST_MS = 100;
/** A share has room for so many repetitions of short calls; no more than MOST are made. */
const REPETITIONS = 8;
const MOST_REPETITIONS = 25;
/** Of calls that take long there are fewer; of one that takes more than half of the share one is enough. */
const LEAST_REPETITIONS = 3;

/**
 * Times calls of the largest size that there is time for. What comes first warms up: every size runs once untimed, so that
 * kernels are compiled, memory is allocated and code is optimised before.
 */
export async function measureRate(
  subject: Subject,
  clock: Clock,
  { ends, share }: Allowance,
  guard: Guard,
): Promise<SpeedRate> {
  // Opening a model may have taken most of the share.
  const until = Math.max(ends, clock.now() + share / 2);

  async function timed(size: number, times: number): Promise<number> {
    await clock.turn();
    const begun = clock.now();
    await guard(() => subject.run(size, times));
    return clock.now() - begun;
  }

  let [size] = subject.sizes;
  await timed(size, 1);
  let took = await timed(size, 1);
  for (const next of subject.sizes.slice(1)) {
    // By units, because the operations of a product grow faster than its rows.
    const expected = (took * subject.unitsOf(next)) / subject.unitsOf(size);
    if (expected > share * subject.most) break;
    size = next;
    await timed(size, 1);
    took = await timed(size, 1);
  }

  const units = subject.unitsOf(size);
  const summary = (seconds: readonly number[], times: number): SpeedRate => ({
    ...quartilesOf(seconds.map((each) => (times * units) / each)),
    repetitions: seconds.length,
    size,
  });
  // What takes so long has been timed once already.
  if (took > share / 2 && took >= LEAST_MS) return summary([took / 1000], 1);

  const wanted = Math.min(MOST_MS, Math.max(LEAST_MS, share / REPETITIONS));
  let times = Math.max(1, Math.floor(wanted / Math.max(took, wanted / 1024)));
  let seconds: number[] = [];
  while (seconds.length < LEAST_REPETITIONS || (seconds.length < MOST_REPETITIONS && clock.now() < until)) {
    let milliseconds: number;
    try {
      milliseconds = await timed(size, times);
    } catch (error) {
      // Repetitions that have been made count, also where there is no time for another.
      if (error instanceof OutOfTime && seconds.length > 0) break;
      throw error;
    }
    seconds.push(milliseconds / 1000);
    if (milliseconds >= LEAST_MS / 2) continue;
    // Calls have become faster, or the clock is too coarse for so few of them: these were too short to count.
    times *= 2;
    seconds = [];
  }
  return summary(seconds, times);
}
