/** PixelCNN in SIMD is held to its definition, and to its typed arrays. */
import { describe, expect, it } from 'vitest';
import { MNIST_GRID, pixelCount, setPixel, sliceImages, unpackImage } from '../../../src/data/images.ts';
import type { Grid } from '../../../src/data/images.ts';
import { LIMIT } from '../../../src/models/pixelcnn/layout.ts';
import { definition, logLikelihood, logits, reference } from '../../../src/models/pixelcnn/reference.ts';
import type { Tensors } from '../../../src/models/model.ts';
import { fused, simd } from '../simd/implementations.ts';
import { plainSample, randomImages, randomModel } from './families.ts';

const ODD: Grid = { width: 9, height: 7 };

const model = (grid: Grid, blocks: number, scale: number) =>
  randomModel('pixelcnn', grid, scale, 1, { blocks });

const zerosLike = (tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, { length }]) => [name, new Float32Array(length)]));

/** The largest difference of two gradients, as a share of the largest number of its tensor. */
function apart(a: Tensors, b: Tensors): number {
  return Math.max(
    ...Object.keys(a).map((name) => {
      const largest = b[name].reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
      return b[name].reduce((most, v, at) => Math.max(most, Math.abs(v - a[name][at])), 0) / largest;
    }),
  );
}

describe.each([
  ['wasm SIMD', simd],
  ['fused', fused],
])('%s', (_, own) => {
  describe.each([
    [{ width: 1, height: 1 }, 1],
    [{ width: 3, height: 3 }, 3],
    [{ width: 1, height: 12 }, 2],
    [{ width: 17, height: 2 }, 2],
    [ODD, 4],
    [ODD, 15],
    [MNIST_GRID, 15],
  ] as const)('on %o with %i blocks', (grid, blocks) => {
    const n = pixelCount(grid);
    const given = model(grid, blocks, 0.2);
    const images = randomImages(grid, 3, 0.25);

    it('scores and reads as the definition does', () => {
      const opened = reference.open(given, own);
      const scores = opened.logLikelihood(images);
      const read = opened.conditionalLogits(images);
      for (let m = 0; m < images.count; m++) {
        const x = unpackImage(images, m);
        expect(Math.abs(scores[m] - logLikelihood(given, x))).toBeLessThan(1e-4);
        const right = logits(given, x);
        const largest = right.reduce((most, z) => Math.max(most, Math.abs(z)), 1);
        right.forEach((z, i) => expect(Math.abs(read[m * n + i] - z)).toBeLessThan(1e-6 * largest));
      }
      // A score does not depend on the images beside it.
      expect(opened.logLikelihood(sliceImages(images, 1, 1))[0]).toBe(scores[1]);
    });

    it.each([false, true])('has the gradient of the definition, targets soft: %s', (isSoft) => {
      const batch = sliceImages(images, 0, n > 500 ? 1 : 3);
      const soft = isSoft ? Float32Array.from({ length: batch.count * n }, (__, at) => (at % 8) / 8) : null;
      const [fast, plain] = [zerosLike(given.tensors), zerosLike(given.tensors)];
      for (const gradient of Object.values(fast)) gradient.fill(7);
      const descent = reference.openGradient!(given, own);
      descent.gradient(batch, fast, { soft });
      // What is left of one call is not part of the next.
      const loss = descent.gradient(batch, fast, { soft });
      expect(Math.abs(loss / definition.gradient!(given, batch, plain, { soft }) - 1)).toBeLessThan(1e-6);
      expect(apart(fast, plain)).toBeLessThan(1e-5);
      reference.openGradient!(given).gradient(batch, plain, { soft });
      expect(apart(fast, plain)).toBeLessThan(1e-5);
    });
  });

  it.each([ODD, { width: 1, height: 12 }, { width: 17, height: 2 }])(
    'samples what its own conditionals say, alone and beside others, at once and in pieces: %o',
    (grid) => {
      const given = model(grid, 4, 0.3);
      const n = pixelCount(grid);
      const opened = reference.open(given, own);
      const request = { seed: 9, indices: Uint32Array.of(70_000, 4, 5, 6, 7), temperature: 0.8 };
      const whole = opened.sampler(request);
      whole.advance(n);
      const pieces = opened.sampler(request);
      for (const pixels of [1, 7, 0, 20, 3, n]) pieces.advance(pixels);
      expect(pieces.images.words).toEqual(whole.images.words);
      request.indices.forEach((index, m) => {
        const alone = opened.sampler({ ...request, indices: Uint32Array.of(index) });
        alone.advance(n);
        expect(unpackImage(alone.images, 0)).toEqual(unpackImage(whole.images, m));
        const one = sliceImages(whole.images, m, 1);
        const drawn = plainSample(() => Float64Array.from(opened.conditionalLogits(one)), n, 9, index, 0.8);
        expect([...unpackImage(one, 0)]).toEqual(drawn);
      });
      const plain = reference.open(given).sampler(request);
      plain.advance(n);
      expect(whole.images.words).toEqual(plain.images.words);
    },
  );

  it('looks at the weights anew in every call', () => {
    const given = model(ODD, 2, 0.2);
    const batch = randomImages(ODD, 2, 0.3);
    const descent = reference.openGradient!(given, own);
    const [fast, plain] = [zerosLike(given.tensors), zerosLike(given.tensors)];
    descent.gradient(batch, fast);
    for (const tensor of Object.values(given.tensors)) tensor.forEach((w, at) => (tensor[at] = -w));
    descent.gradient(batch, fast);
    definition.gradient!(given, batch, plain);
    expect(apart(fast, plain)).toBeLessThan(1e-5);
  });

  it('reads a pixel from earlier pixels alone, bit for bit', () => {
    const given = model(ODD, 4, 0.3);
    const opened = reference.open(given, own);
    const image = randomImages(ODD, 1, 0.4);
    const before = opened.conditionalLogits(image);
    const x = unpackImage(image, 0);
    for (let i = 0; i < pixelCount(ODD); i++) {
      const flipped = { ...image, words: image.words.slice() };
      setPixel(flipped, 0, i, x[i] ? 0 : 1);
      const after = opened.conditionalLogits(flipped);
      expect(after.subarray(0, i + 1)).toEqual(before.subarray(0, i + 1));
      if (i % ODD.width < ODD.width - 1) expect(after[i + 1]).not.toBe(before[i + 1]);
    }
  });

  it('keeps features within their bound, which stops the gradient', () => {
    const given = model(ODD, 15, 1e4);
    const images = randomImages(ODD, 3, 0.4);
    const gradients = zerosLike(given.tensors);
    expect(Number.isFinite(reference.openGradient!(given, own).gradient(images, gradients))).toBe(true);
    expect(Object.values(gradients).every((g) => g.every((value) => Number.isFinite(value)))).toBe(true);
    expect(gradients.first.every((value) => value === 0)).toBe(true);
    const most = 32 * 1e4 * 1e4 * LIMIT * 32;
    const read = reference.open(given, own).conditionalLogits(images);
    expect(read.every((z) => Math.abs(z) < most)).toBe(true);
  });

  it('runs on typed arrays where no memory can be had', () => {
    const given = model(ODD, 2, 0.2);
    const images = randomImages(ODD, 2, 0.3);
    const full = { ...own, open: () => null };
    expect(reference.open(given, full).logLikelihood(images)).toEqual(
      reference.open(given).logLikelihood(images),
    );
    const [fast, plain] = [zerosLike(given.tensors), zerosLike(given.tensors)];
    reference.openGradient!(given, full).gradient(images, fast);
    reference.openGradient!(given).gradient(images, plain);
    expect(fast).toEqual(plain);
  });
});
