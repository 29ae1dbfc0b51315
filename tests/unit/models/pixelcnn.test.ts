import { describe, expect, it } from 'vitest';
import {
  MNIST_GRID,
  pixelCount,
  setPixel,
  sliceImages,
  unpackImage,
  type Grid,
} from '../../../src/data/images.ts';
import { openCpu } from '../../../src/models/pixelcnn/cpu.ts';
import { freeSize, layerSize, layersOf, LIMIT } from '../../../src/models/pixelcnn/layout.ts';
import {
  definition,
  initialise,
  logLikelihood,
  logits,
  reference,
} from '../../../src/models/pixelcnn/reference.ts';
import { sigmoid } from '../../../src/models/shared/math.ts';
import { folderSpec } from '../../../src/models/registry.ts';
import type { Model, Tensors } from '../../../src/models/model.ts';
import { plainSample, randomImages, randomModel } from './families.ts';

const FAMILY = 'pixelcnn';
const SMALL: Grid = { width: 3, height: 3 };
const ODD: Grid = { width: 9, height: 7 };

/** Weights of the size that training begins with, biases and masked ones included. */
function model(grid: Grid, blocks: number, scale = 0.3): Model {
  return randomModel(FAMILY, grid, scale, 1, { blocks });
}

function zerosLike(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, new Float32Array(t.length)]));
}

describe('parameters', () => {
  it('are those of the published net, and the masks leave 37,409 of them free', () => {
    expect(folderSpec(FAMILY).parameterCount(MNIST_GRID, { blocks: 15 })).toBe(53_569);
    const free = (blocks: number) =>
      layersOf(blocks).reduce((sum, { layer, copies }) => sum + copies * freeSize(layer), 0);
    expect(free(15)).toBe(37_409);
    for (const blocks of [1, 15]) {
      expect(folderSpec(FAMILY).parameterCount(SMALL, { blocks })).toBe(2689 + 3392 * blocks);
      expect(free(blocks)).toBe(1889 + 2368 * blocks);
    }
  });

  it('that are masked change nothing and have no gradient', () => {
    const given = model(ODD, 2);
    const tensors = Object.fromEntries(
      layersOf(2).map(({ name, layer }) => {
        const size = layerSize(layer);
        return [name, given.tensors[name].map((v, at) => (isFree(layer, at % size) ? v : 1e3))];
      }),
    );
    const other = { ...given, tensors };
    const images = randomImages(ODD, 4, 0.3);
    expect(other.tensors.middle).not.toEqual(given.tensors.middle);
    expect(reference.open(other).logLikelihood(images)).toEqual(reference.open(given).logLikelihood(images));
    expect(logits(other, unpackImage(images, 1))).toEqual(logits(given, unpackImage(images, 1)));
    const [fast, plain] = [zerosLike(tensors), zerosLike(tensors)];
    reference.openGradient!(other).gradient(images, fast);
    definition.gradient!(other, images, plain);
    for (const { name, layer } of layersOf(2)) {
      const size = layerSize(layer);
      const masked = (gradient: Float32Array) => gradient.filter((_, at) => !isFree(layer, at % size));
      expect(masked(fast[name]).every((value) => value === 0)).toBe(true);
      expect(masked(plain[name]).every((value) => value === 0)).toBe(true);
    }
  });
});

function isFree({ taps, inputs, outputs, size }: ReturnType<typeof layersOf>[number]['layer'], at: number) {
  return at < taps.length * inputs * outputs || at >= size * inputs * outputs;
}

describe.each([
  [{ width: 1, height: 1 }, 1],
  [SMALL, 3],
  [{ width: 1, height: 12 }, 2],
  [{ width: 17, height: 2 }, 2],
  [ODD, 4],
  [ODD, 15],
  [MNIST_GRID, 2],
] as const)('on %o with %i blocks', (grid, blocks) => {
  const n = pixelCount(grid);
  const given = model(grid, blocks, 0.2);
  const images = randomImages(grid, 5, 0.25);
  const opened = reference.open(given);

  it('scores and reads as the plain loops do', () => {
    const scores = opened.logLikelihood(images);
    const read = opened.conditionalLogits(images);
    for (let m = 0; m < 5; m++) {
      const x = unpackImage(images, m);
      expect(Math.abs(scores[m] - logLikelihood(given, x))).toBeLessThan(1e-4);
      logits(given, x).forEach((z, i) => {
        expect(Math.abs(read[m * n + i] - z)).toBeLessThan(1e-6 * Math.max(1, Math.abs(z)));
      });
    }
  });

  it('has the gradient of the plain loops', () => {
    const batch = sliceImages(images, 1, n > 500 ? 2 : 4);
    const [fast, plain] = [zerosLike(given.tensors), zerosLike(given.tensors)];
    for (const gradient of Object.values(fast)) gradient.fill(7);
    const loss = reference.openGradient!(given).gradient(batch, fast);
    expect(Math.abs(loss / definition.gradient!(given, batch, plain) - 1)).toBeLessThan(1e-9);
    for (const name of Object.keys(plain)) {
      const largest = plain[name].reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
      const apart = plain[name].reduce((most, v, at) => Math.max(most, Math.abs(v - fast[name][at])), 0);
      expect(apart / largest).toBeLessThan(1e-6);
    }
  });

  it('samples what the plain loops would, at once and in pieces', () => {
    const indices = Uint32Array.of(70_000, 4);
    const pieces = opened.sampler({ seed: 9, indices, temperature: 0.8 });
    for (const pixels of [1, 7, 0, 20, 3, n]) pieces.advance(pixels);
    const whole = opened.sampler({ seed: 9, indices, temperature: 0.8 });
    whole.advance(n);
    expect(pieces.images.words).toEqual(whole.images.words);
    if (n * blocks > 500) return;
    indices.forEach((index, m) => {
      const drawn = plainSample((seen) => logits(given, seen), n, 9, index, 0.8);
      expect([...unpackImage(whole.images, m)]).toEqual(drawn);
    });
  });
});

it('draws the same images when there are too many to keep their features', () => {
  const given = model(ODD, 2);
  // 10 positions of 2 blocks, 161 bytes each: two images and a half.
  const opened = openCpu(given, null, 8000);
  const sampler = opened.sampler({ seed: 2, indices: Uint32Array.of(8, 9, 8, 9, 9), temperature: 1 });
  for (const pixels of [5, 40, 100]) sampler.advance(pixels);
  const drawn = (m: number) => sliceImages(sampler.images, m, 1).words;
  expect(drawn(2)).toEqual(drawn(0));
  expect(drawn(3)).toEqual(drawn(1));
  expect(drawn(4)).toEqual(drawn(1));
  expect(drawn(1)).not.toEqual(drawn(0));
});

describe('the published net', () => {
  it('has the gradient that central differences find, at weights of every tensor', () => {
    const given = { ...model(ODD, 15), tensors: trainedLike(ODD) };
    const batch = randomImages(ODD, 3, 0.4);
    const gradients = zerosLike(given.tensors);
    reference.openGradient!(given).gradient(batch, gradients);
    const score = () =>
      -reference
        .open(given)
        .logLikelihood(batch)
        .reduce((sum, nats) => sum + nats, 0) / 3;
    for (const [name, tensor] of Object.entries(given.tensors)) {
      const stride = Math.ceil(tensor.length / 12);
      for (let at = 0; at < tensor.length; at += stride) {
        const value = tensor[at];
        const [up, down] = [1e-3, -1e-3].map((delta) => {
          tensor[at] = value + delta;
          return { nats: score(), reached: tensor[at] };
        });
        tensor[at] = value;
        const slope = (up.nats - down.nats) / (up.reached - down.reached);
        // A relu that bends within the step leaves a trace of it.
        expect(Math.abs(gradients[name][at] - slope)).toBeLessThan(2e-3 * Math.max(1, Math.abs(slope)));
      }
    }
  });

  it('sees the pixels of its receptive field but not the blind spot of stacked masks', () => {
    const grid: Grid = { width: 15, height: 8 };
    const given = { ...model(grid, 15), tensors: trainedLike(grid) };
    const [row, column] = [5, 4];
    const opened = reference.open(given);
    const image = randomImages(grid, 1, 0.4);
    const at = row * grid.width + column;
    const before = opened.conditionalLogits(image)[at];
    for (let i = 0; i < pixelCount(grid); i++) {
      const flipped = { ...image, words: image.words.slice() };
      setPixel(flipped, 0, i, unpackImage(image, 0)[i] ? 0 : 1);
      const moved = opened.conditionalLogits(flipped)[at] !== before;
      const above = row - Math.floor(i / grid.width);
      const right = (i % grid.width) - column;
      // One row up the first layer reaches 3 to the right; every block in between may go one up and one to the right.
      const seen = above === 0 ? right < 0 : above > 0 && right <= above + 2;
      expect([i, moved]).toEqual([i, seen]);
    }
  });
});

describe('features', () => {
  it('stay within their bound, which stops the gradient, and log p stays finite', () => {
    const given = model(ODD, 15, 1e4);
    const images = randomImages(ODD, 3, 0.4);
    const gradients = zerosLike(given.tensors);
    expect(Number.isFinite(reference.openGradient!(given).gradient(images, gradients))).toBe(true);
    expect(Object.values(gradients).every((g) => g.every((value) => Number.isFinite(value)))).toBe(true);
    const plain = zerosLike(given.tensors);
    definition.gradient!(given, images, plain);
    // The stream is at its bound all over: nothing comes through to the first layer.
    expect(plain.first.every((value) => value === 0)).toBe(true);
    expect(gradients.first.every((value) => value === 0)).toBe(true);
    const most = 32 * 1e4 * 1e4 * LIMIT * 32;
    expect(
      reference
        .open(given)
        .conditionalLogits(images)
        .every((z) => Math.abs(z) < most),
    ).toBe(true);
  });
});

describe('initialise', () => {
  it('is the mean pixel but for a little, masked weights 0, another for another seed', () => {
    const means = new Float64Array(pixelCount(ODD)).fill(0.13);
    const tensors = initialise(ODD, { blocks: 15 }, means, 3);
    const read = reference
      .open({ family: FAMILY, grid: ODD, hyper: { blocks: 15 }, tensors })
      .conditionalLogits(randomImages(ODD, 3, 0.2));
    for (const z of read) expect(Math.abs(sigmoid(z) - 0.13)).toBeLessThan(0.1);
    for (const { name, layer } of layersOf(15)) {
      const size = layerSize(layer);
      expect(tensors[name].every((v, at) => isFree(layer, at % size) || v === 0)).toBe(true);
    }
    expect(initialise(ODD, { blocks: 15 }, means, 3)).toEqual(tensors);
    expect(initialise(ODD, { blocks: 15 }, means, 4).up).not.toEqual(tensors.up);
  });

  it('keeps the mean off 0 and 1', () => {
    for (const mean of [0, 1]) {
      const { logit } = initialise(SMALL, { blocks: 1 }, new Float64Array(9).fill(mean), 1);
      expect(Math.abs(logit[32])).toBeCloseTo(Math.log(9999), 4);
    }
  });
});

/** First weights with all biases moved, so that no relu is at its bend by construction. */
function trainedLike(grid: Grid): Tensors {
  const tensors = initialise(grid, { blocks: 15 }, new Float64Array(pixelCount(grid)).fill(0.3), 5);
  const moved = randomModel(FAMILY, grid, 0.05, 6, { blocks: 15 }).tensors;
  return Object.fromEntries(
    Object.entries(tensors).map(([name, t]) => [name, t.map((v, at) => v + moved[name][at])]),
  );
}
