import { fixed } from '../../app/format.ts';
import type { Exercise } from '../exercises/exercise.ts';
import type { Random } from '../exercises/random.ts';
import { logBlank, logTypical } from './detector.ts';
import { Kinds } from './kinds.ts';

/** Two kinds on 2x2 of which the top half is known: ink on the left, paper on the right. */
export const TOP = { x: [1, 0, 0, 0], known: [1, 1, 0, 0] } as const;

const share = (random: Random): number => random.whole(1, 9) / 10;

/** Scores of twenty held-back digits, the lowest first, in whole nats; the two at either end lie at least ten apart. */
function scoresOf(random: Random): number[] {
  let at = -random.whole(180, 320);
  return Array.from({ length: 20 }, (_, i) => {
    if (i > 0) at += i === 1 || i === 19 ? random.whole(10, 30) : random.whole(1, 9);
    return at;
  });
}

export const exercises = {
  kinds: {
    instance(random) {
      const weight = random.whole(2, 8) / 10;
      const [first, second] = [
        [share(random), share(random)],
        [share(random), share(random)],
      ];
      // Of hidden pixels nothing is used.
      const kinds = new Kinds([weight, 1 - weight], [...first, 0.5, 0.5, ...second, 0.5, 0.5]);
      const [joint, other] = kinds.logJoint(TOP.x, TOP.known).map(Math.exp);
      const value = joint / (joint + other);
      const equal = joint / weight / (joint / weight + other / (1 - weight));
      const both = weight * first[0] * first[1];
      const bothOther = (1 - weight) * second[0] * second[1];
      return {
        values: {
          percent: fixed(100 * weight, 0),
          leftOne: fixed(first[0], 1),
          rightOne: fixed(first[1], 1),
          leftOther: fixed(second[0], 1),
          rightOther: fixed(second[1], 1),
        },
        answer: { kind: 'number', value, within: 0.006, decimals: 3 },
        wrong: { prior: weight, joint, equal, ink: both / (both + bothOther), other: 1 - value },
      };
    },
  },
  completion: {
    instance(random) {
      const posterior = random.whole(11, 19) / 20;
      const one = random.whole(6, 9) / 10;
      const other = random.whole(1, 4) / 10;
      return {
        values: { posterior: fixed(posterior, 2), one: fixed(one, 1), other: fixed(other, 1) },
        answer: {
          kind: 'number',
          value: posterior * one + (1 - posterior) * other,
          within: 0.006,
          decimals: 3,
        },
        wrong: { best: one, average: (one + other) / 2, part: posterior * one, product: one * other },
      };
    },
  },
  threshold: {
    instance(random) {
      const scores = scoresOf(random);
      const [lowest, second] = scores;
      // Above the lowest score, and not above the second one: then one of twenty is below.
      const [from, to] = [lowest + 0.01, second + 0.001];
      const within = (to - from) / 2;
      return {
        values: {
          scores: scores.map((score) => fixed(score, 0)).join(', '),
          count: String(scores.length),
          percent: fixed(100 / scores.length, 0),
        },
        answer: { kind: 'number', value: (from + to) / 2, within, decimals: 2 },
        wrong: { none: lowest - within, upper: (scores[18] + scores[19]) / 2, middle: scores[10] },
      };
    },
  },
  blank: {
    instance(random) {
      const low = -random.whole(230, 300);
      const high = random.whole(0, 1) ? -random.whole(110, 140) : -random.whole(60, 80);
      const blank = -random.whole(85, 105);
      const value = blank > high ? 'above' : blank < low ? 'below' : 'passes';
      return {
        values: { low: fixed(low, 0), high: fixed(high, 0), blank: fixed(blank, 0) },
        answer: { kind: 'choice', value },
      };
    },
  },
  shares: {
    instance(random) {
      const side = random.pick([10, 20]);
      const ink = random.pick([0.1, 0.15, 0.2, 0.25]);
      const n = side * side;
      const [blank, typical] = [logBlank(n, ink), logTypical(n, ink)];
      const value = blank - typical;
      return {
        values: {
          pixels: String(n),
          percent: fixed(100 * ink, 0),
          inked: fixed(n * ink, 0),
        },
        answer: { kind: 'number', value, within: 0.06, decimals: 1 },
        wrong: { sign: -value, blank, typical, bits: value / Math.LN2, one: value / (n * ink) },
      };
    },
  },
} as const satisfies Record<string, Exercise>;
