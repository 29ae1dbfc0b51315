import { threefry2x32, uniform } from '../../data/rng.ts';

/** Half of the 95 % quantile of chi squared with one degree of freedom: how far log-likelihood may fall inside the interval. */
export const DROP = 1.9207;

/** The chance of heads of the coin of a seed: 0.15 to 0.85. */
export function chanceOf(seed: number): number {
  return 0.15 + 0.7 * uniformOf(seed, 0, 0);
}

/** The first `count` flips of a coin, [count], 1 for heads: a function of the seed, so that more flips begin with the same ones. */
export function flipsOf(seed: number, count: number): Uint8Array {
  const chance = chanceOf(seed);
  return Uint8Array.from({ length: count }, (_, i) => (uniformOf(seed, 1, i) < chance ? 1 : 0));
}

/** log p of the flips in nats: heads log theta + tails log(1 - theta), where 0 log 0 is 0. */
export function logLikelihood(theta: number, heads: number, tails: number): number {
  return (heads === 0 ? 0 : heads * Math.log(theta)) + (tails === 0 ? 0 : tails * Math.log1p(-theta));
}

/** The values of theta whose log-likelihood is at most `drop` nats below the maximum; all of them without flips. */
export function likelihoodInterval(heads: number, tails: number, drop = DROP): [number, number] {
  const count = heads + tails;
  if (count === 0) return [0, 1];
  const top = heads / count;
  const floor = logLikelihood(top, heads, tails) - drop;
  /** Where the curve crosses the floor between the maximum and an end at which it lies below. */
  const crossing = (end: number): number => {
    let [inside, outside] = [top, end];
    for (let i = 0; i < 60; i++) {
      const middle = (inside + outside) / 2;
      if (logLikelihood(middle, heads, tails) >= floor) inside = middle;
      else outside = middle;
    }
    return inside;
  };
  return [heads === 0 ? 0 : crossing(0), tails === 0 ? 1 : crossing(1)];
}

/** How often the interval of `count` flips contains the coin's own chance: the exact sum over all numbers of heads. */
export function coverage(chance: number, count: number): number {
  let covered = 0;
  let logBinomial = 0;
  for (let heads = 0; heads <= count; heads++) {
    if (heads > 0) logBinomial += Math.log((count - heads + 1) / heads);
    const [low, high] = likelihoodInterval(heads, count - heads);
    if (low <= chance && chance <= high)
      covered += Math.exp(logBinomial + logLikelihood(chance, heads, count - heads));
  }
  return covered;
}

/** The probability that `count` flips of a fair coin give heads in exactly half of them; `count` is even. */
export function exactlyHalf(count: number): number {
  let p = 1;
  for (let i = 1; i <= count / 2; i++) p *= (count / 2 + i) / (4 * i);
  return p;
}

function uniformOf(seed: number, stream: number, index: number): number {
  const pair = new Uint32Array(2);
  threefry2x32(seed | 0, 0xc0111 + stream, index, 0, pair);
  return uniform(pair[0]);
}
