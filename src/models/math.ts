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
