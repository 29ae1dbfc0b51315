import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mnistPaths, firstOfEachClass } from '../../../src/build/mnist.ts';
import { takeRows } from '../../../src/data/dataset.ts';
import { readIdx } from '../../../src/data/idx.ts';
import { exercises, posteriorOfInk } from '../../../src/learn/09-discriminative/exercises.ts';
import {
  countClasses,
  descendClasses,
  drawnByCoins,
  type Labelled,
  measureCurves,
  rightIn,
} from '../../../src/learn/09-discriminative/classes.ts';
import {
  hiddenPixels,
  hidingCurve,
  type Machines,
  oddsWithout,
} from '../../../src/learn/09-discriminative/hiding.ts';
import {
  countPair,
  descendPair,
  logOdds,
  naiveBayesWeight,
  rightOf,
  sharesOf,
} from '../../../src/learn/09-discriminative/linear.ts';
import { Discriminative, params, REPEATS, SIZES } from '../../../src/learn/09-discriminative/state.svelte.ts';
import { summaryOf } from '../../../src/learn/09-discriminative/summary.ts';
import { judge } from '../../../src/learn/exercises/judge.ts';
import { randomOf } from '../../../src/learn/exercises/random.ts';
import { labelsIn } from '../../../src/learn/labels.ts';
import { readValues } from '../../../src/learn/state/params.ts';
import type { ChapterTools } from '../../../src/app/learn/chapter-tools.ts';
import { type PairResult, rowsOf } from '../../../src/stats/sample-efficiency.ts';
import { labelsOfChapter, openChapter } from './open-chapter.ts';

/** All images of n pixels as lists of inked pixels. */
const allInks = (n: number): number[][] =>
  Array.from({ length: 2 ** n }, (_, image) =>
    Array.from({ length: n }, (__, i) => i).filter((i) => (image >> i) & 1),
  );
const shares = fc.integer({ min: 1, max: 99 }).map((percent) => percent / 100);
const lists = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 3 })), { minLength: 1, maxLength: 6 });

describe("naive Bayes' weight", () => {
  it.each([
    // logit .8 = log 4 = 1.3863, logit .2 = -1.3863
    [0.8, 0.2, 2.7726],
    // log 9 - log (1 / 3)
    [0.9, 0.25, 3.2958],
    [0.5, 0.5, 0],
  ])('of shares %s and %s is %s', (one, other, weight) => {
    expect(naiveBayesWeight(one, other)).toBeCloseTo(weight, 4);
  });

  it('is what ink instead of paper changes in the log odds by Bayes rule', () => {
    fc.assert(
      fc.property(shares, shares, shares, (prior, one, other) => {
        const oddsOf = (ink: boolean): number =>
          Math.log((prior * (ink ? one : 1 - one)) / ((1 - prior) * (ink ? other : 1 - other)));
        expect(naiveBayesWeight(one, other)).toBeCloseTo(oddsOf(true) - oddsOf(false), 9);
      }),
    );
  });
});

describe('the counted machine', () => {
  it('has the log odds of the products of its shares, for every image', () => {
    fc.assert(
      fc.property(lists, lists, (one, other) => {
        const counted = countPair(one, other, 4, 1);
        for (const ink of allInks(4)) {
          const product = (share: Float64Array): number =>
            Array.from(share).reduce((p, chance, i) => p * (ink.includes(i) ? chance : 1 - chance), 1);
          const [p, q] = counted.shares.map(product);
          const prior = (one.length + 1) / (other.length + 1);
          expect(logOdds(counted, ink)).toBeCloseTo(Math.log((prior * p) / q), 8);
        }
      }),
    );
  });

  it('leaves hidden pixels out as the sum over all their values does', () => {
    fc.assert(
      fc.property(lists, lists, fc.integer({ min: 0, max: 15 }), (one, other, mask) => {
        const counted = countPair(one, other, 4, 1);
        const machines: Machines = { counted, learned: counted, means: new Float64Array(4) };
        const hidden = Uint8Array.from({ length: 4 }, (_, i) => (mask >> i) & 1);
        const ink = [0, 2];
        const summed = counted.shares.map((share) =>
          allInks(4)
            .filter((each) => [0, 1, 2, 3].every((i) => hidden[i] || each.includes(i) === ink.includes(i)))
            .reduce(
              (sum, each) =>
                sum +
                Array.from(share).reduce((p, chance, i) => p * (each.includes(i) ? chance : 1 - chance), 1),
              0,
            ),
        );
        expect(oddsWithout('counted', machines, ink, hidden)).toBeCloseTo(
          counted.prior + Math.log(summed[0] / summed[1]),
          8,
        );
      }),
    );
  });
});

describe('the learning machine', () => {
  it('takes as its first step the mean of (wanted - 1/2) over the images with ink', () => {
    const learned = descendPair([[0, 1], [0]], [[1], [1]], 2, 1);
    // 0.1 * (1/2 + 1/2) / 4 for pixel 0, 0.1 * (1/2 - 1/2 - 1/2) / 4 for pixel 1.
    expect(Array.from(learned.weights)).toEqual([
      expect.closeTo(0.025, 12) as number,
      expect.closeTo(-0.0125, 12) as number,
    ]);
    expect(learned.bias).toBeCloseTo(0, 12);
  });

  it('takes hidden pixels for paper, or for their mean', () => {
    const learned = { weights: Float64Array.of(1, 2, 4), bias: 0.5 };
    const machines: Machines = {
      counted: countPair([[0]], [[1]], 3, 1),
      learned,
      means: Float64Array.of(0.5, 0.25, 0.1),
    };
    const hidden = Uint8Array.of(0, 1, 0);
    expect(oddsWithout('paper', machines, [0, 1], hidden)).toBeCloseTo(1.5, 12);
    expect(oddsWithout('mean', machines, [0, 1], hidden)).toBeCloseTo(2, 12);
    expect(oddsWithout('paper', machines, [0, 1], Uint8Array.of(0, 0, 0))).toBeCloseTo(
      logOdds(learned, [0, 1]),
      12,
    );
  });
});

it('answers that cannot tell count as wrong', () => {
  expect(rightOf([1, 0, -1], [-2, 0, 3])).toBe(2);
});

it('hides as many pixels as asked, and the same ones again among more', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 9 }), (count, seed) => {
      const [few, more] = [hiddenPixels(60, count, seed), hiddenPixels(60, count + 10, seed)];
      expect(few.reduce((sum, one) => sum + one, 0)).toBe(count);
      expect(few.every((one, i) => more[i] >= one)).toBe(true);
    }),
  );
});

describe('the exercises', () => {
  it.each([
    ['0.80', '0.20', '2.77'],
    ['0.90', '0.25', '3.30'],
  ])('the weight of shares %s and %s is %s', (one, other, typed) => {
    const instance = Array.from({ length: 5000 }, (_, seed) =>
      exercises.weight.instance(randomOf('discriminative/weight', seed)),
    ).find(({ values }) => values.one === one && values.other === other);
    if (!instance) throw new Error('no such instance');
    expect(judge(instance, typed)).toEqual({ kind: 'right' });
    expect(judge(instance, `-${typed}`)).toEqual({ kind: 'wrong', misconception: 'sign' });
    expect(judge(instance, `${one} - ${other}`)).toEqual({ kind: 'wrong', misconception: 'difference' });
    expect(judge(instance, String(Math.log(Number(one) / Number(other))))).toEqual({
      kind: 'wrong',
      misconception: 'ratio',
    });
  });

  it('never ask for the weight of equal shares or of shares that are not between 0 and 1', () => {
    for (let seed = 0; seed < 500; seed++) {
      const { values } = exercises.weight.instance(randomOf('discriminative/weight', seed));
      expect(values.one).not.toBe(values.other);
      for (const share of [values.one, values.other].map(Number)) expect(share > 0 && share < 1).toBe(true);
    }
  });

  it('a chance out of log odds: log 3 is three quarters', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), (seed) => {
        const { values, answer } = exercises.posterior.instance(randomOf('x', seed));
        const odds = Number(values.odds.replace('−', '-'));
        // Odds over one more than the odds.
        expect(answer.value).toBeCloseTo(Math.exp(odds) / (1 + Math.exp(odds)), 12);
        expect(odds).not.toBe(0);
      }),
    );
  });

  it("Bayes' rule with a prior, in counts: 10 of 100 letters are As, 8 of them inked, and 18 of 90 Bs", () => {
    expect(posteriorOfInk(0.1, 0.8, 0.2)).toBeCloseTo(8 / 26, 12);
    expect(posteriorOfInk(0.25, 0.6, 0.4)).toBeCloseTo(15 / 45, 12);
  });
});

/** Rows of two pixels, of which the first tells the classes 0 and 1 apart. */
const told: Labelled = {
  rows: {
    count: 40,
    width: 2,
    values: Float32Array.from({ length: 80 }, (_, at) => (at % 2 === 0 ? (at / 2) % 2 : 1)),
  },
  labels: Uint8Array.from({ length: 40 }, (_, image) => image % 2),
};
const every = Uint32Array.from({ length: 40 }, (_, i) => i);

describe('ten classes', () => {
  it('are told apart by both where one pixel tells', async () => {
    const learned = await descendClasses(told, every, new AbortController().signal);
    for (const scores of [countClasses(told, every), learned])
      expect(rightIn(scores, told, every).every((right) => right === 1)).toBe(true);
  });

  it('counted have the logits log p(y) + log p(x | y), up to rounding', () => {
    const { table, bias } = countClasses(told, every.subarray(0, 3));
    // Images 0, 1, 2 are of classes 0, 1, 0; pixel 0 is off, on, off; .3 imagined images.
    const share = 0.15 / 2.3;
    expect(table[0]).toBeCloseTo(Math.log(share / (1 - share)), 12);
    expect(bias[0]).toBeCloseTo(Math.log(3 / 13) + Math.log(1 - share) + Math.log(1 - 2.15 / 2.3), 12);
  });

  it('stop with the reason of the signal', async () => {
    const controller = new AbortController();
    controller.abort(new Error('left'));
    await expect(measureCurves(told, [10], 1, controller.signal, () => expect.unreachable())).rejects.toThrow(
      'left',
    );
  });
});

/** The starter digits, out of the package that the build packs them from. */
function starter() {
  const paths = mnistPaths();
  const [images, labels] = [paths.trainImages, paths.trainLabels].map(
    (path) => new Uint8Array(readFileSync(path)),
  );
  const train = readIdx(images, labels);
  if (!train.ok) throw new Error(train.reason);
  return takeRows(train.value, firstOfEachClass(train.value, 100));
}

describe('on the starter digits', async () => {
  const digits = starter();
  const opened = async (query = ''): Promise<Discriminative> => {
    const tools = { digits: () => Promise.resolve({ ok: true, value: digits }), dark: false };
    const pair = new Discriminative(readValues(params, query), tools as unknown as ChapterTools);
    await pair.load();
    return pair;
  };
  const pair = await opened('steps=100');

  it('both machines are right on most held-back digits, and they disagree on some', () => {
    expect(pair.right.counted).toBeGreaterThan(65);
    expect(pair.right.learned).toBeGreaterThan(pair.right.counted);
    expect(pair.overtaken).toBe(true);
    const apart = pair.scored.filter(({ counted, learned }) => counted * learned < 0).length;
    expect(pair.disagreements).toBe(apart);
    expect(apart).toBeGreaterThan(3);
  });

  it('before its first step the learning machine is right on none', async () => {
    const before = await opened();
    expect(before.right.learned).toBe(0);
    expect(before.overtaken).toBe(false);
    expect(before.disagrees).toBe(false);
  });

  it('counting loses less when most pixels are hidden, as the text says', () => {
    const [all] = pair.hiding;
    const few = pair.hiding[7];
    expect(all.counted - few.counted).toBeLessThan(all.paper - few.paper);
    expect(all.paper).toBeGreaterThan(all.counted);
    expect(few.paper).toBeLessThan(few.counted);
    expect(few.mean).toBeGreaterThan(few.paper);
  });

  it('is sure of a class where its chance is larger than what is shown', () => {
    // log 9 is nine to one; e^8 is nearly three thousand to one.
    expect(pair.certainty(-Math.log(9))).toEqual({ chance: '90', sure: false });
    expect(pair.certainty(8)).toEqual({ chance: '99.9', sure: true });
  });

  it('a pair of equal digits becomes one of neighbours', async () => {
    expect((await opened('one=9&other=9')).pair).toEqual([9, 0]);
  });

  it('where naive Bayes is true it stays in front, and its world has the shares of the digits', async () => {
    const values = Float32Array.from(
      digits.pixels.filter((_, at) => at % 16 === 0),
      (grey) => Number(grey > 127),
    );
    const labels = digits.labels ?? new Uint8Array(0);
    const images: Labelled = { rows: { count: 1000, width: 49, values }, labels };
    const drawn = drawnByCoins(images, 1);
    const shareOf = ({ rows }: Labelled): number =>
      rows.values.reduce((sum, bit) => sum + bit, 0) / rows.values.length;
    expect(shareOf(drawn)).toBeCloseTo(shareOf(images), 2);
    const pairs: PairResult[] = [];
    await measureCurves(drawn, [50], 3, new AbortController().signal, (each) => pairs.push(each));
    const lead = pairs.reduce((sum, each) => sum + each.generative - each.discriminative, 0);
    expect(pairs).toHaveLength(3);
    expect(pairs[0].tested).toBe(950);
    expect(lead).toBeGreaterThan(0);
  });
});

describe('numbers of the text', () => {
  it('are those of digits whichever world the figure shows, and count leads beyond two standard errors', async () => {
    const { view } = await openChapter('discriminative', 'world=coins');
    const state = view.figure('curves')?.state as Discriminative;
    const pair = (size: number, generative: number, discriminative: number): PairResult => ({
      size,
      tested: 100,
      generative,
      discriminative,
      disagreed: Math.abs(generative - discriminative),
    });
    const repeated = (of: (size: number) => PairResult) =>
      Array.from({ length: REPEATS }, () => SIZES.map(of)).flat();
    state.pairs = {
      // One digit in a hundred apart at every size but the first: no more than chance.
      digits: repeated((size) => (size === 20 ? pair(20, 60, 30) : pair(size, 71, 70))),
      coins: repeated((size) => pair(size, 90, 60)),
    };
    expect(view.numbers).toMatchObject({ earlyCounted: '60', earlyLearned: '30', lateCounted: '71' });
    expect(view.numbers).toMatchObject({ sizes: '6', clearDigits: '1', clearCoins: '6' });
  });

  it('wait for the digits with a sign, and follow a link', async () => {
    const { view } = await openChapter('discriminative', 'one=4&other=9&steps=20&pixel=29');
    expect(view.numbers.one).toBe('4');
    expect(view.numbers.other).toBe('9');
    expect(view.numbers.steps).toBe('20');
    expect(view.numbers.place).toBe('row 2, column 2');
    for (const name of ['countedRight', 'weight', 'odds', 'paperMost', 'earlyCounted'])
      expect(view.numbers[name], name).toBe('…');
  });
});

describe('the summary of learning curves', () => {
  const label = labelsIn(labelsOfChapter('discriminative'));
  const pair = (size: number, generative: number, discriminative: number): PairResult => ({
    size,
    tested: 100,
    generative,
    discriminative,
    disagreed: Math.abs(generative - discriminative),
  });

  it('says who leads where, and between which sizes the curves cross', () => {
    const rows = rowsOf([pair(20, 70, 30), pair(50, 70, 40), pair(100, 60, 60), pair(800, 60, 90)]);
    expect(summaryOf(rows, label)).toBe(
      'Counting leads by more than two standard errors at 20, 50 images. Learning leads by more than two standard errors at 800 images. The curves cross between 100 and 800 images, at about 100. Mean of 1 draw of the images.',
    );
  });

  it('says where they do not cross who is in front', () => {
    const twice = (size: number, one: number, other: number) => [
      pair(size, one, other),
      pair(size, one, other),
    ];
    expect(summaryOf(rowsOf([...twice(20, 61, 60), ...twice(800, 61, 60)]), label)).toBe(
      'From 20 to 800 images the curves do not cross: counting is still in front. Mean of 2 draws of the images.',
    );
    expect(summaryOf(rowsOf([...twice(20, 60, 61), ...twice(800, 60, 61)]), label)).toBe(
      'From 20 to 800 images the curves do not cross: learning is always in front. Mean of 2 draws of the images.',
    );
  });
});

it('the mean of what is hidden is counted over both digits', () => {
  expect(Array.from(sharesOf([[0], [0], [1]], 2, 1))).toEqual([2.5 / 4, 1.5 / 4]);
});

it('a curve of nothing hidden is the accuracy itself', () => {
  const counted = countPair([[0]], [[1]], 2, 1);
  const machines: Machines = { counted, learned: counted, means: sharesOf([[0], [1]], 2, 1) };
  const [none, all] = hidingCurve(machines, [[0]], [[1]], [0, 2], 2);
  expect(none).toEqual({ hidden: 0, counted: 1, paper: 1, mean: 1 });
  // Only the prior is left, and it is even.
  expect(all.counted).toBe(0);
});
