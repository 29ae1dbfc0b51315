import { count, fixed } from '../../app/format.ts';
import { openTrail } from '../../stats/d-separation.ts';
import { beliefsByEnumeration, freeNumbers, jointOf, type Parents, UNKNOWN } from '../../stats/networks.ts';
import type { Exercise } from '../exercises/exercise.ts';
import type { Random } from '../exercises/random.ts';
import { markovNumbers } from './counting.ts';
import { nameOf } from './edges.ts';
import { CAUSES, exampleOf, noisyOr } from './questions.ts';

/** Difficulty and intelligence decide the grade, intelligence the test's score, and the grade the letter: D, I -> G; I -> S; G -> L. */
export const STUDENT: Parents = [[], [], [0, 1], [1], [2]];

/** p of the first cause given that the effect, and the other cause, are there: by enumeration over all images of 3x3. */
export function explainedAway(first: number, second: number, works: number, leak: number) {
  const parents = exampleOf('causes');
  const tables = parents.map((list, pixel) => {
    if (list.length > 0) return noisyOr(list.length, works, leak);
    return [pixel === CAUSES.second ? second : first];
  });
  const joint = jointOf(parents, tables);
  const known = (...pixels: number[]) => parents.map((_, pixel) => (pixels.includes(pixel) ? 1 : UNKNOWN));
  const belief = (pixel: number, ...seen: number[]) =>
    beliefsByEnumeration(joint, known(...seen)).beliefs[pixel];
  return {
    effect: belief(CAUSES.first, CAUSES.effect),
    trace: belief(CAUSES.first, CAUSES.trace),
    both: belief(CAUSES.first, CAUSES.effect, CAUSES.second),
    together: beliefsByEnumeration(joint, known(CAUSES.first, CAUSES.second, CAUSES.effect)).evidence,
    likelihood: beliefsByEnumeration(joint, known(CAUSES.first, CAUSES.second)).beliefs[CAUSES.effect],
  };
}

/** A network over the pixels of 3x3, whose arrows lie between neighbours, and a question about two of them. */
export function separationQuestion(random: Random) {
  const wanted = random.pick(['independent', 'dependent']);
  for (let tries = 0; ; tries++) {
    const parents = neighbourGraph(random);
    const [first, second] = [random.whole(0, 8), random.whole(0, 8)];
    const given = Array.from({ length: random.whole(1, 2) }, () => random.whole(0, 8)).filter(
      (each, at, all) => all.indexOf(each) === at,
    );
    if (first === second || given.includes(first) || given.includes(second)) continue;
    // Neighbours with an arrow between them are dependent at a glance.
    if (parents[first].includes(second) || parents[second].includes(first)) continue;
    const trail = openTrail(parents, first, second, given);
    // Without the given ones the answer is another: they matter.
    const without = openTrail(parents, first, second, []);
    const value = trail ? 'dependent' : 'independent';
    if (value === wanted && (tries > 200 || (trail === null) !== (without === null)))
      return { parents, first, second, given, trail, value };
  }
}

/** Two of three pairs of neighbours with an arrow, from the pixel that comes first in a random order. */
function neighbourGraph(random: Random): number[][] {
  const place = Array.from({ length: 9 }, () => random.uniform());
  const parents: number[][] = place.map(() => []);
  const pairs = place.flatMap((_, pixel) => [
    ...(pixel % 3 < 2 ? [[pixel, pixel + 1]] : []),
    ...(pixel < 6 ? [[pixel, pixel + 3]] : []),
  ]);
  for (const [a, b] of pairs) {
    if (random.uniform() > 2 / 3) continue;
    if (place[a] < place[b]) parents[b].push(a);
    else parents[a].push(b);
  }
  return parents;
}

/** Ways through an image, as the text names them. */
const ORDERS = [
  { labels: { order: 'order-columns' } },
  { labels: { order: 'order-backwards' } },
  { labels: { order: 'order-spiral' } },
  { labels: { order: 'order-chance' } },
];

export const exercises = {
  markov: {
    instance(random) {
      const side = random.pick([28, 28, 14, 7]);
      const m = random.whole(1, 10);
      const n = side * side;
      const value = markovNumbers(n, m);
      const rows = 2n ** BigInt(m);
      const wide = BigInt(n);
      return {
        values: {
          m: String(m),
          n: count(n),
          side: String(side),
          head: count(2 ** m - 1),
          tail: count(n - m),
          rows: count(2 ** m),
          total: count(Number(value)),
        },
        answer: { kind: 'count', value },
        wrong: {
          everywhere: wide * rows,
          tail: (wide - BigInt(m)) * rows,
          outcomes: 2n * value,
          minus: wide * (rows - 1n),
          joint: wide * (2n * rows - 1n),
          sum: wide * (BigInt(m) + 1n),
        },
      };
    },
  },
  student: {
    instance(random) {
      const [d, i, g, s, l] = [
        random.whole(2, 3),
        random.whole(2, 3),
        random.whole(3, 5),
        random.whole(2, 4),
        random.whole(2, 3),
      ];
      const sizes = [d, i, g, s, l];
      const all = BigInt(sizes.reduce((product, size) => product * size, 1));
      const families = STUDENT.map((list, node) =>
        list.reduce((product, parent) => product * sizes[parent], sizes[node]),
      );
      return {
        values: {
          d: String(d),
          i: String(i),
          g: String(g),
          s: String(s),
          l: String(l),
          joint: count(Number(all) - 1),
          total: count(Number(freeNumbers(STUDENT, sizes))),
          rows: String(d * i),
          free: String(g - 1),
        },
        answer: { kind: 'count', value: freeNumbers(STUDENT, sizes) },
        wrong: {
          joint: all - 1n,
          entries: BigInt(families.reduce((sum, size) => sum + size, 0)),
          tables: BigInt(families.reduce((sum, size) => sum + size - 1, 0)),
          alone: BigInt(sizes.reduce((sum, size) => sum + size - 1, 0)),
        },
      };
    },
  },
  separated: {
    instance(random) {
      const { parents, first, second, given, trail, value } = separationQuestion(random);
      const arrows = parents.flatMap((list, to) => list.map((from) => `${nameOf(from)} → ${nameOf(to)}`));
      return {
        values: {
          arrows: arrows.join(', '),
          first: nameOf(first),
          second: nameOf(second),
          given: given.map(nameOf).join(', '),
          ...(trail && { trail: trail.map(nameOf).join(' – ') }),
        },
        ...(!trail && { labels: { trail: 'none' } }),
        answer: { kind: 'choice', value },
      };
    },
  },
  explaining: {
    instance(random) {
      const [first, second] = [random.whole(1, 5) / 10, random.whole(1, 5) / 10];
      const [works, leak] = [random.whole(6, 9) / 10, random.whole(1, 5) / 100];
      const { effect, both, together, likelihood } = explainedAway(first, second, works, leak);
      return {
        values: {
          first: fixed(first, 1),
          second: fixed(second, 1),
          works: fixed(works, 1),
          leak: fixed(leak, 2),
          effect: fixed(effect, 3),
          either: fixed(likelihood, 4),
          alone: fixed(1 - (1 - leak) * (1 - works), 4),
          both: fixed(both, 3),
        },
        answer: { kind: 'number', value: both, within: 0.006, decimals: 3 },
        wrong: { effect, together, likelihood, other: 1 - both, prior: first },
      };
    },
  },
  order: {
    instance(random) {
      const n = random.whole(4, 9);
      return {
        ...random.pick(ORDERS),
        values: { n: String(n), numbers: count(2 ** n - 1) },
        answer: { kind: 'choice', value: 'all' },
      };
    },
  },
} as const satisfies Record<string, Exercise>;
