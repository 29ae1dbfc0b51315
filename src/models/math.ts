/** Scalar functions that every reference shares, stable over the whole line. f64. */

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

/** log(p / (1 - p)), the inverse of the sigmoid. Infinite at 0 and 1. */
export function logit(p: number): number {
  return Math.log(p) - Math.log1p(-p);
}

/** log(sum exp(values)), without overflow. */
export function logSumExp(values: Float64Array): number {
  let most = -Infinity;
  for (const value of values) if (value > most) most = value;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - most);
  return most + Math.log(sum);
}

/** Logits as log-probabilities that sum to 1: each minus log(sum exp). */
export function logSoftmax(logits: Float64Array): Float64Array<ArrayBuffer> {
  const total = logSumExp(logits);
  return Float64Array.from(logits, (z) => z - total);
}
