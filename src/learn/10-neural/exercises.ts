import { count } from '../../app/format.ts';
import type { Exercise } from '../exercises/exercise.ts';
import { anew, carried } from './counting.ts';
import { layersOf, type Stack, weightsOf, wholeWindow } from './masks.ts';
import type { Random } from '../exercises/random.ts';

/** Numbers of a fully visible sigmoid belief network on n pixels: a weight for every pair of pixels, and n biases. */
export function fvsbnParameters(n: number): bigint {
  return (BigInt(n) * BigInt(n + 1)) / 2n;
}

/** The weights of a stack in the ways in which they are counted wrongly. */
export function weightMistakes({ kernel, layers, channels }: Stack): Readonly<Record<string, number>> {
  const { all, free } = weightsOf({ kernel, layers, channels });
  const biases = channels * (layers + 2) + 1;
  return {
    unmasked: all,
    biases: free - biases,
    twice: free + biases,
    centre: free - layers * channels * channels,
    first: free + channels,
  };
}

function stackOf(random: Random): Stack {
  return {
    kernel: random.pick([3, 5, 7]),
    layers: random.whole(2, 6),
    channels: random.pick([16, 32, 64]),
  };
}

const shown = ({ kernel, layers, channels }: Stack) => ({
  kernel: String(kernel),
  layers: String(layers),
  channels: String(channels),
});

export const exercises = {
  fvsbn: {
    instance(random) {
      const side = random.pick([4, 7, 14, 28]);
      const n = side * side;
      return {
        values: { side: String(side), n: String(n) },
        answer: { kind: 'count', value: fvsbnParameters(n) },
        wrong: {
          square: BigInt(n) ** 2n,
          biases: fvsbnParameters(n) - BigInt(n),
          pairs: BigInt(n) * BigInt(n + 1),
          table: 2n ** BigInt(n) - 1n,
        },
      };
    },
  },
  carried: {
    instance(random) {
      const side = random.pick([14, 28]);
      const hidden = random.pick([50, 100, 200, 500]);
      const n = side * side;
      return {
        values: { side: String(side), n: String(n), hidden: String(hidden) },
        answer: { kind: 'count', value: BigInt(carried(n, hidden)) },
        wrong: {
          half: BigInt(n * hidden),
          biases: BigInt(carried(n, hidden) + n + hidden),
          anew: BigInt(anew(n, hidden)),
          square: BigInt(n * n * hidden),
        },
      };
    },
  },
  anew: {
    instance(random) {
      const side = random.pick([14, 28]);
      const hidden = random.pick([50, 100, 200, 500]);
      const n = side * side;
      return {
        values: {
          side: String(side),
          n: String(n),
          hidden: String(hidden),
          carried: count(carried(n, hidden)),
        },
        answer: { kind: 'count', value: BigInt(anew(n, hidden)) },
        wrong: {
          square: BigInt(n * n * hidden),
          output: BigInt(anew(n, hidden) - n * hidden),
          carried: BigInt(carried(n, hidden)),
          times: BigInt(carried(n, hidden) * n),
        },
      };
    },
  },
  /** Four connections of one hidden unit, of which its mask keeps one. */
  mask: {
    instance(random) {
      const degree = random.whole(4, 12);
      const kept = random.pick(['near', 'far', 'low', 'high']);
      const into = (keep: boolean, spare: number): number =>
        keep ? random.whole(1, degree) : degree + spare;
      const from = (keep: boolean, spare: number): number =>
        keep ? degree + random.whole(1, 4) : degree - spare;
      return {
        values: {
          degree: String(degree),
          near: String(into(kept === 'near', 1)),
          far: String(into(kept === 'far', random.whole(2, 4))),
          low: String(from(kept === 'low', random.whole(1, 3))),
          high: String(from(kept === 'high', 0)),
        },
        answer: { kind: 'choice', value: kept },
      };
    },
  },
  weights: {
    instance(random) {
      const stack = stackOf(random);
      const mistakes = Object.entries(weightMistakes(stack)).map(([name, value]) => [name, BigInt(value)]);
      return {
        values: shown(stack),
        answer: { kind: 'count', value: BigInt(weightsOf(stack).free) },
        wrong: Object.fromEntries(mistakes) as Record<string, bigint>,
      };
    },
  },
  rows: {
    instance(random) {
      const stack = stackOf(random);
      const { kernel, layers } = stack;
      return {
        values: shown(stack),
        answer: { kind: 'count', value: BigInt(wholeWindow(layersOf(stack)).rows) },
        wrong: {
          one: BigInt((kernel - 1) / 2),
          later: BigInt((layers * (kernel - 1)) / 2),
          both: BigInt((layers + 1) * (kernel - 1)),
          sides: BigInt((layers + 1) * kernel),
        },
      };
    },
  },
  blind: {
    instance(random) {
      const stack = { ...stackOf(random), layers: random.whole(1, 5) };
      const { rows, blind } = wholeWindow(layersOf(stack));
      return {
        values: { ...shown(stack), rows: String(rows) },
        answer: { kind: 'count', value: BigInt(blind) },
        wrong: {
          none: 0n,
          all: BigInt(rows * rows),
          diagonal: BigInt((rows * (rows - 1)) / 2),
        },
      };
    },
  },
} as const satisfies Record<string, Exercise>;
