import { indexRange } from '../../../src/data/rng.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MNIST_GRID, type PackedImages } from '../../../src/data/images.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import type { Model } from '../../../src/models/model.ts';
import type { Device } from '../../../src/gpu/device.ts';
import {
  type ReadingErrors,
  type SampleErrors,
  countErrors,
  gradientErrors,
  readingErrors,
  sampleErrors,
} from '../comparison.ts';
import { openTestBackend, openTestDevice, randomImages, randomModel, rowOf, sizesAround } from '../setup.ts';

const SMALL = { width: 7, height: 5 };
const FAMILIES = [
  ['independent', {}],
  ['neighbours', { k: 10 }],
  ['fvsbn', {}],
] as const;

/** Errors of the backend's evaluator of a model. */
async function readings(model: Model, images: PackedImages): Promise<ReadingErrors> {
  const evaluator = await backend.open(model);
  const errors = await readingErrors(evaluator, model, images);
  evaluator.destroy();
  return errors;
}

async function samples(
  model: Model,
  count: number,
  steps: readonly number[],
  temperature = 1,
): Promise<SampleErrors> {
  const evaluator = await backend.open(model);
  const errors = await sampleErrors(
    (request) => evaluator.sampler(request),
    model,
    count,
    steps,
    temperature,
  );
  evaluator.destroy();
  return errors;
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

it('ran on WebGPU', async () => {
  expect(backend.kind).toBe('webgpu');
  expect(backend.adapter.vendor).not.toBe('');
  const before = backend.statistics();
  await readings(randomModel('fvsbn', SMALL, {}, 1), randomImages(SMALL, 3, 1));
  const after = backend.statistics();
  expect(after.dispatches - before.dispatches).toBeGreaterThanOrEqual(2);
  expect(after.submits).toBeGreaterThan(before.submits);
});

describe.each(FAMILIES)('%s: log p and logits against plain loops in f64', (family, hyper) => {
  it.each(sizesAround(64))('%i images', async (count) => {
    const errors = await readings(randomModel(family, SMALL, hyper, 2), randomImages(SMALL, count, 3));
    expect(errors.logLikelihood).toBeLessThan(2e-5);
    expect(errors.logits).toBeLessThan(1e-5);
  });

  it.each([...sizesAround(64), ...sizesAround(32)])('%i pixels', async (pixels) => {
    const grid = rowOf(pixels);
    const model = randomModel(family, grid, hyper, 4, 0.3);
    const errors = await readings(model, randomImages(grid, 9, 5));
    expect(errors.logLikelihood).toBeLessThan(1e-4);
    expect(errors.logits).toBeLessThan(2e-5);
  });

  it('28 x 28, images from blank to full', async () => {
    const model = randomModel(family, MNIST_GRID, hyper, 6, 0.1, -0.02);
    for (const [ink, nats] of [
      [0, 1e-4],
      [0.13, 1e-4],
      // Thousands of nats, beyond the seven digits of the logits in f32.
      [1, 1e-3],
    ]) {
      const errors = await readings(model, randomImages(MNIST_GRID, 5, 7, ink));
      expect(errors.logLikelihood, `ink ${ink}`).toBeLessThan(nats);
      expect(errors.logits, `ink ${ink}`).toBeLessThan(1e-4);
    }
  });

  it('logits up to 1e4', async () => {
    const model = randomModel(family, SMALL, hyper, 8, 1e4, 0);
    const errors = await readings(model, randomImages(SMALL, 70, 9));
    // The log p are sums of up to 35 numbers of up to 1e5.
    expect(errors.logLikelihood).toBeLessThan(1e-6 * 35 * 1e5);
    expect(errors.logits).toBeLessThan(1e-6 * 1e5);
  });

  it('the same bits a hundred times', async () => {
    const evaluator = await backend.open(randomModel(family, SMALL, hyper, 10));
    const images = randomImages(SMALL, 70, 11);
    const first = await evaluator.logLikelihood(images);
    const logits = await evaluator.conditionalLogits(images);
    for (let i = 0; i < 99; i++) expect(await evaluator.logLikelihood(images)).toEqual(first);
    expect(await evaluator.conditionalLogits(images)).toEqual(logits);
    evaluator.destroy();
  });
});

describe.each(FAMILIES)('%s: samples against ancestral sampling in f64', (family, hyper) => {
  it.each(sizesAround(64))('%i pixels', async (pixels) => {
    const grid = rowOf(pixels);
    const errors = await samples(randomModel(family, grid, hyper, 12), 20, [pixels]);
    expect(errors.wrong).toBe(0);
    expect(errors.ties).toBeLessThanOrEqual(1);
  });

  it.each(sizesAround(64))('%i images, cut anywhere, at another temperature', async (count) => {
    const model = randomModel(family, SMALL, hyper, 13, 2);
    const errors = await samples(model, count, [1, 0, 6, 13, 1000], 0.7);
    expect(errors.wrong).toBe(0);
    expect(errors.ties).toBeLessThanOrEqual(1);
  });

  it('28 x 28, at once and in pieces', async () => {
    const model = randomModel(family, MNIST_GRID, hyper, 14, 0.05, -0.03);
    for (const steps of [[784], [100, 28, 400, 300]]) {
      const errors = await samples(model, 8, steps);
      expect(errors.wrong).toBe(0);
      expect(errors.ties).toBeLessThanOrEqual(1);
    }
  });

  it('says where it is and leaves the rest blank', async () => {
    const evaluator = await backend.open(randomModel(family, SMALL, hyper, 15, 1, 5));
    const sampler = await evaluator.sampler({ seed: 1, indices: indexRange(0, 3), temperature: 1 });
    expect(sampler.position).toBe(0);
    expect([...(await sampler.images()).words]).toEqual([0, 0, 0, 0, 0, 0]);
    await sampler.advance(20);
    expect(sampler.position).toBe(20);
    const { words } = await sampler.images();
    expect(words.some((word) => word !== 0)).toBe(true);
    expect([...words].every((word, i) => (i % 2 ? word : word >>> 20) === 0)).toBe(true);
    await sampler.advance(1e9);
    expect(sampler.position).toBe(35);
    evaluator.destroy();
  });
});

describe.each([
  ['independent', {}],
  ['neighbours', { k: 10, prior: 1, strength: 0.5 }],
] as const)('%s: counts', (family, hyper) => {
  it.each(sizesAround(256))('%i images', async (count) => {
    const images = [randomImages(SMALL, count, 16), randomImages(SMALL, 40, 17)];
    const complete = { strength: 1, k: 10, prior: 0, ...hyper };
    expect(await countErrors(backend, family, SMALL, complete, images)).toBeLessThan(1e-6);
  });

  it('28 x 28', async () => {
    const complete = { strength: 1, k: 6, prior: 0, ...hyper };
    expect(
      await countErrors(backend, family, MNIST_GRID, complete, [randomImages(MNIST_GRID, 30, 18)]),
    ).toBeLessThan(1e-6);
  });
});

describe('fvsbn: gradient against plain loops in f64', () => {
  it.each([...sizesAround(32), ...sizesAround(64)])('%i images', async (count) => {
    const errors = await gradientErrors(
      device,
      randomModel('fvsbn', SMALL, {}, 19),
      randomImages(SMALL, count, 20),
    );
    expect(errors.gradient).toBeLessThan(1e-5);
    expect(errors.loss).toBeLessThan(1e-6);
  });

  it.each(sizesAround(64))('%i pixels', async (pixels) => {
    const grid = rowOf(pixels);
    const errors = await gradientErrors(
      device,
      randomModel('fvsbn', grid, {}, 21, 0.3),
      randomImages(grid, 37, 22),
    );
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-5);
  });

  it('28 x 28', async () => {
    const model = randomModel('fvsbn', MNIST_GRID, {}, 23, 0.05, -0.02);
    const errors = await gradientErrors(device, model, randomImages(MNIST_GRID, 64, 24, 0.13));
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-5);
  });
});
