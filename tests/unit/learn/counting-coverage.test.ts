import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { getPixel, packImages } from '../../../src/data/images.ts';
import {
  drawsForAll,
  expectedDistinct,
  expectedKnown,
  fillingAfter,
  firstAlike,
} from '../../../src/learn/05-counting/coverage.ts';
import { INKED_FROM, smallDigits } from '../../../src/learn/figures/small-digits.ts';

describe('draws from equally likely images', () => {
  /** All sequences of `draws` from `images`, each as likely. */
  const sequences = (images: number, draws: number): number[][] =>
    draws === 0
      ? [[]]
      : sequences(images, draws - 1).flatMap((before) =>
          Array.from({ length: images }, (_, next) => [...before, next]),
        );
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

  it.each([
    [1, 3],
    [2, 5],
    [3, 4],
    [4, 6],
  ])('fill of %i images in %i draws what enumeration says', (images, draws) => {
    const all = sequences(images, draws);
    expect(expectedDistinct(images, draws)).toBeCloseTo(mean(all.map((each) => new Set(each).size)), 12);
    const last = sequences(images, draws + 1);
    const repeats = last.map((each) => Number(each.slice(0, -1).includes(each[draws])));
    expect(expectedKnown(images, draws)).toBeCloseTo(mean(repeats), 12);
  });

  it('fill one image a draw where there are 2^784', () => {
    expect(expectedDistinct(2 ** 784, 900)).toBeCloseTo(900, 9);
    expect(expectedKnown(2 ** 784, 900)).toBeGreaterThan(0);
  });

  it('take 2 (1 + 1/2) = 3 for two images, and what inclusion and exclusion say for more', () => {
    expect(drawsForAll(1)).toBe(1);
    expect(drawsForAll(2)).toBe(3);
    // The mean is the sum over m of p(not all after m draws); k given images are all missing with (1 - k/N)^m.
    for (const images of [3, 6, 12]) {
      let draws = 0;
      for (let k = 1, choose = 1; k <= images; k++) {
        choose *= (images - k + 1) / k;
        draws += (k % 2 === 1 ? 1 : -1) * choose * (images / k);
      }
      expect(drawsForAll(images)).toBeCloseTo(draws, 8);
    }
    // N (ln N + Euler's constant) + 1/2 for many.
    expect(drawsForAll(512)).toBeCloseTo(512 * (Math.log(512) + 0.5772156649) + 0.5, 3);
  });
});

describe('the filling of the table', () => {
  it('counts images once, and the digits to come that show one of them', () => {
    expect(fillingAfter([0, 1, 0, 3, 1, 5], 3)).toEqual({ seen: 3, distinct: 2, rest: 3, known: 1 });
    expect(fillingAfter([0, 1], 0)).toEqual({ seen: 0, distinct: 0, rest: 2, known: 0 });
    expect(fillingAfter([0, 0], 2)).toEqual({ seen: 2, distinct: 1, rest: 0, known: 0 });
    expect(() => fillingAfter([0], 2)).toThrow(RangeError);
  });

  it('tells images apart by every pixel', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.boolean(), { minLength: 36, maxLength: 36 }), { maxLength: 12 }),
        (rows) => {
          const images = packImages({ width: 6, height: 6 }, rows.flat().map(Number));
          const texts = rows.map(String);
          expect([...firstAlike(images)]).toEqual(texts.map((each) => texts.indexOf(each)));
        },
      ),
    );
  });
});

describe('digits on a small grid', () => {
  it('have ink where at least an eighth of the area has', () => {
    const area = 14 * 14;
    const pixels = new Uint8Array(784);
    // The first quarter just enough, the second one level less, the third full, the last blank.
    const set = (row: number, column: number, level: number): void => {
      for (let y = 0; y < 14; y++) for (let x = 0; x < 14; x++) pixels[(row + y) * 28 + column + x] = level;
    };
    set(0, 0, INKED_FROM);
    set(0, 14, INKED_FROM - 1);
    set(14, 0, 255);
    const small = smallDigits(
      { grid: { width: 28, height: 28 }, count: 1, pixels, labels: null },
      { width: 2, height: 2 },
    );
    expect([0, 1, 2, 3].map((pixel) => getPixel(small, 0, pixel))).toEqual([1, 0, 1, 0]);
    expect(INKED_FROM * 8).toBe(256);
    expect(area).toBe(196);
  });
});
