import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrowOf } from '../../../src/learn/07-chains/arrows.ts';
import { markovNumbers } from '../../../src/learn/07-chains/counting.ts';
import { formatEdges, namesOf, parseEdges } from '../../../src/learn/07-chains/edges.ts';
import {
  exercises,
  explainedAway,
  separationQuestion,
  STUDENT,
} from '../../../src/learn/07-chains/exercises.ts';
import { markov, PRESETS } from '../../../src/learn/07-chains/presets.ts';
import { drawnTables, exampleOf, EXAMPLES, noisyOr } from '../../../src/learn/07-chains/questions.ts';
import { shownNats } from '../../../src/learn/07-chains/paths.svelte.ts';
import { sampleOf } from '../../../src/learn/07-chains/tables.ts';
import { formatSeen, parseSeen } from '../../../src/learn/07-chains/tree.ts';
import { judge } from '../../../src/learn/exercises/judge.ts';
import { randomOf } from '../../../src/learn/exercises/random.ts';
import { labelsIn } from '../../../src/learn/labels.ts';
import { conditionalInformation } from '../../../src/stats/conditional-information.ts';
import { freeNumbers, jointOf, orderOf } from '../../../src/stats/networks.ts';
import { randomTables } from '../stats/random-network.ts';
import { labelsOfChapter } from './open-chapter.ts';

const label = labelsIn(labelsOfChapter('chains'));

describe('Markov models', () => {
  it.each([
    [1, 1_567n],
    [2, 3_131n],
    [4, 12_495n],
    [10, 793_599n],
    // 1 + 2 + 4, and 781 tables of 8 rows.
    [3, 6_255n],
  ])('of order %i on 784 binary pixels have %i numbers', (m, numbers) => {
    expect(markovNumbers(784, m)).toBe(numbers);
  });

  it('have as many numbers as the tables of their graph have rows', () => {
    for (const [width, height] of [
      [3, 3],
      [4, 2],
      [5, 5],
    ])
      for (let m = 0; m <= width * height; m++)
        expect(markovNumbers(width * height, m)).toBe(freeNumbers(markov(m)({ width, height })));
  });

  it('have all 2^n - 1 numbers where m reaches all earlier pixels', () => {
    expect(markovNumbers(9, 8)).toBe(511n);
    expect(markovNumbers(9, 100)).toBe(511n);
  });

  it('are asked for with answers that the misconceptions miss', () => {
    const { markov: exercise } = exercises;
    for (let seed = 0; seed < 50; seed++) {
      const instance = exercise.instance(randomOf('markov', seed));
      const { value } = instance.answer;
      for (const [name, wrong] of Object.entries(instance.wrong)) {
        if (wrong === value) continue;
        expect(judge(instance, String(wrong)).kind, name).toBe('wrong');
      }
      expect(instance.wrong.everywhere > value).toBe(true);
    }
  });
});

describe('the network of a student', () => {
  it('has 15 numbers instead of 47', () => {
    expect(freeNumbers(STUDENT, [2, 2, 3, 2, 2])).toBe(15n);
    expect(2 * 2 * 3 * 2 * 2 - 1).toBe(47);
  });

  it('of other sizes has a row for each combination of parents: 2 + 1 + 6 * 4 + 2 * 3 + 5 * 2', () => {
    expect(freeNumbers(STUDENT, [3, 2, 5, 4, 3])).toBe(43n);
  });

  it('is asked for beside what it replaces', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { values, answer, wrong } = exercises.student.instance(randomOf('student', seed));
      const [d, i, g, s, l] = [values.d, values.i, values.g, values.s, values.l].map(Number);
      expect(answer.value).toBe(BigInt(d - 1 + (i - 1) + (g - 1) * d * i + (s - 1) * i + (l - 1) * g));
      expect(wrong.joint).toBe(BigInt(d * i * g * s * l - 1));
      expect(wrong.entries > answer.value).toBe(true);
    }
  });
});

describe('d-separation on 3x3', () => {
  it('is asked about with answers that enumeration confirms', () => {
    const answers: string[] = [];
    for (let seed = 0; seed < 150; seed++) {
      const { parents, first, second, given, value } = separationQuestion(randomOf('separated', seed));
      const nats = [0, 1, 2, 3].map(
        (more) =>
          conditionalInformation(
            jointOf(parents, randomTables(parents, 4 * seed + more)),
            first,
            second,
            given,
          ).nats,
      );
      if (value === 'independent') expect(Math.max(...nats), `seed ${seed}`).toBeLessThan(1e-12);
      else expect(Math.max(...nats), `seed ${seed}`).toBeGreaterThan(1e-9);
      answers.push(value);
    }
    const yes = answers.filter((each) => each === 'independent').length;
    expect(yes).toBeGreaterThan(50);
    expect(yes).toBeLessThan(100);
  });

  it('is right of the examples: what the text says of chain, fork and two strokes', () => {
    const nats = (name: string, given: number[]) => {
      const parents = exampleOf(name);
      return conditionalInformation(
        jointOf(parents, drawnTables(parents, 5)),
        name === 'causes' ? 1 : 3,
        name === 'causes' ? 3 : 5,
        given,
      ).nats;
    };
    for (const name of ['chain', 'fork']) {
      expect(nats(name, [])).toBeGreaterThan(1e-4);
      expect(nats(name, [4])).toBeLessThan(1e-12);
    }
    expect(nats('causes', [])).toBeLessThan(1e-12);
    expect(nats('causes', [4])).toBeGreaterThan(1e-4);
    expect(nats('causes', [8])).toBeGreaterThan(1e-6);
  });
});

describe('explaining away', () => {
  it('is Bayes: by enumeration of 3x3 as by hand', () => {
    const { effect, both } = explainedAway(0.3, 0.3, 0.9, 0.02);
    const one = 1 - 0.98 * 0.1;
    const two = 1 - 0.98 * 0.01;
    expect(both).toBeCloseTo((0.3 * two) / (0.3 * two + 0.7 * one), 12);
    const seen = 0.3 * (0.3 * two + 0.7 * one);
    expect(effect).toBeCloseTo(seen / (seen + 0.7 * (0.3 * one + 0.7 * 0.02)), 12);
    expect([effect, both].map((p) => p.toFixed(3))).toEqual(['0.583', '0.320']);
  });

  it('of other causes: .1 and .5, which bring the effect about in six of ten cases', () => {
    const [one, two] = [1 - 0.99 * 0.4, 1 - 0.99 * 0.16];
    expect(explainedAway(0.1, 0.5, 0.6, 0.01).both).toBeCloseTo((0.1 * two) / (0.1 * two + 0.9 * one), 12);
  });

  it('lowers one cause when the other is learned, never below what it was before all', () => {
    const share = fc.double({ min: 0.05, max: 0.9, noNaN: true });
    fc.assert(
      fc.property(share, share, share, fc.double({ min: 0.001, max: 0.2, noNaN: true }), (a, b, w, leak) => {
        const { effect, both } = explainedAway(a, b, w, leak);
        expect(both).toBeLessThan(effect);
        expect(both).toBeGreaterThan(a);
      }),
    );
  });

  it('has a noisy or in which each cause fails by itself', () => {
    expect(noisyOr(2, 0.9, 0.02).map((p) => p.toFixed(4))).toEqual(['0.0200', '0.9020', '0.9020', '0.9902']);
  });
});

describe('arrows', () => {
  const edges = fc
    .array(fc.tuple(fc.nat(8), fc.nat(8)).map(([a, b]) => `${a}${b}`))
    .map((all) => all.join('.'));

  it('of any link make a graph without a cycle, which is written as it is read', () => {
    fc.assert(
      fc.property(edges, fc.constantFrom(4, 9), (text, n) => {
        const parents = parseEdges(text, n);
        expect(parents).toHaveLength(n);
        expect(orderOf(parents)).not.toBeNull();
        expect(parseEdges(formatEdges(parents), n)).toEqual(parents);
      }),
    );
  });

  it('of the rules and of the examples are read as they are written', () => {
    for (const side of [2, 3])
      for (const { parents } of PRESETS) {
        const made = parents({ width: side, height: side });
        expect(parseEdges(formatEdges(made), side * side)).toEqual(made.map((list) => [...list].sort()));
      }
    for (const { name, edges: text } of EXAMPLES)
      expect(exampleOf(name).flat()).toHaveLength(text.split('.').length);
  });

  it('of the rules and of the examples have names in the text', () => {
    const names = [
      ...PRESETS.filter(({ order }) => order === undefined).map(({ name }) => `rule-${name}`),
      ...EXAMPLES.map(({ name }) => `graph-${name}`),
    ];
    expect(names.filter((name) => label(name) === '')).toEqual([]);
    expect(PRESETS.flatMap(({ order }) => order ?? [])).toEqual([1, 2, 3]);
  });

  it('end before the pixel that they lead to, on its side', () => {
    const { head } = arrowOf({ width: 3, height: 3 }, 0, 1);
    const [x, y] = (/^M([\d.]+) ([\d.]+)/.exec(head) ?? []).slice(1).map(Number);
    expect([x, y]).toEqual([124, 50]);
  });

  it('and pixels are named from one', () => {
    expect([[], [0], [0, 4], [0, 4, 8]].map((pixels) => namesOf(pixels, label))).toEqual([
      'none',
      '1',
      '1 and 5',
      '1, 5 and 9',
    ]);
  });
});

describe('samples of a network', () => {
  it('follow its joint distribution', () => {
    const parents = [[], [0], [0, 1], [2]];
    const tables = randomTables(parents, 3);
    const joint = jointOf(parents, tables);
    const counts = new Float64Array(16);
    const draws = 20_000;
    for (let i = 0; i < draws; i++) counts[sampleOf(parents, [0, 1, 2, 3], tables, 7, i)]++;
    joint.forEach((p, x) => {
      expect(Math.abs(counts[x] / draws - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / draws));
    });
  });
});

describe('shared nats', () => {
  it('are shown as 0 only where nothing is shared', () => {
    expect([undefined, 0, 1e-16, 2e-9, 6e-7, 0.25].map((nats) => shownNats(nats, label))).toEqual([
      '–',
      '0.000000',
      '0.000000',
      'less than 0.000001',
      '0.000001',
      '0.250000',
    ]);
  });
});

describe('drawn tables', () => {
  it('let every arrow be seen: neighbours of every example share much, for any seed', () => {
    for (const { name } of EXAMPLES)
      for (let seed = 0; seed < 30; seed++) {
        const parents = exampleOf(name);
        const joint = jointOf(parents, drawnTables(parents, seed));
        parents.forEach((list, pixel) => {
          for (const parent of list) {
            const others = list.filter((each) => each !== parent);
            expect(conditionalInformation(joint, parent, pixel, others).nats).toBeGreaterThan(0.01);
          }
        });
      }
  });
});

describe('what is known to the tree', () => {
  it('is written as it is read, without pixels outside', () => {
    expect(formatSeen(parseSeen('3i.10p.999i', 16))).toBe('3i.10p');
    expect(Array.from(parseSeen('0p.1i', 3))).toEqual([0, 1, -1]);
  });
});
