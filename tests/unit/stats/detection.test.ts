import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  auroc,
  calibrate,
  DETECTORS,
  inDistributionScore,
  findings,
  quantile,
  referenceOf,
  shareAtMost,
  shareBelow,
  typicality,
} from '../../../src/stats/detection.ts';
import { packImages, sliceImages, unpackImage } from '../../../src/data/images.ts';
import {
  baselineImages,
  BASELINE_IMAGES,
  type BaselineImage,
  withFirst,
} from '../../../src/data/baseline-images.ts';
import { threefry2x32 } from '../../../src/data/rng.ts';

/** 0, 1, 2, ... 99: a reference whose ranks are its values. */
const HUNDRED = referenceOf(Array.from({ length: 100 }, (_, i) => 99 - i));

describe('the rank among reference scores', () => {
  it('is the share of scores below, and of scores at most as large', () => {
    expect(shareBelow(HUNDRED, 7)).toBe(0.07);
    expect(shareAtMost(HUNDRED, 7)).toBe(0.08);
    expect([shareBelow(HUNDRED, -1), shareAtMost(HUNDRED, 1000)]).toEqual([0, 1]);
    expect(quantile(HUNDRED, 0.5)).toBe(49.5);
    const tied = referenceOf([1, 2, 2, 2, 3]);
    expect([shareBelow(tied, 2), shareAtMost(tied, 2)]).toEqual([0.2, 0.8]);
  });

  it('is typical in the middle and atypical at both ends', () => {
    expect(typicality(HUNDRED, 49.5)).toBe(1);
    expect(typicality(HUNDRED, 2)).toBeCloseTo(0.06);
    expect(typicality(HUNDRED, 97)).toBeCloseTo(0.06);
    expect([-5, 500].map((value) => typicality(HUNDRED, value))).toEqual([0, 0]);
    // All equal: one more of the same is typical.
    expect(typicality(referenceOf([4, 4, 4]), 4)).toBe(1);
  });

  it('refuses an empty reference and NaN', () => {
    expect(() => referenceOf([])).toThrow(RangeError);
    expect(() => referenceOf([1, NaN])).toThrow(RangeError);
  });
});

describe('the detectors', () => {
  // log p from -300 to -101 among digits, the background explaining half of it.
  const logLikelihood = Array.from({ length: 200 }, (_, i) => -300 + i);
  const background = logLikelihood.map((nats, i) => nats / 2 - (i % 7));
  const calibration = calibrate({ logLikelihood, background });
  const [blank, noise, texture, digit] = findings(calibration, {
    logLikelihood: [-10, -900, -200, -200],
    background: [-9, -300, -20, -101],
  });

  it('miss a blank image by one tail of log p, and flag it by both', () => {
    expect(blank.flags).toMatchObject({ 'log p': false, typicality: true });
    expect(blank.pValues).toMatchObject({ 'log p': 1, typicality: 0 });
    expect(blank.flagged).toBe(true);
  });

  it('flag noise, and an image that its texture alone explains', () => {
    expect(noise.flags).toEqual({ 'log p': true, typicality: true, ratio: true });
    expect(texture.flags).toEqual({ 'log p': false, typicality: false, ratio: true });
    expect(digit.flagged).toBe(false);
    expect(digit.ratio).toBe(-99);
  });

  it('flag a ratio that is too large, too', () => {
    const [finding] = findings(calibration, { logLikelihood: [-200], background: [-900] });
    expect(finding.flags).toEqual({ 'log p': false, typicality: false, ratio: true });
    expect(finding.place.ratio).toBe(1);
  });

  it('leave the decision to typicality and ratio', () => {
    expect(inDistributionScore(blank, 'either')).toBe(0);
    expect(inDistributionScore(blank, 'log p')).toBe(-10);
    for (const by of DETECTORS)
      expect(inDistributionScore(digit, by)).toBeGreaterThan(inDistributionScore(noise, by));
  });

  it('flag few of the images that they were calibrated on', () => {
    const own = findings(calibration, { logLikelihood, background });
    const flagged = DETECTORS.map((by) => own.filter(({ flags }) => flags[by]).length);
    // Of 200, less than a hundredth in every tail.
    expect(flagged).toEqual([1, 2, 2]);
  });
});

describe('the area under the curve', () => {
  it('is the share of correctly ordered pairs, ties counting half', () => {
    const [inside, outside] = [
      [3, 5, 5, 9],
      [1, 5, 6],
    ];
    let right = 0;
    for (const a of inside) for (const b of outside) right += a > b ? 1 : a === b ? 0.5 : 0;
    expect(auroc(inside, outside).area).toBe(right / 12);
    expect(auroc([2, 3], [0, 1])).toMatchObject({ area: 1, standardError: 0, inside: 2, outside: 2 });
    expect(auroc([1], [1, 1]).area).toBe(0.5);
  });

  it('is 1 minus itself with the two sides exchanged', () => {
    const numbers = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(numbers, numbers, (a, b) => Math.abs(auroc(a, b).area + auroc(b, a).area - 1) < 1e-12),
    );
  });

  it('has the standard error of Hanley and McNeil', () => {
    const inside = [...Array<number>(51).fill(1)];
    const outside = [...Array<number>(29).fill(0), ...Array<number>(29).fill(1)];
    const area = 0.75;
    const [q1, q2] = [area / (2 - area), (2 * area ** 2) / (1 + area)];
    const variance = (area * (1 - area) + 57 * (q1 - area ** 2) + 50 * (q2 - area ** 2)) / (51 * 58);
    const found = auroc(inside, outside);
    expect(found.area).toBe(area);
    expect(found.standardError).toBeCloseTo(Math.sqrt(variance), 12);
  });

  it('has a standard error close to the deviation over repeated draws', () => {
    const pair = new Uint32Array(2);
    const areas = Array.from({ length: 200 }, (_, turn) => {
      const draw = (shift: number) =>
        Array.from({ length: 40 }, (_, i) => {
          threefry2x32(3, turn, i, shift, pair);
          // A normal number (Box and Muller).
          return shift + Math.sqrt(-2 * Math.log((pair[0] + 0.5) / 2 ** 32)) * Math.cos(pair[1] * 1.4629e-9);
        });
      return auroc(draw(1), draw(0));
    });
    const mean = areas.reduce((sum, { area }) => sum + area, 0) / 200;
    const spread = Math.sqrt(areas.reduce((sum, { area }) => sum + (area - mean) ** 2, 0) / 199);
    expect(mean).toBeCloseTo(0.76, 1);
    expect(areas[0].standardError / spread).toBeGreaterThan(0.75);
    expect(areas[0].standardError / spread).toBeLessThan(1.33);
  });
});

describe('baseline images', () => {
  const grid = { width: 10, height: 9 };
  const drawing = packImages(
    grid,
    Uint8Array.from({ length: 90 }, (_, i) => Number(i % 10 > 3 && i % 10 < 6)),
  );
  const made = baselineImages(drawing, 5);
  const of = (baselineImage: BaselineImage) => [...unpackImage(made, BASELINE_IMAGES.indexOf(baselineImage))];
  const ink = (bits: readonly number[]) => bits.reduce((sum, bit) => sum + bit, 0);
  const own = [...unpackImage(drawing, 0)];

  it('match their names', () => {
    expect(made.count).toBe(BASELINE_IMAGES.length);
    expect(ink(of('blank'))).toBe(0);
    expect(ink(of('all ink'))).toBe(90);
    expect(of('inverted')).toEqual(own.map((bit) => 1 - bit));
    expect(ink(of('shuffled'))).toBe(18);
    expect(of('shuffled')).not.toEqual(own);
    expect(Math.abs(ink(of('matched noise')) - 18)).toBeLessThan(4 * Math.sqrt(90 * 0.2 * 0.8));
    expect(Math.abs(ink(of('coin noise')) - 45)).toBeLessThan(4 * Math.sqrt(90 / 4));
    // The padding of the last word stays blank.
    expect(made.words[3 * BASELINE_IMAGES.indexOf('all ink') + 2] >>> 26).toBe(0);
  });

  it('are equal for equal seeds, and differ for others', () => {
    expect(baselineImages(drawing, 5).words).toEqual(made.words);
    expect(baselineImages(drawing, 6).words).not.toEqual(made.words);
  });

  it('follow the drawing', () => {
    const all = withFirst(drawing, made);
    expect(all.count).toBe(1 + BASELINE_IMAGES.length);
    expect([...unpackImage(all, 0)]).toEqual(own);
    expect(sliceImages(all, 1, made.count).words).toEqual(made.words);
    expect(() => withFirst(drawing, baselineImages(packImages({ width: 9, height: 10 }, own), 1))).toThrow(
      RangeError,
    );
  });
});
