import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  getPixel,
  MNIST_GRID,
  pixelCount,
  setPixel,
  sliceImages,
  unpackImage,
} from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import { zerosLike } from '../../../src/engine/backends/references.ts';
import { sigmoid } from '../../../src/models/shared/math.ts';
import { openStates } from '../../../src/models/nade/hidden.ts';
import {
  gradient,
  initialise,
  logLikelihood,
  logits,
  reference,
} from '../../../src/models/nade/reference.ts';
import { findFamily } from '../../../src/models/registry.ts';
import type { Tensors } from '../../../src/models/model.ts';
import { fused, simd } from '../simd/implementations.ts';
import { numbers, plainSample, randomImages, randomModel } from './families.ts';

/** How the twin computes, and how near its f64 or f32 comes to the plain loops: in nats an image, relative to the loss, and for slopes. */
const METHODS = [
  { how: 'typed arrays', by: null, nats: 1e-6, loss: 1e-7, slope: 1e-6 },
  { how: simd.description, by: simd, nats: 2e-5, loss: 2e-7, slope: 3e-6 },
  { how: fused.description, by: fused, nats: 2e-5, loss: 2e-7, slope: 3e-6 },
] as const;

/** Single pixels and units, neither a multiple of 4, 8 or 32, and a digit's grid. */
const CASES = [
  { grid: { width: 1, height: 1 }, hidden: 1 },
  { grid: { width: 3, height: 3 }, hidden: 500 },
  { grid: { width: 13, height: 5 }, hidden: 7 },
  { grid: { width: 13, height: 9 }, hidden: 33 },
  { grid: MNIST_GRID, hidden: 20 },
];

it('has 2nH + n + H parameters', () => {
  expect(findFamily('nade')!.parameterCount(MNIST_GRID, { hidden: 500, classes: 0 })).toBe(785_284);
});

it('opens hidden states within 1e-9 of the sigmoid', () => {
  const a = Float64Array.from({ length: 40_001 }, (_, at) => (at - 20_000) / 333);
  const h = new Float64Array(a.length + 3);
  openStates(h, 3, a, 0, a.length);
  a.forEach((value, at) => expect(Math.abs(h[at + 3] - sigmoid(value))).toBeLessThan(1e-9));
});

describe.each(
  METHODS.flatMap((method) =>
    CASES.map(
      ({ grid, hidden }) => [`${grid.width}x${grid.height}`, hidden, method.how, method, grid] as const,
    ),
  ),
)('on %s with %i hidden units, by %s', (_, hidden, __, method, grid) => {
  const n = pixelCount(grid);
  const model = randomModel('nade', grid, 1, 1, { hidden });
  const images = randomImages(grid, 21, 0.25);
  images.words.fill(0, 0, images.words.length / 21);
  const opened = reference.open(model, method.by);

  it('scores as the plain loops do', () => {
    const together = opened.logLikelihood(images);
    for (let m = 0; m < images.count; m++) {
      const plain = logLikelihood(model, unpackImage(images, m));
      expect(Math.abs(together[m] - plain)).toBeLessThan(method.nats);
      expect(opened.logLikelihood(sliceImages(images, m, 1))[0]).toBe(together[m]);
    }
  });

  it('reads the logits of the plain loops, alone and in a batch bit for bit alike', () => {
    const together = opened.conditionalLogits(images);
    for (let m = 0; m < images.count; m++) {
      const plain = logits(model, unpackImage(images, m));
      const alone = opened.conditionalLogits(sliceImages(images, m, 1));
      expect(together.subarray(m * n, m * n + n)).toEqual(alone);
      plain.forEach((z, i) => expect(Math.abs(alone[i] - z)).toBeLessThan(1e-5));
    }
  });

  it('reads logits that do not depend on their own pixel or later ones, bit for bit', () => {
    const before = opened.conditionalLogits(images);
    for (const pixel of new Set([0, n >> 1, n - 1])) {
      const changed = { ...images, words: images.words.slice() };
      for (let m = 0; m < images.count; m++)
        for (let i = pixel; i < n; i += 3) setPixel(changed, m, i, getPixel(images, m, i) ? 0 : 1);
      const after = opened.conditionalLogits(changed);
      for (let m = 0; m < images.count; m++)
        expect(after.subarray(m * n, m * n + pixel + 1)).toEqual(before.subarray(m * n, m * n + pixel + 1));
    }
  });

  it.each([false, true])('has the gradient of the plain loops, soft targets: %s', (soft) => {
    const descent = reference.openGradient!(model, method.by);
    const next = numbers(3);
    for (const count of [1, 8, 13, 21]) {
      const batch = sliceImages(images, 21 - count, count);
      const targets = soft ? { soft: Float32Array.from({ length: count * n }, next) } : {};
      const [fast, plain] = [0, 1].map((): Tensors =>
        Object.fromEntries(
          Object.entries(model.tensors).map(([name, t]) => [name, new Float32Array(t.length).fill(7)]),
        ),
      );
      const loss = descent.gradient(batch, fast, targets);
      expect(Math.abs(loss / gradient(model, batch, plain, targets) - 1)).toBeLessThan(method.loss);
      for (const name of Object.keys(plain)) {
        const largest = fast[name].reduce((most, v, at) => Math.max(most, Math.abs(v - plain[name][at])), 0);
        expect(largest, name).toBeLessThan(method.slope);
      }
    }
  });

  it('follows weights that change between two calls', () => {
    const moved = { ...model, tensors: structuredClone(model.tensors) };
    const descent = reference.openGradient!(moved, method.by);
    const [first, again] = [zerosLike(model.tensors), zerosLike(model.tensors)];
    descent.gradient(images, first);
    for (const tensor of Object.values(moved.tensors)) tensor.forEach((w, at) => (tensor[at] = w / 2));
    descent.gradient(images, again);
    const fresh = zerosLike(model.tensors);
    reference.openGradient!(moved, method.by).gradient(images, fresh);
    expect(again).toEqual(fresh);
    expect(again).not.toEqual(first);
  });

  it('samples what the plain loops would', () => {
    const sampler = opened.sampler({ seed: 9, indices: Uint32Array.of(3, 40), temperature: 0.8 });
    for (let done = 0; done < n; done += 30) sampler.advance(30);
    for (const [image, index] of [3, 40].entries()) {
      const x = unpackImage(sampler.images, image);
      expect([...x.subarray(0, 150)]).toEqual(
        plainSample((seen) => logits(model, seen), n, 9, index, 0.8).slice(0, 150),
      );
    }
  });

  it('draws the same images however many together, in whatever steps and by whatever method', () => {
    const request = { seed: 4, indices: indexRange(7, 19), temperature: 1 };
    const [whole, inSteps, plain] = [
      opened.sampler(request),
      opened.sampler(request),
      opened.plainSampler!(request),
    ];
    const jumps = opened.firstFiring!(request);
    whole.advance(n);
    for (let done = 0; done < n; done += 11) {
      inSteps.advance(11);
      plain.advance(11);
      jumps.advance(5);
    }
    jumps.advance(n);
    expect(inSteps.images.words).toEqual(whole.images.words);
    expect(plain.images.words).toEqual(whole.images.words);
    expect(jumps.images.words).toEqual(whole.images.words);
    for (const m of [0, 11, 18]) {
      const alone = opened.sampler({ ...request, indices: Uint32Array.of(7 + m) });
      alone.advance(n);
      expect(alone.images.words).toEqual(sliceImages(whole.images, m, 1).words);
    }
  });
});

it.each([
  ['typed arrays', null, 2 ** 21],
  [simd.description, simd, 2 ** 22],
] as const)('draws images beyond those whose states are kept as if alone: %s', (_, by, kept) => {
  const grid = { width: 8, height: 8 };
  const count = Math.floor(kept / 500) + 3;
  const opened = reference.open(randomModel('nade', grid, 0.5), by);
  const many = opened.sampler({ seed: 2, indices: indexRange(0, count), temperature: 1 });
  for (const pixels of [20, 7, 64]) many.advance(pixels);
  for (const index of [0, count - 4, count - 3, count - 2, count - 1]) {
    const alone = opened.sampler({ seed: 2, indices: Uint32Array.of(index), temperature: 1 });
    alone.advance(64);
    expect(sliceImages(many.images, index, 1).words).toEqual(alone.images.words);
  }
});

it('holds no buffers of a gradient after it has been computed', () => {
  // Half of 1,600 pixels on, eight images of 600 units each: 30 MB of states.
  const grid = { width: 40, height: 40 };
  const model = randomModel('nade', grid, 0.05, 1, { hidden: 600 });
  const batch = randomImages(grid, 8, 0.5);
  const gradients = zerosLike(model.tensors);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const bytes = () => {
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const before = bytes();
  reference.openGradient!(model).gradient(batch, gradients);
  // The collector may free array buffers in the background: what is held is never freed.
  let left = bytes() - before;
  for (let turn = 0; turn < 50 && left > 2 ** 20; turn++) left = bytes() - before;
  expect(left).toBeLessThan(2 ** 20);
});

describe('initialise', () => {
  const grid = { width: 2, height: 2 };
  const means = Float64Array.of(0, 0.25, 0.5, 1);

  it('is the independent model, its means kept off 0 and 1', () => {
    const tensors = initialise(grid, { hidden: 3 }, means, 1);
    expect([...tensors.bias].map(sigmoid)).toEqual([
      expect.closeTo(1e-4, 8),
      expect.closeTo(0.25, 7),
      expect.closeTo(0.5, 7),
      expect.closeTo(1 - 1e-4, 7),
    ]);
    expect(logits({ family: 'nade', grid, hyper: { hidden: 3 }, tensors }, [1, 1, 0, 1])).toEqual(
      Float64Array.from(tensors.bias),
    );
  });

  it('gives every hidden unit weights of its own, the same for the same seed', () => {
    const { input } = initialise(grid, { hidden: 30 }, means, 1);
    expect(new Set(input).size).toBe(120);
    expect(Math.max(...input.map(Math.abs))).toBeLessThanOrEqual(Math.sqrt(60 / 4));
    expect(initialise(grid, { hidden: 30 }, means, 1).input).toEqual(input);
    expect(initialise(grid, { hidden: 30 }, means, 2).input).not.toEqual(input);
  });
});
