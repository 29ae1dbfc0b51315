import { jensenShannon, klDivergence, totalVariation } from '../../stats/divergences.ts';

/** How far a model Q is from P. */
export const DISTANCES = ['forward', 'reverse', 'halfway', 'variation'] as const;
export type Distance = (typeof DISTANCES)[number];

/** Whether it is measured in nats: total variation is a difference of probabilities. */
export function inNats(distance: Distance): boolean {
  return distance !== 'variation';
}

/** The distance of Q from P, tables [k]: nats, or a probability for total variation. Infinite where a KL divergence is. */
export function distanceOf(distance: Distance, p: ArrayLike<number>, q: ArrayLike<number>): number {
  switch (distance) {
    case 'forward':
      return klDivergence(p, q);
    case 'reverse':
      return klDivergence(q, p);
    case 'halfway':
      return jensenShannon(p, q);
    case 'variation':
      return totalVariation(p, q);
  }
}

/**
 * The derivative of the distance by every entry of Q, [k], up to a constant that is the same for all entries: Q always sums to one.
 * Total variation has none where p = q; there it is 0.
 */
export function slopeOf(
  distance: Distance,
  p: ArrayLike<number>,
  q: ArrayLike<number>,
): Float64Array<ArrayBuffer> {
  const each = (of: (p: number, q: number) => number) =>
    Float64Array.from({ length: p.length }, (_, m) => of(p[m], q[m]));
  switch (distance) {
    case 'forward':
      return each((a, b) => (a > 0 ? -a / b : 0));
    case 'reverse':
      return each((a, b) => (b > 0 ? Math.log(b / a) : 0));
    case 'halfway':
      return each((a, b) => (b > 0 ? Math.log((2 * b) / (a + b)) / 2 : 0));
    case 'variation':
      return each((a, b) => Math.sign(b - a) / 2);
  }
}
