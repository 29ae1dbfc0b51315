import type { Estimate } from '../api.ts';

/** Number of values that `quantilesOf` keeps: 0 %, 0.1 %, ..., 100 %. */
export const QUANTILES = 1001;

/**
 * Mean negative log-likelihood with the standard error of that mean (sd / sqrt(N), sd over N - 1).
 * `logLikelihood` is [count] in nats; throws where it is empty.
 */
export function estimateOf(logLikelihood: Float64Array): Estimate {
  const count = logLikelihood.length;
  if (count === 0) throw new RangeError('logLikelihood: no images to average over');
  let sum = 0;
  for (const value of logLikelihood) sum -= value;
  const nats = sum / count;
  let squares = 0;
  for (const value of logLikelihood) squares += (-value - nats) ** 2;
  const standardError = count > 1 ? Math.sqrt(squares / (count - 1) / count) : 0;
  return { nats, standardError, images: count };
}

/** Evenly spaced quantiles of log p, ascending, with linear interpolation between order statistics. */
export function quantilesOf(logLikelihood: Float64Array): Float32Array<ArrayBuffer> {
  const sorted = Float64Array.from(logLikelihood).sort();
  const quantiles = new Float32Array(QUANTILES);
  for (let q = 0; q < QUANTILES; q++) {
    const at = (q / (QUANTILES - 1)) * (sorted.length - 1);
    const below = Math.floor(at);
    const above = Math.min(below + 1, sorted.length - 1);
    quantiles[q] = sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
  return quantiles;
}
