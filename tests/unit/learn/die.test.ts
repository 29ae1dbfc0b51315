import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterKey, shownBelow, timesBelow } from '../../../src/learn/03-die/face-bars.ts';
import {
  chancesOf,
  countsOf,
  equalShares,
  fitted,
  logLikelihood,
  moved,
  readGuess,
  rollsOf,
  samplesOf,
  STEPS,
  writeGuess,
} from '../../../src/learn/03-die/die.ts';
import { exercises } from '../../../src/learn/03-die/exercises.ts';
import { judge } from '../../../src/learn/exercises/judge.ts';
import type { Random } from '../../../src/learn/exercises/random.ts';
import { openChapter } from './open-chapter.ts';

/** Random choices that are these, in their order. */
function given(...wholes: number[]): Random {
  const next = (): number => wholes.shift() ?? Number.NaN;
  return { uniform: next, whole: next, pick: (options) => options[next()] };
}

const close = (values: Float64Array | null, wanted: readonly number[]): void => {
  expect(values).not.toBeNull();
  expect(values?.length).toBe(wanted.length);
  values?.forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 12));
};

describe('a loaded die', () => {
  it('has chances that sum to 1, one of them at most a fifth of a fair one', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.integer({ min: 2, max: 12 }), (seed, faces) => {
        const chances = chancesOf(seed, faces);
        expect(chances.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
        const least = Math.min(...chances);
        expect(least).toBeGreaterThanOrEqual(0.1 / faces);
        expect(least).toBeLessThanOrEqual(0.2 / faces);
      }),
    );
  });

  it('rolls its faces as often as its chances say', () => {
    const chances = chancesOf(5, 6);
    const count = 20_000;
    const shares = countsOf(rollsOf(5, chances, count), 6).map((each) => each / count);
    // Five standard deviations.
    shares.forEach((share, face) =>
      expect(Math.abs(share - chances[face])).toBeLessThan(
        5 * Math.sqrt((chances[face] * (1 - chances[face])) / count),
      ),
    );
  });

  it('begins more rolls with the same ones, and later rolls where they belong', () => {
    const chances = chancesOf(9, 7);
    const rolls = rollsOf(9, chances, 100);
    expect(rolls.subarray(0, 40)).toEqual(rollsOf(9, chances, 40));
    expect(rolls.subarray(40)).toEqual(rollsOf(9, chances, 60, 40));
  });
});

describe('log-likelihood and fit', () => {
  it('of two, one and one rolls at one half, three tenths and a fifth: log of .5 .5 .3 .2', () => {
    expect(logLikelihood([0.5, 0.3, 0.2], [2, 1, 1])).toBeCloseTo(Math.log(0.015), 12);
  });

  it('is minus infinity where a face that was rolled is excluded, and takes no notice of one that was not', () => {
    expect(logLikelihood([0, 1], [1, 1])).toBe(-Infinity);
    expect(logLikelihood([0, 1], [0, 3])).toBe(0);
  });

  it('adds imagined rolls: 3, 1, 0 with one each is 4, 2, 1 of 7', () => {
    close(fitted(Float64Array.of(3, 1, 0), 1), [4 / 7, 2 / 7, 1 / 7]);
    close(fitted(Float64Array.of(3, 1, 0), 0), [3 / 4, 1 / 4, 0]);
    close(fitted(Float64Array.of(3, 1, 0), 0.5), [3.5 / 5.5, 1.5 / 5.5, 0.5 / 5.5]);
    expect(fitted(new Float64Array(3), 0)).toBeNull();
  });

  it('finds no die that makes rolls likelier than their shares', () => {
    const weights = fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 });
    const counts = fc.array(fc.nat(20), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(weights, counts, (some, rolled) => {
        const total = some.reduce((sum, weight) => sum + weight, 0);
        const shares = fitted(Float64Array.from(rolled), 0);
        if (!shares) return;
        const other = some.map((weight) => weight / total);
        expect(logLikelihood(shares, rolled)).toBeGreaterThanOrEqual(logLikelihood(other, rolled) - 1e-9);
      }),
    );
  });

  it('draws no sample of a face with probability zero', () => {
    const counts = countsOf(samplesOf(1, Float64Array.of(0.5, 0, 0.5), 5000), 3);
    expect(counts[1]).toBe(0);
    expect(counts[0] + counts[2]).toBe(5000);
    expect(Math.abs(counts[0] - 2500)).toBeLessThan(5 * Math.sqrt(1250));
  });
});

describe('the guess', () => {
  it('takes from the last face', () => {
    close(moved(Float64Array.of(0.2, 0.3, 0.5), 0, 0.4, 'last'), [0.4, 0.3, 0.3]);
    close(moved(Float64Array.of(0.2, 0.3, 0.5), 1, 0.1, 'last'), [0.2, 0.1, 0.7]);
  });

  it('stops where the last face has nothing left, and the last face cannot be moved', () => {
    close(moved(Float64Array.of(0.2, 0.3, 0.5), 0, 0.9, 'last'), [0.7, 0.3, 0]);
    close(moved(Float64Array.of(0.2, 0.3, 0.5), 2, 0.9, 'last'), [0.2, 0.3, 0.5]);
  });

  it('takes from all others in proportion', () => {
    close(moved(Float64Array.of(0.2, 0.3, 0.5), 0, 0.4, 'others'), [0.4, 0.225, 0.375]);
    close(moved(Float64Array.of(0.2, 0.3, 0.5), 2, 0, 'others'), [0.4, 0.6, 0]);
    close(moved(Float64Array.of(1, 0, 0), 0, 0.5, 'others'), [0.5, 0.25, 0.25]);
  });

  it('stays a distribution of whole steps whatever is moved, and comes back from its link', () => {
    const moves = fc.array(
      fc.record({
        face: fc.nat(6),
        to: fc.double({ min: -0.5, max: 1.5, noNaN: true }),
        payer: fc.constantFrom('last' as const, 'others' as const),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(moves, (all) => {
        let guess = equalShares(7);
        for (const { face, to, payer } of all) {
          guess = moved(guess, face, to, payer);
          const steps = guess.map((p) => p * STEPS);
          steps.forEach((step) => expect(Math.abs(step - Math.round(step))).toBeLessThan(1e-9));
          expect(Math.min(...guess)).toBeGreaterThanOrEqual(0);
          expect(guess.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
          if (payer === 'others')
            expect(Math.abs(guess[face] - Math.min(1, Math.max(0, to)))).toBeLessThan(0.6 / STEPS);
          close(readGuess(writeGuess(guess), 7), [...guess]);
        }
      }),
    );
  });

  it('is written as one number fewer than the die has faces', () => {
    const text = writeGuess(Float64Array.of(0.1, 0.2, 0.3, 0.4));
    expect(text).toBe('1000.2000.3000');
    close(readGuess(text, 4), [0.1, 0.2, 0.3, 0.4]);
  });

  it('is equal shares where a link says nothing, or says it for another die or too much', () => {
    for (const text of ['', '1000.2000', '9000.2000.3000'])
      close(readGuess(text, 4), [0.25, 0.25, 0.25, 0.25]);
  });

  it('moves by keys within the picture', () => {
    expect(afterKey('ArrowUp', 0.2, 0.5)).toBeCloseTo(0.21, 12);
    expect(afterKey('PageDown', 0.02, 0.5)).toBe(0);
    expect(afterKey('End', 0.2, 0.5)).toBe(0.5);
    expect(afterKey('Tab', 0.2, 0.5)).toBeNull();
  });
});

describe('exercises', () => {
  it.each([
    [6, 5n],
    [2, 1n],
    [4, 3n],
    [20, 19n],
  ])('a die with %i faces has %i free numbers, not as many as faces', (faces, free) => {
    const instance = exercises.parameters.instance(given(faces));
    expect(instance.answer).toEqual({ kind: 'count', value: free });
    expect(judge(instance, `${faces} - 1`)).toEqual({ kind: 'right' });
    expect(judge(instance, String(faces + 1))).toEqual({ kind: 'wrong', misconception: 'more' });
    expect(judge(instance, String(faces))).toEqual({ kind: 'wrong', misconception: 'all' });
  });

  it('estimates: 5 of 2 + 5 + 13 rolls are a quarter, 4 of 4 + 4 + 12 a fifth', () => {
    const first = exercises.estimate.instance(given(3, 2, 5, 13, 2));
    expect(first.answer.value).toBe(0.25);
    expect(first.values).toMatchObject({ counts: '2, 5, 13', face: '2', rolls: '20', count: '5' });
    expect(exercises.estimate.instance(given(3, 4, 4, 12, 1)).answer.value).toBe(0.2);
    expect(judge(first, '0.333')).toEqual({ kind: 'wrong', misconception: 'equal' });
    expect(judge(first, '6/23')).toEqual({ kind: 'wrong', misconception: 'smoothed' });
  });

  it('log-likelihood: .5 .5 .3 .2 and .1 .8 .8 .8 .1', () => {
    const first = exercises['log-likelihood'].instance(given(5, 3, 2, 1, 1));
    expect(first.answer.value).toBeCloseTo(-4.1997, 4);
    expect(first.values).toMatchObject({ p: '0.5, 0.3, 0.2', counts: '2, 1, 1' });
    expect(exercises['log-likelihood'].instance(given(1, 8, 1, 3, 1)).answer.value).toBeCloseTo(
      Math.log(0.00512),
      12,
    );
    // Twelve orders: 4! / 2!.
    expect(judge(first, String(Math.log(0.015 * 12)))).toEqual({ kind: 'wrong', misconception: 'ways' });
    expect(judge(first, '4.20')).toEqual({ kind: 'wrong', misconception: 'sign' });
    expect(judge(first, '-3.51')).toEqual({ kind: 'wrong', misconception: 'once' });
  });

  it('smoothing: one imagined roll of 20 + 6 is 1/26, of 8 + 12 is 1/20', () => {
    const first = exercises.smoothing.instance(given(6, 20));
    expect(first.answer.value).toBeCloseTo(1 / 26, 12);
    expect(exercises.smoothing.instance(given(12, 8)).answer.value).toBeCloseTo(0.05, 12);
    expect(judge(first, '1/21')).toEqual({ kind: 'wrong', misconception: 'single' });
    expect(judge(first, '0')).toEqual({ kind: 'wrong', misconception: 'never' });
  });
});

describe('numbers of the text', () => {
  it('at the start: counts by hand, a face that never came up, and rolls that it makes impossible', async () => {
    const { view } = await openChapter('die');
    const rolls = rollsOf(9, chancesOf(9, 6), 20);
    const never = [0, 1, 2, 3, 4, 5].filter((face) => !rolls.includes(face));
    expect(never).toHaveLength(1);
    expect(view.numbers).toMatchObject({
      faces: '6',
      free: '5',
      missing: String(never[0] + 1),
      unseen: '0.0000',
      'log-unseen': '−∞',
      further: '−∞',
      'first-count': String(rolls.filter((face) => face === 0).length),
      images: '16',
      'image-numbers': '15',
    });
    // At equal shares every roll has probability one sixth.
    expect(view.numbers.score).toBe(`−${(20 * Math.log(6)).toFixed(2)}`);
  });

  it('follow a link: a guess, another number of faces, smoothing', async () => {
    const { view } = await openChapter('die', 'faces=3&rolls=30&guess=5000.3000&seen=12&imagined=1');
    const chances = chancesOf(9, 3);
    const rolls = [...rollsOf(9, chances, 30)];
    const score = rolls.reduce((sum, face) => sum + Math.log([0.5, 0.3, 0.2][face]), 0);
    expect(view.numbers).toMatchObject({
      free: '2',
      last: '0.200',
      rest: '0.800',
      first: '0.500',
      score: `−${Math.abs(score).toFixed(2)}`,
      unseen: (1 / 15).toFixed(4),
    });
    const seen = rolls.slice(0, 12);
    const later = [...rollsOf(9, chances, 100, 2000)].reduce(
      (sum, face) => sum + Math.log((seen.filter((each) => each === face).length + 1) / 15),
      0,
    );
    expect(view.numbers.further).toBe(`−${Math.abs(later).toFixed(2)}`);
    expect(view.judge('numbers', '2')).toBe(true);
    expect(view.judge('numbers', '3')).toBe(false);
  });

  it('reach the goals: shares as the guess, enough rolls, about one imagined roll', async () => {
    const rolls = [...rollsOf(9, chancesOf(9, 6), 20)];
    const guess = [0, 1, 2, 3, 4].map((face) => (rolls.filter((each) => each === face).length * STEPS) / 20);
    const { view } = await openChapter('die', `guess=${guess.join('.')}`);
    expect(view.numbers.score).toBe(view.numbers.best);
    expect(view.reached('top')).toBe(true);
    expect(view.reached('all')).toBe(false);
    expect((await openChapter('die', 'rolls=200')).view.reached('all')).toBe(true);
    expect((await openChapter('die', 'imagined=1')).view.reached('smooth')).toBe(true);
  });
});

describe('a number below its bar', () => {
  it('has room among twelve faces', () => {
    expect(shownBelow(0.0833, 6)).toBe('0.083');
    expect(shownBelow(0.0833, 12)).toBe('.08');
    expect(shownBelow(1, 12)).toBe('1.00');
    expect([timesBelow(177, 8), timesBelow(177, 12)]).toEqual(['×177', '177']);
  });
});
