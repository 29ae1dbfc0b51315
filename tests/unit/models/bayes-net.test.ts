import { describe, expect, it } from 'vitest';
import type { Grid } from '../../../src/data/images.ts';
import { MNIST_GRID, pixelCount, sliceImages, unpackImage } from '../../../src/data/images.ts';
import { indexRange, randomWords, Stream, streamKey, uniform } from '../../../src/data/rng.ts';
import { structureOf } from '../../../src/models/bayes-net/layout.ts';
import { NEIGHBOUR_OFFSETS, parentsOf, tableStarts } from '../../../src/models/bayes-net/parents.ts';
import { countTables, logLikelihood, logits, reference } from '../../../src/models/bayes-net/reference.ts';
import { sigmoid } from '../../../src/models/shared/math.ts';
import { findFamily, folderSpec } from '../../../src/models/registry.ts';
import type { Hyper, Model } from '../../../src/models/model.ts';
import { worst } from '../../worst.ts';
import { numbers, randomImages } from './families.ts';

const GRID = { width: 7, height: 6 };
const FULL = { width: 4, height: 3 };
const HYPER = { k: 10, prior: 0, strength: 1 };

/** A model of the family with random numbers; of the tree's parents some name no pixel and some close cycles. */
function classModel(family: string, grid: Grid, hyper: Hyper, scale: number): Model {
  const next = numbers(1);
  const n = pixelCount(grid);
  const tensors = Object.fromEntries(
    folderSpec(family)
      .tensors(grid, hyper)
      .map(({ name, shape }) => {
        const length = shape.reduce((product, side) => product * side, 1);
        const draw = () => (name === 'parent' ? 1.2 * n * next() - 0.1 * n : (2 * next() - 1) * scale);
        return [name, Float32Array.from({ length }, draw)];
      }),
  );
  return { family, grid, hyper, tensors };
}

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
    // Row 3, column 3 of a 7-wide grid is pixel 24, with neighbours on every side.
    expect(parentsOf('neighbours', GRID, { k: 14 })[24]).toEqual([
      23, 17, 16, 18, 22, 10, 19, 15, 11, 9, 21, 12, 8, 3,
    ]);
    // Row 1, column 0: nothing to the left, nothing two rows up.
    expect(parentsOf('neighbours', GRID, { k: 14 })[7]).toEqual([0, 1, 2]);
    expect(parentsOf('independent', GRID, {}).flat()).toEqual([]);
    expect(parentsOf('naive-bayes', GRID, {}).flat()).toEqual([]);
    // The chain runs through the ends of the rows.
    expect(parentsOf('chain', GRID, { direction: 0 }).slice(0, 9)).toEqual([
      [],
      [0],
      [1],
      [2],
      [3],
      [4],
      [5],
      [6],
      [7],
    ]);
    expect(parentsOf('chain', GRID, { direction: 1 }).slice(5, 9)).toEqual([[], [], [0], [1]]);
    // The index into a table of the full joint is the image so far, read as a binary number.
    expect(parentsOf('full-joint', FULL, {})[5]).toEqual([0, 1, 2, 3, 4]);
  });

  it('give the tables of a digit 784 to 586,000 numbers', () => {
    expect(findFamily('independent')!.parameterCount(MNIST_GRID, {})).toBe(784);
    expect(findFamily('neighbours')!.parameterCount(MNIST_GRID, { k: 1 })).toBe(2 * 784 - 28);
    const starts = tableStarts(parentsOf('neighbours', MNIST_GRID, HYPER));
    expect(findFamily('neighbours')!.parameterCount(MNIST_GRID, HYPER)).toBe(starts[784]);
    // All ten lie inside for rows 2 to 27 and columns 2 to 25.
    expect(starts[784]).toBeGreaterThan(26 * 24 * 1024);
  });

  it('give each family the number of parameters of its formula', () => {
    const count = (family: string, hyper: Hyper, grid: Grid) =>
      folderSpec(family).parameterCount(grid, hyper);
    expect(count('chain', { direction: 0 }, MNIST_GRID)).toBe(2 * 784 - 1);
    expect(count('chain', { direction: 1 }, MNIST_GRID)).toBe(2 * 784 - 28);
    expect(count('tree', {}, MNIST_GRID)).toBe(2 * 784 - 1);
    expect(count('full-joint', {}, { width: 4, height: 4 })).toBe(65_535);
    expect(findFamily('naive-bayes')!.parameterCount(MNIST_GRID, { strength: 1 })).toBe(10 * 784 + 9);
  });

  it('refuse a full joint of more than 16 pixels, and trees with too many pairs', () => {
    const joint = findFamily('full-joint')!;
    expect(joint.refuses!({ width: 4, height: 4 }, {})).toBeNull();
    expect(joint.refuses!({ width: 17, height: 1 }, {})).toMatch(/^grid: .*2\^n - 1 is out of reach/);
    expect(findFamily('tree')!.refuses!({ width: 64, height: 64 }, {})).toBeNull();
    expect(findFamily('tree')!.refuses!({ width: 65, height: 64 }, {})).toMatch(/^grid: 65 x 64/);
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
  ['naive-bayes', { strength: 1 }],
  ['chain', { direction: 0, strength: 1 }],
  ['chain', { direction: 1, strength: 0.3 }],
  ['neighbours', { k: 1, prior: 0, strength: 1 }],
  ['neighbours', { k: 6, prior: 1, strength: 0.3 }],
  ['neighbours', { k: 10, prior: 0, strength: 1 }],
  ['neighbours', { k: 14, prior: 1, strength: 4 }],
  ['tree', { strength: 1 }],
  ['tree', { strength: 0.2 }],
  ['full-joint', { strength: 1 }],
  ['full-joint', { strength: 30 }],
] as const)('%s %o', (family, hyper) => {
  const grid = family === 'full-joint' ? FULL : GRID;
  const n = pixelCount(grid);

  // Around a word of images, around the block of the pair counter, and beyond it.
  it.each([1, 31, 33, 300, 1023, 1300])(
    'counts %i images as the plain loops do, in whatever pieces',
    (count) => {
      const images = randomImages(grid, count, 0.35, count);
      const counter = reference.counter!(family, grid, hyper);
      const cut = Math.floor(count / 3);
      counter.add(sliceImages(images, 0, cut));
      counter.add(sliceImages(images, cut, 0));
      counter.add(sliceImages(images, cut, count - cut));
      const fast = counter.finish();
      const plain = countTables(family, grid, hyper, images);
      expect(Object.keys(fast)).toEqual(Object.keys(plain));
      for (const [name, values] of Object.entries(plain)) {
        expect(fast[name].length).toBe(values.length);
        expect(worst(fast[name], values), name).toBeLessThan(1e-6);
      }
    },
  );

  it('scores and reads as the plain loops do', () => {
    const model = classModel(family, grid, hyper, 4);
    const images = randomImages(grid, 80, 0.35);
    const opened = reference.open(model);
    const logs = opened.logLikelihood(images);
    const read = opened.conditionalLogits(images);
    for (let m = 0; m < 80; m++) {
      const x = unpackImage(images, m);
      expect(Math.abs(logs[m] - logLikelihood(model, x))).toBeLessThan(1e-9);
      expect(read.subarray(m * n, m * n + n)).toEqual(Float32Array.from(logits(model, x)));
    }
  });

  it('samples what the plain loops would', () => {
    const model = classModel(family, grid, hyper, 2);
    const { order } = structureOf(model);
    const sampler = reference.open(model).sampler({ seed: 9, indices: indexRange(3, 4), temperature: 0.7 });
    sampler.advance(n);
    for (let m = 0; m < 4; m++) {
      const words = new Uint32Array(n);
      randomWords(9, streamKey(Stream.sample), 3 + m, words);
      const x = new Uint8Array(n);
      order.forEach((pixel, place) => {
        x[pixel] = Number(uniform(words[place]) < sigmoid(logits(model, x)[pixel] / 0.7));
      });
      expect(unpackImage(sampler.images, m)).toEqual(x);
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

  it('of the full joint is that of whole images, whatever its strength', () => {
    const grid = { width: 4, height: 4 };
    const images = randomImages(grid, 500, 0.3);
    const shown = new Map<number, number>();
    for (const word of images.words) shown.set(word, (shown.get(word) ?? 0) + 1);
    expect(Math.max(...shown.values())).toBeGreaterThan(1);
    const every = { grid, count: 65_536, words: Uint32Array.from({ length: 65_536 }, (_, word) => word) };
    for (const strength of [0.01, 1, 100]) {
      const counter = reference.counter!('full-joint', grid, { strength });
      counter.add(images);
      const tensors = counter.finish();
      const logs = reference
        .open({ family: 'full-joint', grid, hyper: { strength }, tensors })
        .logLikelihood(every);
      const share = (word: number) => ((shown.get(word) ?? 0) + strength / 65_536) / (500 + strength);
      const error = logs.reduce(
        (most, nats, word) => Math.max(most, Math.abs(nats - Math.log(share(word)))),
        0,
      );
      // Sixteen logits of up to 25, in f32.
      expect(error).toBeLessThan(2e-5);
    }
  });
});
