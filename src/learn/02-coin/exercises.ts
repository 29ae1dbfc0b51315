import { fixed } from '../../app/format.ts';
import type { Exercise } from '../exercises/exercise.ts';
import { logLikelihood } from './coin.ts';

export const exercises = {
  /** One number describes a coin: the chance of tails is what is left. */
  parameters: {
    instance: () => ({ values: {}, answer: { kind: 'count', value: 1n }, wrong: { both: 2n } }),
  },
  estimate: {
    instance(random) {
      const flips = random.whole(12, 60);
      const heads = random.whole(2, flips - 2);
      return {
        values: { flips: String(flips), heads: String(heads) },
        answer: { kind: 'number', value: heads / flips, within: 0.006, decimals: 3 },
        wrong: { tails: 1 - heads / flips, odds: heads / (flips - heads), half: 0.5 },
      };
    },
  },
  'log-likelihood': {
    instance(random) {
      const heads = random.whole(2, 9);
      const tails = random.whole(1, 6);
      const theta = random.whole(2, 8) / 10;
      const value = logLikelihood(theta, heads, tails);
      return {
        values: {
          flips: String(heads + tails),
          heads: String(heads),
          tails: String(tails),
          theta: fixed(theta, 1),
        },
        answer: { kind: 'number', value, within: 0.011, decimals: 2 },
        wrong: {
          sign: -value,
          bits: value / Math.LN2,
          tens: value / Math.LN10,
          probability: Math.exp(value),
          heads: heads * Math.log(theta),
        },
      };
    },
  },
} as const satisfies Record<string, Exercise>;
