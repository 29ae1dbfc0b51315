import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLASSES, MNIST_GRID, unpackImage, type PackedImages } from '../../../src/data/images.ts';
import type { Evaluator } from '../../../src/engine/backends/backend.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import type { Device } from '../../../src/gpu/device.ts';
import type { ShaderSources } from '../../../src/gpu/wgsl.ts';
import { definition } from '../../../src/models/logistic-regression/reference.ts';
import type { Model } from '../../../src/models/model.ts';
import { gradientErrors } from '../comparison.ts';
import {
  mutate,
  openTestBackend,
  openTestDevice,
  randomImages,
  randomModel,
  randomSource,
  rowOf,
  sizesAround,
  worst,
  withDevice,
} from '../setup.ts';

const FAMILY = 'logistic-regression';
const SMALL = { width: 7, height: 5 };

function randomLabels(count: number, seed: number): Uint8Array {
  const random = randomSource(seed);
  return Uint8Array.from({ length: count }, () => Math.floor(random() * CLASSES));
}

async function logitError(evaluator: Evaluator, model: Model, images: PackedImages): Promise<number> {
  const exact = new Float64Array(images.count * CLASSES);
  for (let m = 0; m < images.count; m++)
    exact.set(definition.logits(model, unpackImage(images, m)), m * CLASSES);
  return worst(await evaluator.classLogits!(images), exact);
}

let backend: WebGpuBackend;
let device: Device;
beforeAll(async () => {
  backend = await openTestBackend();
  device = await openTestDevice();
});
afterAll(() => {
  backend.destroy();
  device.destroy();
});

describe('class logits against plain loops in f64', () => {
  it.each([
    [SMALL, 1, 2],
    [SMALL, 65, 2],
    [rowOf(31), 5, 2],
    [rowOf(32), 5, 2],
    [rowOf(33), 5, 2],
    [rowOf(97), 5, 2],
    [rowOf(130), 5, 2],
    [MNIST_GRID, 20, 0.3],
  ])('%o, %i images', async (grid, count, scale) => {
    const model = randomModel(FAMILY, grid, {}, 1, scale);
    const evaluator = await backend.open(model);
    expect(await logitError(evaluator, model, randomImages(grid, count, 2))).toBeLessThan(1e-4);
    evaluator.destroy();
  });
});

describe('gradient against plain loops in f64', () => {
  it.each(sizesAround(32))('%i images', async (count) => {
    const model = randomModel(FAMILY, SMALL, {}, 3);
    const labels = randomLabels(count, 4);
    const errors = await gradientErrors(device, model, randomImages(SMALL, count, 5), undefined, labels);
    expect(errors.gradient).toBeLessThan(1e-5);
    expect(errors.loss).toBeLessThan(1e-6);
  });

  it.each([...sizesAround(16), 31, 32, 33, 784])('%i pixels', async (pixels) => {
    const grid = rowOf(pixels);
    const model = randomModel(FAMILY, grid, {}, 6, 0.3);
    const images = randomImages(grid, 37, 7);
    const errors = await gradientErrors(device, model, images, undefined, randomLabels(37, 8));
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-5);
  });

  it('weights up to 1e4', async () => {
    const model = randomModel(FAMILY, SMALL, {}, 9, 1e4, 0);
    const images = randomImages(SMALL, 40, 10);
    const errors = await gradientErrors(device, model, images, undefined, randomLabels(40, 11));
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-5);
  });
});

describe('the comparison catches', () => {
  const model = randomModel(FAMILY, SMALL, {}, 12);
  const images = randomImages(SMALL, 40, 13, 0.1);
  const kernels = ['logistic-regression/delta.wgsl', 'logistic-regression/gradient.wgsl'];
  const passes = (sources: ShaderSources | undefined): Promise<boolean> =>
    withDevice(sources, async (own) => {
      const errors = await gradientErrors(own, model, images, kernels, randomLabels(40, 14));
      return errors.gradient < 1e-5 && errors.loss < 1e-6;
    });

  it('nothing in the kernels as they are', async () => {
    expect(await passes(undefined)).toBe(true);
  });

  it.each([
    ['no bias', 'lib/logits.wgsl', 'bias[lane] + all', 'all'],
    ['words left out', 'lib/logits.wgsl', 'sums[lane + 16u])', 'sums[lane])'],
    ['no truth', 'delta.wgsl', '/ sum - select(0.0, 1.0,', '/ sum - select(0.0, 0.0,'],
    ['no bias gradient', 'gradient.wgsl', '|| pixel == params.pixels;', ';'],
    ['pixels mixed up', 'gradient.wgsl', '(pixel % 32u)', '(pixel % 16u)'],
    ['an image short', 'gradient.wgsl', 'image < here;', 'image + 1u < here;'],
  ])('%s', async (_, file, text, replacement) => {
    expect(await passes(mutate(`logistic-regression/${file}`, text, replacement))).toBe(false);
  });
});
