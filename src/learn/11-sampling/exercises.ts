import { fixed } from '../../app/format.ts';
import type { Exercise } from '../exercises/exercise.ts';
import type { Random } from '../exercises/random.ts';
import { meanLogOf, meanOf, outcomesOf } from './estimate.ts';
import { leftAndAbove, sweepsNeeded } from './sampler.ts';
import { firstInk, jointTemperature, pixelTemperature, type TwoPixels } from './temperature.ts';

/** Per pixel and joint differ by at least this much in an exercise, so that an answer tells which was computed. */
const APART = 0.02;

export const exercises = {
  temperature: {
    instance(random) {
      const temperature = random.pick([0.5, 0.5, 2]);
      const p = apartAt(random, temperature);
      return {
        values: { ...namesOf(p), temperature: fixed(temperature, 1) },
        answer: {
          kind: 'number',
          value: firstInk(jointTemperature(p, temperature)),
          within: 0.0051,
          decimals: 3,
        },
        wrong: {
          pixel: firstInk(pixelTemperature(p, temperature)),
          inverse: firstInk(jointTemperature(p, 1 / temperature)),
          same: firstInk(p),
          sum: p[2] ** (1 / temperature) + p[3] ** (1 / temperature),
        },
      };
    },
  },
  'mean-log': {
    instance(random) {
      const low = random.whole(1, 4) / 10;
      const high = random.whole(6, 9) / 10;
      const draws = random.pick([1, 1, 2]);
      const outcomes = outcomesOf({ high, low }, draws);
      const value = meanLogOf(outcomes);
      return {
        values: { high: fixed(high, 1), low: fixed(low, 1), draws: String(draws) },
        answer: { kind: 'number', value, within: 0.0051, decimals: 3 },
        wrong: {
          'log-of-mean': Math.log(meanOf(outcomes)),
          mean: meanOf(outcomes),
          sign: -value,
          bits: value / Math.LN2,
        },
      };
    },
  },
  passes: {
    instance(random) {
      const [width, height] = [random.whole(3, 28), random.whole(3, 28)];
      const value = BigInt(sweepsNeeded(leftAndAbove({ width, height })));
      return {
        values: { width: String(width), height: String(height) },
        answer: { kind: 'count', value },
        wrong: {
          pixels: BigInt(width * height),
          corner: BigInt(width + height),
          rows: BigInt(height),
          one: 1n,
        },
      };
    },
  },
} as const satisfies Record<string, Exercise>;

/** Four probabilities in twentieths, none of them 0, at which the two temperatures differ. */
function apartAt(random: Random, temperature: number): TwoPixels {
  for (;;) {
    const cuts = [random.whole(1, 17), random.whole(1, 17), random.whole(1, 17)].sort((a, b) => a - b);
    const twentieths = [cuts[0], cuts[1] - cuts[0] + 1, cuts[2] - cuts[1] + 1, 18 - cuts[2]];
    const p = twentieths.map((each) => each / 20) as [number, number, number, number];
    const joint = firstInk(jointTemperature(p, temperature));
    const others = [firstInk(pixelTemperature(p, temperature)), firstInk(p)];
    if (others.every((each) => Math.abs(each - joint) > APART)) return p;
  }
}

function namesOf(p: TwoPixels): Record<string, string> {
  return Object.fromEntries(['p00', 'p01', 'p10', 'p11'].map((name, i) => [name, fixed(p[i], 2)]));
}
