import { fixed } from '../../app/format.ts';
import { entropy, klDivergence, marginalsOf, productOf, totalCorrelation } from '../../stats/divergences.ts';
import type { Exercise } from '../exercises/exercise.ts';
import type { Random } from '../exercises/random.ts';

/** A table of two pixels in hundredths, every entry at least one, whose pixels are not independent. */
function hundredths(random: Random): Float64Array<ArrayBuffer> {
  for (;;) {
    const counts = Array.from({ length: 3 }, () => random.whole(1, 48));
    const last = 100 - counts.reduce((sum, count) => sum + count, 0);
    const table = Float64Array.from([...counts, last], (count) => count / 100);
    if (last >= 1 && totalCorrelation(table) > 0.03) return table;
  }
}

export const exercises = {
  /** A coin for every pixel. */
  parameters: {
    instance(random) {
      const [width, height] = [random.whole(4, 32), random.whole(4, 32)];
      const n = BigInt(width * height);
      return {
        values: { width: String(width), height: String(height) },
        answer: { kind: 'count', value: n },
        wrong: {
          table: 2n ** n - 1n,
          images: 2n ** n,
          both: 2n * n,
          less: n - 1n,
          sides: BigInt(width + height),
        },
      };
    },
  },
  'one-image': {
    instance(random) {
      const tenths = Array.from({ length: 4 }, () => random.pick([1, 2, 3, 4, 6, 7, 8, 9]));
      // Neither blank nor full: both kinds of factors occur.
      const image = random.whole(1, 14);
      const chances = tenths.map((tenth) => tenth / 10);
      const bits = chances.map((_, i) => (image >> i) & 1);
      const value = productOf(chances)[image];
      const product = (factors: readonly number[]): number => factors.reduce((a, b) => a * b, 1);
      return {
        values: Object.fromEntries(chances.map((chance, i) => [`p${i + 1}`, fixed(chance, 1)])),
        labels: {
          x1: bits[0] ? 'ink' : 'paper',
          x2: bits[1] ? 'ink' : 'paper',
          x3: bits[2] ? 'ink' : 'paper',
          x4: bits[3] ? 'ink' : 'paper',
        },
        answer: { kind: 'number', value, within: 0.00006, decimals: 4 },
        wrong: {
          sum: chances.reduce((sum, chance, i) => sum + (bits[i] ? chance : 1 - chance), 0),
          ink: product(chances.filter((_, i) => bits[i])),
          all: product(chances),
          swapped: productOf(chances)[15 - image],
          log: Math.log(value),
          equal: 1 / 16,
        },
      };
    },
  },
  together: {
    instance(random) {
      const [first, second] = [random.whole(4, 8) * 10, random.whole(3, 9) * 10];
      const most = Math.min(first, second);
      const value = (first * second) / 100;
      const both = Math.round(value + (most - value) * (0.5 + 0.4 * random.uniform()));
      return {
        values: { first: String(first), second: String(second), both: String(both) },
        answer: { kind: 'number', value, within: 0.51, decimals: 0 },
        wrong: { data: both, least: most, average: (first + second) / 2 },
      };
    },
  },
  mutual: {
    instance(random) {
      const table = hundredths(random);
      const [a, b] = marginalsOf(table);
      const value = totalCorrelation(table);
      return {
        values: {
          none: fixed(table[0], 2),
          first: fixed(table[1], 2),
          second: fixed(table[2], 2),
          both: fixed(table[3], 2),
        },
        answer: { kind: 'number', value, within: 0.0021, decimals: 3 },
        wrong: {
          bits: value / Math.LN2,
          reversed: klDivergence(productOf([a, b]), table),
          sign: -value,
          joint: entropy(table),
          marginals: 0,
        },
      };
    },
  },
  /** Pixels that are always equal: the joint has the entropy of one of them. */
  copies: {
    instance(random) {
      const pixels = random.whole(3, 9);
      const chance = random.pick([0.1, 0.2, 0.3, 0.4, 0.5]);
      const single = entropy([chance, 1 - chance]);
      return {
        values: { pixels: String(pixels), chance: fixed(chance, 1), single: fixed(single, 3) },
        answer: { kind: 'number', value: (pixels - 1) * single, within: 0.011, decimals: 2 },
        wrong: { all: pixels * single, one: single, bits: ((pixels - 1) * single) / Math.LN2, none: 0 },
      };
    },
  },
} as const satisfies Record<string, Exercise>;
