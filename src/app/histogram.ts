import { quantile } from '../stats/detection.ts';

type Scores = Float32Array | Float64Array;

/** Shares of the scores at the ends of the axis: beyond them lie single scores that would squeeze all others together. */
const ENDS = [0.002, 0.998] as const;
/** Room on either side, as a share of the distance between them. */
const MARGIN = 0.15;

export interface Histogram {
  /** Ends of the axis, in the unit of the scores. */
  readonly from: number;
  readonly to: number;
  /** Height of every bar, 0 to 1, [bins]; scores beyond the ends count in the first and in the last. */
  readonly bars: readonly number[];
}

/** A histogram of scores, which are ascending and at least one. */
export function histogramOf(scores: Scores, bins: number): Histogram {
  const [low, high] = ENDS.map((share) => quantile(scores, share));
  const margin = Math.max(1e-6, (high - low) * MARGIN);
  const from = low - margin;
  const to = high + margin;
  const counts = new Float64Array(bins);
  for (const each of scores) {
    const bin = Math.floor(((each - from) / (to - from)) * bins);
    counts[Math.min(bins - 1, Math.max(0, bin))]++;
  }
  const max = Math.max(...counts);
  return { from, to, bars: Array.from(counts, (each) => each / max) };
}

/** Place of a score on the axis, 0 to 1; an end where it lies beyond that. */
export function placeOf({ from, to }: Histogram, score: number): number {
  return Math.min(1, Math.max(0, (score - from) / (to - from)));
}

/** The score that the given share of the scores does not exceed. */
export function scoreAt(scores: Scores, share: number): number {
  return quantile(scores, share);
}
