import type { Estimate } from './runs.ts';
import { type ResultRun, settingsKey, sortRuns } from './results.ts';

/** What a group needs to know of a run. */
export type Repetition = Pick<
  ResultRun,
  'seed' | 'diverged' | 'machine' | 'seconds' | 'train' | 'validation' | 'test' | 'accuracy'
>;

/** Repetitions of a run with other seeds. */
export interface SeedGroup<R extends Repetition = ResultRun> {
  readonly runs: readonly R[];
  /** Different seeds among those that did not diverge. */
  readonly seeds: number;
  readonly diverged: number;
  /** Null where no run that did not diverge has the figure. */
  readonly train: SeedMean | null;
  readonly validation: SeedMean | null;
  readonly test: SeedMean | null;
  readonly accuracy: SeedMean | null;
  /** Mean time of a run. */
  readonly seconds: number;
  readonly machines: readonly string[];
}

/** A figure over the seeds of a group. */
export interface SeedMean {
  /** Nats, or a share. */
  readonly mean: number;
  /**
   * The mean of the runs' standard errors, which are those over images: the seeds share the test images, so that more seeds do not make
   * it smaller.
   */
  readonly standardError: number;
  /** Standard deviation over the seeds (over their number less one); null of one seed. */
  readonly spread: number | null;
  readonly images: number;
}

/** Groups runs that differ in their seed alone, whatever machine they ran on. A run without a seed is a group of its own. */
export function groupBySeed(runs: readonly ResultRun[]): readonly SeedGroup[] {
  const groups = new Map<string, ResultRun[]>();
  for (const [at, run] of sortRuns(runs).entries()) {
    const alone = run.seed === null ? [at] : [];
    const key = JSON.stringify([settingsKey({ ...run, seed: null }), run.name, ...alone]);
    const group = groups.get(key);
    if (group) group.push(run);
    else groups.set(key, [run]);
  }
  return [...groups.values()].map((group) => groupOf(group));
}

/** The figures of runs that differ in their seed alone. */
export function groupOf<R extends Repetition>(runs: readonly R[]): SeedGroup<R> {
  const whole = runs.filter(({ diverged }) => !diverged);
  // A seed that was run twice counts once.
  const bySeed = [...new Map(whole.toReversed().map((run) => [run.seed, run])).values()];
  const over = (of: (run: R) => Estimate | null) =>
    meanOver(
      bySeed.flatMap((run) => {
        const estimate = of(run);
        return estimate ? [estimate] : [];
      }),
    );
  const accuracy = meanOver(
    bySeed.flatMap(({ accuracy: own }) => (own ? [{ ...own, nats: own.share }] : [])),
  );
  return {
    runs,
    seeds: bySeed.length,
    diverged: runs.length - whole.length,
    train: over(({ train }) => train),
    validation: over(({ validation }) => validation),
    test: over(({ test }) => test),
    accuracy,
    seconds: runs.reduce((sum, { seconds }) => sum + seconds, 0) / runs.length,
    machines: [...new Set(runs.map(({ machine }) => machine))].sort(),
  };
}

function meanOver(figures: readonly Estimate[]): SeedMean | null {
  const count = figures.length;
  if (count === 0) return null;
  const mean = figures.reduce((sum, { nats }) => sum + nats, 0) / count;
  const squares = figures.reduce((sum, { nats }) => sum + (nats - mean) ** 2, 0);
  return {
    mean,
    standardError: figures.reduce((sum, { standardError }) => sum + standardError, 0) / count,
    spread: count > 1 ? Math.sqrt(squares / (count - 1)) : null,
    images: figures[0].images,
  };
}
