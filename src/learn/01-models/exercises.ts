import { fixed } from '../../app/format.ts';
import type { Exercise } from '../exercises/exercise.ts';

/** Of which of the three parts each sentence speaks. */
const SENTENCES = [
  ['family', 'Each pixel is a coin of its own, whatever the others show.'],
  ['family', 'Every image is a mixture of ten prototypes with noise.'],
  ['family', 'A network with two hidden layers gives the probability of the next pixel.'],
  ['family', 'We allow every pixel to depend on its left neighbour, and on nothing else.'],
  ['distance', 'We compare models by the mean log p of images that they have not seen.'],
  ['distance', 'An image that the model holds for impossible shall cost infinitely much.'],
  ['distance', 'Two distributions are alike when no test can tell their samples apart.'],
  ['distance', 'We count how far the share of ink of each pixel is from that in the data.'],
  ['search', 'We follow the gradient downhill, and halve the step when it stops helping.'],
  ['search', 'The best values are the shares in the data: one count and we are done.'],
  ['search', 'We try a hundred random values of the parameters and keep the best.'],
  ['search', 'After two hundred passes over the data the numbers hardly change any more, so we stop.'],
] as const;

export const exercises = {
  part: {
    instance(random) {
      const [value, sentence] = random.pick(SENTENCES);
      return { values: { sentence }, answer: { kind: 'choice', value } };
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
          image: bits.map((bit) => (bit === 1 ? 'ink' : 'paper')).join(', '),
          factors: factors.map((factor) => fixed(factor, 1)).join(' × '),
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
