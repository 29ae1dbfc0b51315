import type { Estimate } from '../api.ts';

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
