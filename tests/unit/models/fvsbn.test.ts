import { indexRange } from '../../../src/data/rng.ts';
import { describe, expect, it } from 'vitest';
import { MNIST_GRID, pixelCount, sliceImages, unpackImage } from '../../../src/data/images.ts';
import { rowBases, rowOffset } from '../../../src/models/fvsbn/layout.ts';
import {
  gradient,
  initialise,
  logLikelihood,
  logits,
  reference,
} from '../../../src/models/fvsbn/reference.ts';
import { sigmoid } from '../../../src/models/shared/math.ts';
import { findFamily } from '../../../src/models/registry.ts';
import { fused, simd } from '../simd/implementations.ts';
import { numbers, plainSample, randomImages, randomModel } from './families.ts';

/** Fewer than a block, a block and a pixel, neither a multiple of 4 nor of 32, and a digit. */
const GRIDS = [
  { width: 1, height: 1 },
  { width: 3, height: 3 },
  { width: 13, height: 5 },
  { width: 13, height: 9 },
  MNIST_GRID,
];

/** How the twin computes, and how near it comes to the plain loops in nats an image. */
const METHODS = [
  { how: 'typed arrays', by: null, few: 1e-6 },
  { how: simd.description, by: simd, few: 1e-4 },
  { how: fused.description, by: fused, few: 1e-4 },
] as const;

describe('layout', () => {
  it('numbers the weights of every pair once, row after row', () => {
    const n = 9;
    const bases = rowBases(n);
    const places = [];
    for (let j = 0; j < n; j++) {
      for (let i = j + 1; i < n; i++) {
        expect(bases[j] + i).toBe(rowOffset(n, j) + i - j - 1);
        places.push(bases[j] + i);
      }
    }
    expect(places).toEqual(Array.from({ length: (n * (n - 1)) / 2 }, (_, at) => at));
    expect(findFamily('fvsbn')!.parameterCount(MNIST_GRID, {})).toBe(307_720);
  });
});

describe.each(GRIDS.map((grid) => [`${grid.width}x${grid.height}`, grid] as const))('on %s', (_, grid) => {
  const n = pixelCount(grid);
  const model = randomModel('fvsbn', grid, 0.8);
  const images = randomImages(grid, 130, 0.25);

  describe.each(METHODS)('by $how', ({ by, few: nearness }) => {
    const opened = reference.open(model, by);

    it('scores many images and few as the plain loops do', () => {
      const many = opened.logLikelihood(images);
      const few = opened.logLikelihood(sliceImages(images, 0, 40));
      for (let m = 0; m < 130; m++) {
        const plain = logLikelihood(model, unpackImage(images, m));
        expect(Math.abs(many[m] - plain)).toBeLessThan(1e-4);
        if (m < 40) expect(Math.abs(few[m] - plain)).toBeLessThan(nearness);
        if (m < 20) expect(opened.logLikelihood(sliceImages(images, m, 1))[0]).toBe(few[m]);
      }
      expect(opened.logLikelihood(sliceImages(images, 60, 70))).toEqual(many.subarray(60));
    });

    it('reads the logits of the plain loops, on typed arrays bit for bit', () => {
      const read = opened.conditionalLogits(sliceImages(images, 0, 40));
      for (let m = 0; m < 40; m++) {
        const own = read.subarray(m * n, m * n + n);
        const plain = Float32Array.from(logits(model, unpackImage(images, m)));
        if (by) own.forEach((z, i) => expect(Math.abs(z - plain[i])).toBeLessThan(2e-5));
        else expect(own).toEqual(plain);
      }
    });

    it('samples what the plain loops would', () => {
      const sampler = opened.sampler({ seed: 9, indices: indexRange(3, 2), temperature: 0.8 });
      for (let done = 0; done < n; done += 30) sampler.advance(30);
      const x = unpackImage(sampler.images, 1);
      expect([...x.subarray(0, 150)]).toEqual(
        plainSample((seen) => logits(model, seen), n, 9, 4, 0.8).slice(0, 150),
      );
    });

    it('draws by first firing, and however the work is cut, the same images', () => {
      const request = { seed: 2, indices: indexRange(0, 70), temperature: 0.8 };
      const [whole, cut] = [opened.sampler(request), opened.sampler(request)];
      whole.advance(n);
      for (let done = 0; done < n; done += 7) cut.advance(7);
      const jumping = opened.firstFiring!(request);
      jumping.advance(n + 1);
      expect(cut.images).toEqual(whole.images);
      expect(jumping.images).toEqual(whole.images);
    });
  });

  it.each(METHODS)('has the gradient of the plain loops, with bits and soft targets, by $how', ({ by }) => {
    const changing = { ...model, tensors: structuredClone(model.tensors) };
    const descent = reference.openGradient!(changing, by);
    const next = numbers(3);
    for (const [count, soft] of [
      [1, false],
      [20, false],
      [130, false],
      [1, true],
      [130, true],
    ] as const) {
      const batch = sliceImages(images, Math.min(3, 130 - count), count);
      const targets = soft ? { soft: Float32Array.from({ length: count * n }, next) } : {};
      const [fast, plain] = [0, 1].map(() => ({
        bias: new Float32Array(n).fill(7),
        weight: new Float32Array((n * (n - 1)) / 2).fill(7),
      }));
      const loss = descent.gradient(batch, fast, targets);
      const right = gradient(changing, batch, plain, targets);
      expect(Math.abs(loss / right - 1)).toBeLessThan(by ? 2e-7 : 1e-7);
      for (const name of ['bias', 'weight'] as const) {
        const largest = fast[name].reduce((most, v, at) => Math.max(most, Math.abs(v - plain[name][at])), 0);
        expect(largest).toBeLessThan(1e-6);
      }
      // The next call sees other weights.
      for (const tensor of Object.values(changing.tensors)) tensor.forEach((w, at) => (tensor[at] = 0.9 * w));
    }
  });
});

describe('initialise', () => {
  it('is the independent model, its means kept off 0 and 1', () => {
    const grid = { width: 2, height: 2 };
    const { bias, weight } = initialise(grid, Float64Array.of(0, 0.25, 0.5, 1));
    expect([...weight]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...bias].map(sigmoid)).toEqual([
      expect.closeTo(1e-4, 8),
      expect.closeTo(0.25, 7),
      expect.closeTo(0.5, 7),
      expect.closeTo(1 - 1e-4, 7),
    ]);
  });
});
