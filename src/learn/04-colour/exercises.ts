import { count, fixed } from '../../app/format.ts';
import type { Exercise, Instance } from '../exercises/exercise.ts';

export const exercises = {
  /** Always the usual depth of eight bits. */
  rgb: {
    instance: () => jointCount(8),
  },
  depth: {
    instance: (random) => jointCount(random.pick([2, 3, 4, 5, 6, 7, 10, 12])),
  },
  independent: {
    instance(random) {
      const channels = random.whole(3, 5);
      const bits = random.whole(2, 10);
      return independentCount(channels, bits);
    },
  },
  shares: {
    instance(random) {
      const share = (): number => random.pick([0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9]);
      return channelShares(share(), share(), share());
    },
  },
} as const satisfies Record<string, Exercise>;

/** Free numbers of the table of all colours of three channels. */
export function jointCount(bits: number): Instance {
  const levels = 2n ** BigInt(bits);
  return {
    values: { bits: String(bits), levels: count(Number(levels)) },
    answer: { kind: 'count', value: levels ** 3n - 1n },
    wrong: { sum: 3n * levels, all: levels ** 3n, independent: 3n * (levels - 1n), channel: levels - 1n },
  };
}

/** Free numbers of channels that do not depend on each other. */
export function independentCount(channels: number, bits: number): Instance {
  const [k, levels] = [BigInt(channels), 2n ** BigInt(bits)];
  return {
    values: { channels: String(channels), bits: String(bits), levels: count(Number(levels)) },
    answer: { kind: 'count', value: k * (levels - 1n) },
    wrong: { all: k * levels, joint: levels ** k - 1n, channel: levels - 1n, levels: levels - 1n + k },
  };
}

/** log p of a pixel that is bright in red, dark in green and bright in blue, from the shares of bright pixels in each channel. */
export function channelShares(red: number, green: number, blue: number): Instance {
  const chances = [red, 1 - green, blue];
  const value = chances.reduce((sum, chance) => sum + Math.log(chance), 0);
  return {
    values: { red: fixed(red, 1), green: fixed(green, 1), blue: fixed(blue, 1) },
    answer: { kind: 'number', value, within: 0.011, decimals: 2 },
    wrong: {
      sign: -value,
      bits: value / Math.LN2,
      tens: value / Math.LN10,
      probability: Math.exp(value),
      bright: Math.log(red * green * blue),
      mean: Math.log(chances.reduce((sum, chance) => sum + chance, 0) / 3),
    },
  };
}
