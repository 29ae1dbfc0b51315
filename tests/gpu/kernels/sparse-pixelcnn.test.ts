/** The kernels of the sparse PixelCNN against its plain loops in f64. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Grid } from '../../../src/data/images.ts';
import { MNIST_GRID } from '../../../src/data/images.ts';
import { openScope } from '../../../src/engine/backends/webgpu/scope.ts';
import type { Device } from '../../../src/gpu/device.ts';
import { evaluatorWithin, program } from '../../../src/models/sparse-pixelcnn/program.ts';
import { gradientWithin } from '../../../src/models/sparse-pixelcnn/program-gradient.ts';
import { featureBytes } from '../../../src/models/sparse-pixelcnn/program-forward.ts';
import { gradientErrors } from '../comparison.ts';
import { openTestDevice, randomImages, randomSource, worst } from '../setup.ts';
import {
  DESCEND,
  digits,
  gradientsOf,
  modelOf,
  openReaders,
  READ,
  readings,
  samples,
} from './sparse-pixelcnn.ts';

/** Tiles are of 32 rows, workgroups of single rows 64: fewer, as many, one more, and several; narrower and wider than the window. */
const GRIDS: readonly Grid[] = [
  { width: 1, height: 1 },
  { width: 3, height: 3 },
  { width: 5, height: 7 },
  { width: 8, height: 8 },
  { width: 2, height: 33 },
  { width: 35, height: 3 },
];

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
  // Compiling is what takes long here.
  await device.kernels(program.kernels);
}, 180_000);
afterAll(() => device.destroy());

describe('log p and logits', () => {
  it.each(GRIDS)('on %o', async (grid) => {
    for (const blocks of [1, 2]) {
      for (const ink of [0.08, 0.3]) {
        const errors = await readings(device, modelOf(grid, blocks, 1), randomImages(grid, 5, 2, ink));
        expect(errors.logits).toBeLessThan(1e-5);
        expect(errors.logLikelihood).toBeLessThan(5e-5);
      }
    }
  });

  it('of blank and full images', async () => {
    const grid = { width: 9, height: 13 };
    for (const ink of [0, 1]) {
      const errors = await readings(device, modelOf(grid, 3, 1, 0.15), randomImages(grid, 2, 2, ink));
      expect(errors.logits).toBeLessThan(1e-5);
      expect(errors.logLikelihood).toBeLessThan(1e-4);
    }
  });

  it('of a digit, by all 8 blocks', async () => {
    const errors = await readings(device, modelOf(MNIST_GRID, 8, 3, 0.1), digits(1));
    expect(errors.logits).toBeLessThan(5e-5);
    expect(errors.logLikelihood).toBeLessThan(1e-3);
  });

  it('of images in pieces are those of all at once', async () => {
    const grid = { width: 5, height: 7 };
    const model = modelOf(grid, 2, 5);
    const batch = randomImages(grid, 5, 6, 0.1);
    const scope = await openScope(device, model, model.tensors, [], READ);
    const images = scope.arena.filled('batch', batch.words);
    const found = [];
    // All, and two images at a time.
    for (const bytes of [2 ** 24, 2 * featureBytes(model, false)]) {
      const run = evaluatorWithin(bytes)(scope, { images, capacity: 5 });
      found.push(await device.readback.floats(run.partial, run.parts * 5, run.logLikelihood(5)));
    }
    scope.arena.destroy();
    expect(found[1]).toEqual(found[0]);
    expect(new Set(found[0]).size).toBe(5);
  });

  it('of weights up to 1e4 are finite', async () => {
    const model = modelOf({ width: 5, height: 7 }, 8, 7, 1e4);
    const images = randomImages(model.grid, 3, 8);
    const { scorer, reader, scope } = await openReaders(device, model);
    for (const z of await reader.conditionalLogits(images)) expect(Number.isFinite(z)).toBe(true);
    for (const nats of await scorer.logLikelihood(images)) expect(Number.isFinite(nats)).toBe(true);
    scope.arena.destroy();
  });

  it('have the same bits every time, and those of an image alone', async () => {
    const model = modelOf({ width: 17, height: 5 }, 2, 9);
    const images = randomImages(model.grid, 3, 10, 0.1);
    const { scorer, scope } = await openReaders(device, model);
    const first = await scorer.logLikelihood(images);
    for (let i = 0; i < 5; i++) expect(await scorer.logLikelihood(images)).toEqual(first);
    const alone = { ...images, count: 1, words: images.words.slice(-3) };
    expect((await scorer.logLikelihood(alone))[0]).toBe(first[2]);
    scope.arena.destroy();
  });
});

describe('samples', () => {
  it.each(GRIDS.slice(1))('on %o', async (grid) => {
    // Of weights around 0 half of the pixels turn on: of -2 in the biases few, so that runs of quiet pixels are long.
    for (const bias of [0, -2]) {
      const model = modelOf(grid, 2, 11, 0.35, bias);
      const errors = await samples(device, model, 6, [grid.width * grid.height]);
      expect(errors.wrong).toBe(0);
      expect(errors.ties).toBeLessThanOrEqual(1);
    }
  });

  it('cut anywhere, at another temperature, those of the cpu', async () => {
    const grid = { width: 9, height: 5 };
    const model = modelOf(grid, 3, 12, 0.3, -1);
    const errors = await samples(device, model, 5, [1, 0, 6, 13, 1000], 0.7);
    expect(errors.wrong).toBe(0);
    expect(errors.ties).toBeLessThanOrEqual(1);
  });
});

describe('gradients', () => {
  it.each(GRIDS)('on %o', async (grid) => {
    for (const [blocks, ink] of [
      [1, 0.3],
      [2, 0.08],
    ]) {
      const batch = randomImages(grid, 7, 14, ink);
      const errors = await gradientErrors(device, modelOf(grid, blocks, 13), batch, DESCEND);
      expect(errors.gradient).toBeLessThan(1e-4);
      expect(errors.loss).toBeLessThan(1e-5);
    }
  });

  it('towards grey levels', async () => {
    const grid = { width: 7, height: 9 };
    const random = randomSource(3);
    const levels = Uint8Array.from({ length: 5 * 63 }, () => Math.floor(random() * 256));
    const batch = randomImages(grid, 5, 15, 0.1);
    const errors = await gradientErrors(device, modelOf(grid, 3, 16), batch, DESCEND, null, levels);
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-5);
  });

  it('of blank and full images', async () => {
    const grid = { width: 9, height: 13 };
    for (const ink of [0, 1]) {
      const errors = await gradientErrors(
        device,
        modelOf(grid, 2, 15, 0.1),
        randomImages(grid, 2, 16, ink),
        DESCEND,
      );
      expect(errors.gradient).toBeLessThan(1e-4);
      expect(errors.loss).toBeLessThan(1e-5);
    }
  });

  it('of digits', async () => {
    const errors = await gradientErrors(device, modelOf(MNIST_GRID, 2, 15, 0.15), digits(2), DESCEND);
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-5);
  });

  it('of a batch in pieces add up', async () => {
    const grid = { width: 5, height: 7 };
    const model = modelOf(grid, 2, 17);
    const batch = randomImages(grid, 5, 18, 0.1);
    const whole = await gradientsOf(device, model, batch, gradientWithin(2 ** 26));
    const pieces = await gradientsOf(device, model, batch, gradientWithin(3.5 * featureBytes(model, true)));
    for (const name of Object.keys(whole)) {
      const largest = whole[name].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(worst(pieces[name], whole[name])).toBeLessThan(1e-5 * largest);
      expect(pieces[name]).not.toEqual(whole[name]);
    }
  });
});
