import { fixed } from '../../app/format.ts';
import { logit, sigmoid } from '../../models/shared/math.ts';
import type { Exercise } from '../exercises/exercise.ts';
import { naiveBayesWeight } from './linear.ts';

/** p(first class given a pixel's ink), from the chances of ink in both classes and the prior of the first: Bayes' rule. */
export function posteriorOfInk(prior: number, one: number, other: number): number {
  const joint = prior * one;
  return joint / (joint + (1 - prior) * other);
}

export const exercises = {
  weight: {
    instance(random) {
      const other = random.whole(1, 19) / 20;
      let one = random.whole(1, 18) / 20;
      // Another share than the first: with equal ones there is nothing to tell apart.
      if (one >= other) one += 0.05;
      const value = naiveBayesWeight(one, other);
      return {
        values: { one: fixed(one, 2), other: fixed(other, 2) },
        answer: { kind: 'number', value, within: 0.011, decimals: 2 },
        wrong: {
          difference: one - other,
          ratio: Math.log(one / other),
          sign: -value,
          single: logit(one),
          bits: value / Math.LN2,
        },
      };
    },
  },
  posterior: {
    instance(random) {
      const odds = (random.whole(2, 30) / 10) * random.pick([1, -1]);
      const value = sigmoid(odds);
      return {
        values: { odds: fixed(odds, 1) },
        answer: { kind: 'number', value, within: 0.006, decimals: 3 },
        wrong: { other: 1 - value, ratio: Math.exp(odds) },
      };
    },
  },
  prior: {
    instance(random) {
      const share = random.whole(1, 8) / 20;
      const one = random.whole(10, 19) / 20;
      const other = random.whole(1, 8) / 20;
      return {
        values: {
          percent: fixed(100 * share, 0),
          one: fixed(one, 2),
          other: fixed(other, 2),
        },
        answer: { kind: 'number', value: posteriorOfInk(share, one, other), within: 0.006, decimals: 3 },
        wrong: { equal: posteriorOfInk(0.5, one, other), joint: share * one, likelihood: one, prior: share },
      };
    },
  },
} as const satisfies Record<string, Exercise>;
