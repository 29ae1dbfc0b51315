import { fixed } from '../../app/format.ts';
import { coinEntropy, entropy, totalCorrelation } from '../../stats/divergences.ts';
import type { Exercise } from '../exercises/exercise.ts';

export const exercises = {
  /** The third pixel follows XOR with a certain probability: a logistic regression learns nothing of it. */
  xor: {
    instance(random) {
      const follow = random.pick([1, 0.95, 0.9, 0.85, 0.8]);
      const value = Math.LN2 - coinEntropy(follow);
      return {
        values: { follow: fixed(100 * follow, 0) },
        answer: { kind: 'number', value, within: 0.0051, decimals: 3 },
        wrong: {
          nothing: 0,
          noise: coinEntropy(follow),
          total: 3 * Math.LN2,
          entropy: 2 * Math.LN2 + coinEntropy(follow),
          bits: value / Math.LN2,
        },
      };
    },
  },
  covers: {
    instance(random) {
      const n = random.whole(2, 9);
      const [images, own] = [2n ** BigInt(n), BigInt((n * (n + 1)) / 2)];
      return {
        values: { n: String(n) },
        answer: { kind: 'count', value: images - 1n - own },
        wrong: { sum: images - own, weights: images - 1n - (own - BigInt(n)), joint: images - 1n, own },
      };
    },
  },
  /** Pixels in a row, each of which repeats the one before it. */
  entropy: {
    instance(random) {
      const n = random.whole(3, 9);
      const follow = random.pick([0.6, 0.7, 0.75, 0.8, 0.9]);
      const value = Math.LN2 + (n - 1) * coinEntropy(follow);
      return {
        values: { n: String(n), follow: fixed(100 * follow, 0) },
        answer: { kind: 'number', value, within: 0.0101, decimals: 2 },
        wrong: {
          independent: n * Math.LN2,
          first: (n - 1) * coinEntropy(follow),
          every: n * coinEntropy(follow),
          bits: value / Math.LN2,
          sign: -value,
        },
      };
    },
  },
  missed: {
    instance(random) {
      const cuts = [random.whole(1, 17), random.whole(1, 17), random.whole(1, 17)].sort((a, b) => a - b);
      const twentieths = [cuts[0], cuts[1] - cuts[0] + 1, cuts[2] - cuts[1] + 1, 18 - cuts[2]];
      const [p00, p01, p10, p11] = twentieths.map((each) => each / 20);
      // Image number m has its first pixel in bit 0.
      const value = totalCorrelation([p00, p10, p01, p11]);
      const joint = entropy([p00, p01, p10, p11]);
      return {
        values: { p00: fixed(p00, 2), p01: fixed(p01, 2), p10: fixed(p10, 2), p11: fixed(p11, 2) },
        answer: { kind: 'number', value, within: 0.0051, decimals: 3 },
        wrong: {
          joint,
          coins: coinEntropy(p10 + p11) + coinEntropy(p01 + p11),
          sign: -value,
          uniform: 2 * Math.LN2 - joint,
          bits: value / Math.LN2,
        },
      };
    },
  },
} as const satisfies Record<string, Exercise>;
