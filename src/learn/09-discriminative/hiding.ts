import { permutation, Stream, streamKey } from '../../data/rng.ts';
import { type Counted, type Ink, type Linear, rightOf } from './linear.ts';

/** Ways to answer when pixels are hidden. */
export const WAYS = ['counted', 'paper', 'mean'] as const;
export type Way = (typeof WAYS)[number];

/** Both machines, with what is put in the place of hidden pixels: the mean of all training images, [n]. */
export interface Machines {
  readonly counted: Counted;
  readonly learned: Linear;
  readonly means: Float64Array;
}

/**
 * Log odds of the first class, in nats, where pixels are hidden ([n], 1 where). Naive Bayes leaves their factors out, which is exact: summed
 * over ink and no ink they are 1. Logistic regression has no factors: hidden pixels are taken to be paper, or to hold the mean ink.
 */
export function oddsWithout(
  way: Way,
  { counted, learned, means }: Machines,
  ink: Ink,
  hidden: Uint8Array,
): number {
  if (way === 'counted') {
    let sum = counted.prior;
    for (let i = 0; i < hidden.length; i++) if (!hidden[i]) sum += counted.blank[i];
    for (let at = 0; at < ink.length; at++) if (!hidden[ink[at]]) sum += counted.weights[ink[at]];
    return sum;
  }
  let sum = learned.bias;
  for (let at = 0; at < ink.length; at++) if (!hidden[ink[at]]) sum += learned.weights[ink[at]];
  if (way === 'mean')
    for (let i = 0; i < hidden.length; i++) if (hidden[i]) sum += learned.weights[i] * means[i];
  return sum;
}

/** Which `count` of n pixels are hidden, [n]: those of a larger count include those of a smaller one. */
export function hiddenPixels(n: number, count: number, seed: number): Uint8Array<ArrayBuffer> {
  const hidden = new Uint8Array(n);
  for (const pixel of permutation(n, seed, streamKey(Stream.split)).subarray(0, count)) hidden[pixel] = 1;
  return hidden;
}

/** Share of right answers of each way. */
export type HiddenRow = Readonly<Record<Way, number>> & { readonly hidden: number };

/** Share of right answers over both lists of images and `masks` random masks, for every number of hidden pixels of `counts`. */
export function hidingCurve(
  machines: Machines,
  one: readonly Ink[],
  other: readonly Ink[],
  counts: readonly number[],
  masks: number,
): HiddenRow[] {
  const n = machines.means.length;
  return counts.map((hidden) => {
    const right = { counted: 0, paper: 0, mean: 0 };
    for (let mask = 0; mask < masks; mask++) {
      const own = hiddenPixels(n, hidden, mask);
      for (const way of WAYS) {
        const odds = [one, other].map((side) => side.map((ink) => oddsWithout(way, machines, ink, own)));
        right[way] += rightOf(odds[0], odds[1]);
      }
    }
    const all = masks * (one.length + other.length);
    return { hidden, counted: right.counted / all, paper: right.paper / all, mean: right.mean / all };
  });
}
