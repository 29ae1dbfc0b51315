import { fixed } from '../../app/format.ts';
import { crossEntropy, entropy, klDivergence, marginalsOf, productOf } from '../../stats/divergences.ts';
import type { Exercise, Instance } from '../exercises/exercise.ts';
import type { Random } from '../exercises/random.ts';
import { pairOf, reverseMinimum } from './pair.ts';

/** Two pixels that differ in one of a hundred images each way, or in a few. */
const RARE = [0.01, 0.02, 0.03, 0.04, 0.05, 0.1];

/** KL between a pair and two fair coins, in one direction. */
export function toFairCoins(rare: number, direction: 'forward' | 'reverse'): Instance {
  const p = pairOf(rare, 0.5);
  const q = productOf([0.5, 0.5]);
  const [forward, reverse] = [klDivergence(p, q), klDivergence(q, p)];
  const [value, reversed] = direction === 'forward' ? [forward, reverse] : [reverse, forward];
  return {
    values: { alike: fixed(p[0], 2), rare: fixed(rare, 2) },
    answer: { kind: 'number', value, within: 0.0011, decimals: 3 },
    wrong: {
      reversed,
      bits: value / Math.LN2,
      sign: -value,
      // Both pixels have ink in half of the images, under both distributions.
      marginal: 0,
    },
  };
}

/** The least reverse KL of independent pixels: where it is. */
export function reverseMode(rare: number): Instance {
  const p = pairOf(rare, 0.5);
  const [value] = reverseMinimum(p, 0.999);
  return {
    values: { alike: fixed(p[0], 2), rare: fixed(rare, 2) },
    answer: { kind: 'number', value, within: 0.0021, decimals: 3 },
    wrong: { forward: 0.5, low: 1 - value, joint: p[3] },
  };
}

const share = (random: Random): number => random.whole(2, 8) / 10;

export const exercises = {
  /** One pixel: what a wrong chance costs. */
  gap: {
    instance(random) {
      const truth = share(random);
      let guess = share(random);
      while (guess === truth) guess = share(random);
      const [p, q] = [
        [1 - truth, truth],
        [1 - guess, guess],
      ];
      const value = klDivergence(p, q);
      return {
        values: {
          inked: fixed(100 * truth, 0),
          paper: fixed(100 - 100 * truth, 0),
          guess: fixed(guess, 1),
          loss: fixed(crossEntropy(p, q), 4),
          entropy: fixed(entropy(p), 4),
        },
        answer: { kind: 'number', value, within: 0.0011, decimals: 3 },
        wrong: {
          reversed: klDivergence(q, p),
          bits: value / Math.LN2,
          sign: -value,
          loss: crossEntropy(p, q),
          sum: crossEntropy(p, q) + entropy(p),
        },
      };
    },
  },
  minimum: {
    instance(random) {
      const images = random.pick([40, 50, 80, 200]);
      const inked = random.whole(Math.ceil(0.15 * images), Math.floor(0.45 * images));
      const value = inked / images;
      return {
        values: { images: String(images), inked: String(inked), paper: String(images - inked) },
        answer: { kind: 'number', value, within: 0.0021, decimals: 3 },
        wrong: { paper: 1 - value, half: 0.5, odds: inked / (images - inked), mode: 0 },
      };
    },
  },
  forward: { instance: (random) => toFairCoins(random.pick(RARE), 'forward') },
  reverse: { instance: (random) => toFairCoins(random.pick(RARE), 'reverse') },
  mode: { instance: (random) => reverseMode(random.pick(RARE.slice(0, 4))) },
  /** Which distance has been minimised, by where the model ended. */
  which: {
    instance(random) {
      const tilt = random.pick([0.3, 0.4, 0.6, 0.7]);
      const p = pairOf(random.pick([0.01, 0.02]), tilt);
      const direction = random.pick(['forward', 'reverse'] as const);
      const [a, b] =
        direction === 'forward' ? marginalsOf(p) : reverseMinimum(p, random.pick([0.001, 0.999]));
      return {
        values: {
          none: fixed(p[0], 3),
          rare: fixed(p[1], 2),
          both: fixed(p[3], 3),
          a: fixed(a, 2),
          b: fixed(b, 2),
        },
        answer: { kind: 'choice', value: direction },
      };
    },
  },
} as const satisfies Record<string, Exercise>;
