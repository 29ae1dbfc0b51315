import { describe, expect, it } from 'vitest';
import { getPixel, MNIST_GRID, pixelCount, sliceImages, unpackImage } from '../../../src/data/images.ts';
import { allImages } from '../../../src/data/enumerate.ts';
import { referenceOf } from '../../../src/engine/backends/references.ts';
import { NEIGHBOUR_OFFSETS, parentsOf } from '../../../src/models/bayes-net/parents.ts';
import { countTables, logLikelihood, tableIndex } from '../../../src/models/bayes-net/reference.ts';
import { findFamily } from '../../../src/models/registry.ts';
import { randomImages, randomModel } from './families.ts';

const GRID = { width: 6, height: 5 };
const spec = findFamily('texture')!;

describe('shared neighbours', () => {
  it('are one table, whatever the grid', () => {
    for (const k of [1, 6, 14]) {
      expect(spec.parameterCount(MNIST_GRID, { k })).toBe(2 ** k);
      expect(spec.parameterCount(GRID, { k })).toBe(2 ** k);
    }
  });

  it('read places outside the grid as off, and each place as its own bit', () => {
    const ink = new Uint8Array(30).fill(1);
    // Row 0, column 0 sees nothing; row 0, column 2 sees left and two left; row 1, column 5 neither up-right nor two up.
    const entryOf = (k: number, pixel: number) => tableIndex(parentsOf('texture', GRID, { k })[pixel], ink);
    expect([0, 2, 11].map((pixel) => entryOf(7, pixel))).toEqual([0, 0b10001, 0b0010111]);
    expect(entryOf(14, 21)).toBe(2 ** 14 - 1);
  });

  it('are looked up and counted as they are defined, however many they are', () => {
    const images = randomImages(GRID, 12, 0.5);
    for (let k = 1; k <= NEIGHBOUR_OFFSETS.length; k++) {
      const model = randomModel('texture', GRID, 2, k, { k });
      const logs = referenceOf('texture').open(model).logLikelihood(images);
      logs.forEach((nats, m) => expect(nats).toBeCloseTo(logLikelihood(model, unpackImage(images, m)), 4));
      const counter = referenceOf('texture').counter!('texture', GRID, model.hyper);
      counter.add(images);
      const plain = countTables('texture', GRID, model.hyper, images);
      counter.finish().logit.forEach((z, entry) => expect(z).toBeCloseTo(plain.logit[entry], 5));
    }
  });

  it('give every pixel the part of the table that it can reach', () => {
    const model = randomModel('texture', GRID, 2, 3, { k: 9 });
    const images = randomImages(GRID, 20, 0.5);
    const logits = referenceOf('texture').open(model).conditionalLogits(images);
    const n = pixelCount(GRID);
    for (let pixel = 0; pixel < n; pixel++) {
      const { parents, logits: own } = spec.tableOf!(model, pixel);
      expect(own.length).toBe(2 ** parents.length);
      expect(parents.every((parent) => parent < pixel)).toBe(true);
      for (let m = 0; m < images.count; m++) {
        const entry = parents.reduce((sum, parent, b) => sum + getPixel(images, m, parent) * 2 ** b, 0);
        expect(own[entry]).toBe(logits[m * n + pixel]);
      }
    }
  });

  it('are summed over image by image where hidden pixels are few, a single neighbour included', () => {
    const grid = { width: 3, height: 3 };
    const image = randomImages(grid, 1, 0.5);
    const known = { grid, count: 1, words: Uint32Array.of(0b101101001) };
    for (const k of [1, 3]) {
      const model = referenceOf('texture').open(randomModel('texture', grid, 2, 5, { k }));
      const all = allImages(grid);
      const nats = model.logLikelihood(all);
      const sum = [...all.words].reduce(
        (total, x, m) => (((x ^ image.words[0]) & known.words[0]) === 0 ? total + Math.exp(nats[m]) : total),
        0,
      );
      expect(model.marginal!.logMarginal(image, known)[0]).toBeCloseTo(Math.log(sum), 9);
    }
  });

  it('find a stroke as likely wherever it lies, away from the edges', () => {
    const grid = { width: 16, height: 16 };
    const opened = referenceOf('texture').open(randomModel('texture', grid, 2, 4, { k: 14 }));
    const at = (row: number, column: number) => {
      const images = randomImages(grid, 1, 0);
      const words = images.words.fill(0);
      for (const [down, right] of [
        [0, 0],
        [1, 0],
        [1, 1],
        [2, 1],
      ]) {
        const pixel = (row + down) * 16 + column + right;
        words[pixel >> 5] |= 1 << (pixel & 31);
      }
      return opened.logLikelihood(sliceImages({ ...images, words }, 0, 1))[0];
    };
    expect(at(4, 4)).toBeCloseTo(at(8, 9), 9);
  });
});
