/**
 * exp and log1p(exp) by table for inner loops, three to four times as fast as the library's. Taylor's formula
 * about the nearest of equally spaced nodes; the tests hold both to 1e-9 against the library.
 */

const PER_UNIT = 32;
/** Beyond this exp(-a), 4e-18, is below the rounding of 1. */
const LAST = 40;
const NODES = LAST * PER_UNIT + 2;

/** `[NODES][4]`: coefficients of log(1 + exp(-a)) in the distance from node k, a = k / PER_UNIT. */
const SOFTPLUS = new Float64Array(NODES * 4);
/** `[NODES]`: exp(-a) */
const EXP = new Float64Array(NODES);
for (let k = 0; k < NODES; k++) {
  const a = k / PER_UNIT;
  const s = 1 / (1 + Math.exp(a));
  SOFTPLUS.set([Math.log1p(Math.exp(-a)), -s, (s * (1 - s)) / 2, (-s * (1 - s) * (1 - 2 * s)) / 6], 4 * k);
  EXP[k] = Math.exp(-a);
}

/** exp(-a) for a >= 0, relative error below 1e-9 up to a = 40; above it stays at exp(-40). */
export function expMinus(a: number): number {
  const t = Math.min(a, LAST) * PER_UNIT;
  const k = (t + 0.5) | 0;
  const r = (k - t) * (1 / PER_UNIT);
  return EXP[k] * (1 + r * (1 + r * (0.5 + r * (1 / 6 + r * (1 / 24)))));
}

/** Sum of softplus(z) = log(1 + exp(z)) over z[begin..end-1], in nats; each within 1e-9. */
export function softplusSum(z: Float64Array, begin: number, end: number): number {
  // max(z, 0) is (z + |z|) / 2: no branch to mispredict.
  let twice = 0;
  let tails = 0;
  for (let i = begin; i < end; i++) {
    const a = Math.abs(z[i]);
    twice += z[i] + a;
    const t = Math.min(a, LAST) * PER_UNIT;
    const k = (t + 0.5) | 0;
    const r = (t - k) * (1 / PER_UNIT);
    const c = k << 2;
    tails += SOFTPLUS[c] + r * (SOFTPLUS[c + 1] + r * (SOFTPLUS[c + 2] + r * SOFTPLUS[c + 3]));
  }
  return twice / 2 + tails;
}
