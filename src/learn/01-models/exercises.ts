import { fixed } from '../../app/format.ts';
import type { Exercise } from '../exercises/exercise.ts';

/** Of which of the three parts each sentence speaks. */
const SENTENCES = [
  { value: 'family', labels: { sentence: 'sentence-coins' } },
  { value: 'family', labels: { sentence: 'sentence-prototypes' } },
  { value: 'family', labels: { sentence: 'sentence-network' } },
  { value: 'family', labels: { sentence: 'sentence-neighbour' } },
  { value: 'distance', labels: { sentence: 'sentence-unseen' } },
  { value: 'distance', labels: { sentence: 'sentence-impossible' } },
  { value: 'distance', labels: { sentence: 'sentence-test' } },
  { value: 'distance', labels: { sentence: 'sentence-shares' } },
  { value: 'search', labels: { sentence: 'sentence-gradient' } },
  { value: 'search', labels: { sentence: 'sentence-counting' } },
  { value: 'search', labels: { sentence: 'sentence-random' } },
  { value: 'search', labels: { sentence: 'sentence-passes' } },
] as const;

export const exercises = {
  part: {
    instance(random) {
      const { value, labels } = random.pick(SENTENCES);
      return { values: {}, labels, answer: { kind: 'choice', value } };
    },
  },
  /** Four coins: the density of an image of 2x2 from a table of shares. */
  density: {
    instance(random) {
      const counts = Array.from({ length: 4 }, () => random.whole(1, 4));
      const first = random.whole(0, 1);
      // At least one pixel with ink and one without.
      const bits = [first, 1 - first, random.whole(0, 1), random.whole(0, 1)];
      const shares = counts.map((count) => count / 5);
      const product = (factors: readonly number[]): number => factors.reduce((p, factor) => p * factor, 1);
      const factors = shares.map((share, i) => (bits[i] === 1 ? share : 1 - share));
      return {
        values: {
          shares: shares.map((share) => fixed(share, 1)).join(', '),
          factors: factors.map((factor) => fixed(factor, 1)).join(' × '),
        },
        labels: {
          first: bits[0] ? 'ink' : 'paper',
          second: bits[1] ? 'ink' : 'paper',
          third: bits[2] ? 'ink' : 'paper',
          fourth: bits[3] ? 'ink' : 'paper',
        },
        answer: { kind: 'number', value: product(factors), within: 0.00005, decimals: 4 },
        wrong: {
          inked: product(shares.filter((_, i) => bits[i] === 1)),
          all: product(shares),
          mean: factors.reduce((sum, factor) => sum + factor, 0) / 4,
          inverted: product(factors.map((factor) => 1 - factor)),
        },
      };
    },
  },
  /** A difference of nats is the log of a ratio. */
  ratio: {
    instance(random) {
      const better = random.whole(900, 2500) / 10;
      const gap = random.whole(10, 40) / 10;
      const value = Math.exp(gap);
      return {
        values: { better: fixed(-better, 1), worse: fixed(-(better + gap), 1), gap: fixed(gap, 1) },
        answer: { kind: 'number', value, within: 0.02 * value, decimals: 2 },
        wrong: {
          difference: gap,
          quotient: (better + gap) / better,
          tens: 10 ** gap,
          bits: 2 ** gap,
          inverse: 1 / value,
        },
      };
    },
  },
} as const satisfies Record<string, Exercise>;
