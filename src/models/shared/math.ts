/** Scalar functions of the references in f64, numerically stable for every real argument. */

/** The logistic function 1 / (1 + exp(-z)). */
export function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

/** log(1 + exp(z)), without overflow for large z and without cancellation for very negative z. */
export function softplus(z: number): number {
  return z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z));
}

/** log p(x) in nats of one pixel x (0 or 1) under the logit of p(x = 1): log sigmoid(z) or log sigmoid(-z). */
export function logBernoulli(x: number, logit: number): number {
  return -softplus(x ? -logit : logit);
}

/**
 * The expectation of that where the pixel is on with probability `ink`: ink log sigmoid(z) + (1 - ink) log sigmoid(-z). The same as
 * logBernoulli, bit for bit, where `ink` is 0 or 1.
 */
export function expectedLogBernoulli(ink: number, logit: number): number {
  if (ink === 0 || ink === 1) return logBernoulli(ink, logit);
  return ink * logBernoulli(1, logit) + (1 - ink) * logBernoulli(0, logit);
}

/** log(p / (1 - p)), the inverse of the sigmoid. Infinite at 0 and 1. */
export function logit(p: number): number {
  return Math.log(p) - Math.log1p(-p);
}

/** log(sum exp(values)), without overflow; -Infinity where every value is, or there is none. */
export function logSumExp(values: Float64Array): number {
  let most = -Infinity;
  for (const value of values) if (value > most) most = value;
  // The differences below would be NaN.
  if (most === -Infinity || most === Infinity) return values.some(Number.isNaN) ? NaN : most;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - most);
  return most + Math.log(sum);
}

/** log(exp a + exp b), without overflow; -Infinity where both are. */
export function logAddExp(a: number, b: number): number {
  const most = Math.max(a, b);
  return Number.isFinite(most) ? most + Math.log1p(Math.exp(Math.min(a, b) - most)) : most;
}

/** Logits as log-probabilities that sum to 1: each minus log(sum exp). Where all are -Infinity they stay so. */
export function logSoftmax(logits: Float64Array): Float64Array<ArrayBuffer> {
  const total = logSumExp(logits);
  return Float64Array.from(logits, (z) => (z === -Infinity ? z : z - total));
}

/** How many samples of equal weight are worth as much: (sum w)^2 / sum w^2, of log w; 0 where all weights are 0. */
export function effectiveSamples(logWeights: Float64Array): number {
  const total = logSumExp(logWeights);
  return total === -Infinity ? 0 : Math.exp(2 * total - logSumExp(logWeights.map((w) => 2 * w)));
}
