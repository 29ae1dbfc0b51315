import { fixed } from '../../app/format.ts';
import type { Exercise } from '../exercises/exercise.ts';
import type { Random } from '../exercises/random.ts';
import { fitted, logLikelihood } from './die.ts';

/** Counts as the questions show them, in the order of the faces. */
function listed(values: ArrayLike<number>, decimals = 0): string {
  return Array.from(values, (value) => fixed(value, decimals)).join(', ');
}

function countsBetween(random: Random, faces: number, min: number, max: number): Float64Array {
  return Float64Array.from({ length: faces }, () => random.whole(min, max));
}

function total(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

export const exercises = {
  /** The count: k - 1, because the probabilities sum to one. */
  parameters: {
    instance(random) {
      const faces = random.whole(4, 100);
      return {
        values: { faces: String(faces) },
        answer: { kind: 'count', value: BigInt(faces - 1) },
        wrong: { all: BigInt(faces), more: BigInt(faces + 1), one: 1n },
      };
    },
  },
  estimate: {
    instance(random) {
      const faces = random.whole(3, 6);
      const counts = countsBetween(random, faces, 2, 15);
      const face = random.whole(1, faces);
      const rolls = total(counts);
      const count = counts[face - 1];
      return {
        values: {
          faces: String(faces),
          counts: listed(counts),
          face: String(face),
          rolls: String(rolls),
          count: String(count),
        },
        answer: { kind: 'number', value: count / rolls, within: 0.003, decimals: 3 },
        wrong: { equal: 1 / faces, odds: count / (rolls - count), smoothed: (count + 1) / (rolls + faces) },
      };
    },
  },
  'log-likelihood': {
    instance(random) {
      const first = random.whole(1, 6);
      const second = random.whole(1, 9 - first);
      const p = [first / 10, second / 10, (10 - first - second) / 10];
      const counts = countsBetween(random, 3, 1, 5);
      const value = logLikelihood(p, counts);
      return {
        values: { p: listed(p, 1), counts: listed(counts) },
        answer: { kind: 'number', value, within: 0.011, decimals: 2 },
        wrong: {
          sign: -value,
          bits: value / Math.LN2,
          tens: value / Math.LN10,
          probability: Math.exp(value),
          once: logLikelihood(p, [1, 1, 1]),
          ways: value + logWays(counts),
        },
      };
    },
  },
  smoothing: {
    instance(random) {
      const faces = random.whole(4, 12);
      const rolls = random.whole(8, 40);
      const counts = new Float64Array(faces);
      counts[0] = rolls;
      const value = fitted(counts, 1)?.at(-1) ?? 0;
      return {
        values: { faces: String(faces), rolls: String(rolls), total: String(rolls + faces) },
        answer: { kind: 'number', value, within: 0.0006, decimals: 4 },
        wrong: { never: 0, equal: 1 / faces, rolls: 1 / rolls, single: 1 / (rolls + 1) },
      };
    },
  },
} as const satisfies Record<string, Exercise>;

/** log of the number of orders in which these counts can come. */
function logWays(counts: Float64Array): number {
  const logFactorial = (n: number): number => (n < 2 ? 0 : Math.log(n) + logFactorial(n - 1));
  return logFactorial(total(counts)) - counts.reduce((sum, count) => sum + logFactorial(count), 0);
}
