import { describe, expect, it } from 'vitest';
import { MNIST_GRID, sliceImages, unpackImage } from '../../../src/data/images.ts';
import { NEIGHBOUR_OFFSETS, parentsOf, tableStarts } from '../../../src/models/bayes-net/parents.ts';
import { countTables, logLikelihood, logits, reference } from '../../../src/models/bayes-net/reference.ts';
import { sigmoid } from '../../../src/models/math.ts';
import { findFamily } from '../../../src/models/registry.ts';
import { plainSample, randomImages, randomModel } from './families.ts';

const GRID = { width: 7, height: 6 };
const HYPER = { k: 10, prior: 0, strength: 1 };

describe('parents', () => {
  it('are earlier pixels, none twice, for every k', () => {
    for (let k = 1; k <= NEIGHBOUR_OFFSETS.length; k++) {
      parentsOf('neighbours', GRID, { k }).forEach((parents, pixel) => {
        expect(parents.every((parent) => parent >= 0 && parent < pixel)).toBe(true);
        expect(new Set(parents).size).toBe(parents.length);
        expect(parents.length).toBeLessThanOrEqual(k);
      });
    }
  });

  it('come in the order that the tables are indexed by', () => {
    // Row 3, column 3 of a 7-wide grid is pixel 24, with room on every side.
    expect(parentsOf('neighbours', GRID, { k: 14 })[24]).toEqual([
      23, 17, 16, 18, 22, 10, 19, 15, 11, 9, 21, 12, 8, 3,
    ]);
    // Row 1, column 0: nothing to the left, nothing two rows up.
    expect(parentsOf('neighbours', GRID, { k: 14 })[7]).toEqual([0, 1, 2]);
    expect(parentsOf('independent', GRID, {}).flat()).toEqual([]);
  });

  it('give the tables of a digit 784 to 586,000 numbers', () => {
    expect(findFamily('independent')!.parameterCount(MNIST_GRID, {})).toBe(784);
    expect(findFamily('neighbours')!.parameterCount(MNIST_GRID, { k: 1 })).toBe(2 * 784 - 28);
    const starts = tableStarts(parentsOf('neighbours', MNIST_GRID, HYPER));
    expect(findFamily('neighbours')!.parameterCount(MNIST_GRID, HYPER)).toBe(starts[784]);
    // All ten lie inside for rows 2 to 27 and columns 2 to 25.
    expect(starts[784]).toBeGreaterThan(26 * 24 * 1024);
  });

  it('refuse grids whose tables fit nowhere, and families of other folders', () => {
    const spec = findFamily('neighbours')!;
    expect(spec.refuses!({ width: 100, height: 100 }, { k: 14 })).toMatch(/^grid: 100 x 100/);
    expect(() => parentsOf('fvsbn', GRID, {})).toThrow(/fvsbn/);
  });
});

describe.each([
  ['independent', { strength: 1 }],
  ['independent', { strength: 2.5 }],
  ['neighbours', { k: 1, prior: 0, strength: 1 }],
  ['neighbours', { k: 6, prior: 1, strength: 0.3 }],
  ['neighbours', { k: 10, prior: 0, strength: 1 }],
  ['neighbours', { k: 14, prior: 1, strength: 4 }],
] as const)('%s %o', (family, hyper) => {
  it('counts as the plain loops do, in whatever pieces', () => {
    const images = randomImages(GRID, 300, 0.35);
    const counter = reference.counter!(family, GRID, hyper);
    counter.add(sliceImages(images, 0, 100));
    counter.add(sliceImages(images, 100, 0));
    counter.add(sliceImages(images, 100, 200));
    const fast = counter.finish().logit;
    const plain = countTables(family, GRID, hyper, images).logit;
    expect(fast.length).toBe(plain.length);
    fast.forEach((value, at) => expect(Math.abs(value - plain[at])).toBeLessThan(1e-6));
  });

  it('scores and reads as the plain loops do', () => {
    const model = randomModel(family, GRID, 4, 1, hyper);
    const images = randomImages(GRID, 80, 0.35);
    const opened = reference.open(model);
    const logs = opened.logLikelihood(images);
    const read = opened.conditionalLogits(images);
    for (let m = 0; m < 80; m++) {
      const x = unpackImage(images, m);
      expect(Math.abs(logs[m] - logLikelihood(model, x))).toBeLessThan(1e-9);
      expect(read.subarray(m * 42, m * 42 + 42)).toEqual(Float32Array.from(logits(model, x)));
    }
  });

  it('samples what the plain loops would', () => {
    const model = randomModel(family, GRID, 2, 1, hyper);
    const sampler = reference.open(model).sampler({ seed: 9, first: 3, count: 4, temperature: 0.7 });
    sampler.advance(42);
    for (let m = 0; m < 4; m++) {
      expect([...unpackImage(sampler.images, m)]).toEqual(
        plainSample((x) => logits(model, x), 42, 9, 3 + m, 0.7),
      );
    }
  });
});

describe('smoothing', () => {
  it('adds half a count per outcome by default', () => {
    const images = randomImages(GRID, 50, 0.4);
    const counter = reference.counter!('independent', GRID, { strength: 1 });
    counter.add(images);
    let on = 0;
    for (let m = 0; m < 50; m++) on += unpackImage(images, m)[20];
    expect(sigmoid(counter.finish().logit[20])).toBeCloseTo((on + 0.5) / 51, 6);
  });

  it('gives what no image showed the prior: even odds, or the mean of the pixel', () => {
    const images = randomImages(GRID, 50, 0);
    for (const [prior, p] of [
      [0, 0.5],
      [1, 0.5 / 51],
    ] as const) {
      const counter = reference.counter!('neighbours', GRID, { ...HYPER, prior });
      counter.add(images);
      expect(sigmoid(counter.finish().logit.at(-1)!)).toBeCloseTo(p, 6);
    }
  });
});
