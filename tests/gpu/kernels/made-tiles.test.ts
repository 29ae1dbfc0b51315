/** Products in tiles of 32, which GPUs of phones and small batches take: the sums of tiles of 64, and their own errors are detected. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Grid, PackedImages } from '../../../src/data/images.ts';
import { openScope } from '../../../src/engine/backends/webgpu/scope.ts';
import { LogitReader, Scorer } from '../../../src/engine/backends/webgpu/scorer.ts';
import type { Device } from '../../../src/gpu/device.ts';
import type { ShaderSources } from '../../../src/gpu/wgsl.ts';
import type { Hyper, Model } from '../../../src/models/model.ts';
import { gradientErrors, readingErrors } from '../comparison.ts';
import { mutate, openTestDevice, randomImages, randomModel, sizesAround } from '../setup.ts';

const GRID = { width: 7, height: 5 };
const paths = (...names: readonly string[]) => names.map((name) => `made/${name}.wgsl`);
const READ = paths('arrange', 'base', 'first', 'layer', 'score', 'ensemble', 'conditional-logits');
const DESCEND = [
  ...paths('arrange', 'base', 'first', 'layer', 'ensemble', 'delta', 'back-output', 'back-layer'),
  ...paths('gradient-direct', 'gradient-output', 'gradient-first', 'gradient-layer', 'output-bias-gradient'),
  'ops/bias-gradient.wgsl',
];

const made = (grid: Grid, hyper: Hyper, seed: number): Model =>
  randomModel('made', grid, { hidden: 20, layers: 2, orders: 2, direct: 1, ...hyper }, seed, 0.3, 0);

/** As a device with few registers. */
const openSmall = (sources?: ShaderSources) =>
  openTestDevice({ vendor: 'arm', ...(sources ? { sources } : {}) });

let small: Device;
let large: Device;
beforeAll(async () => {
  [small, large] = [await openSmall(), await openTestDevice()];
});
afterAll(() => {
  small.destroy();
  large.destroy();
});

async function read<T>(
  device: Device,
  model: Model,
  use: (scorer: Scorer, reader: LogitReader) => Promise<T>,
) {
  const scope = await openScope(device, model, model.tensors, [], READ);
  const found = await use(new Scorer(scope), new LogitReader(scope));
  const side = scope.constant('made/score.wgsl', 'tile_rows');
  scope.arena.destroy();
  return { found, side };
}

async function readings(device: Device, model: Model, images: PackedImages) {
  const { found } = await read(device, model, (scorer, reader) => {
    const logLikelihood = (given: PackedImages) => scorer.logLikelihood(given);
    const conditionalLogits = (given: PackedImages) => reader.conditionalLogits(given);
    return readingErrors({ logLikelihood, conditionalLogits }, model, images);
  });
  return found;
}

describe('in tiles of 32', () => {
  it.each(sizesAround(32))('%i images', async (count) => {
    const errors = await readings(small, made(GRID, {}, 2), randomImages(GRID, count, 3));
    expect(errors.logLikelihood).toBeLessThan(2e-5);
    expect(errors.logits).toBeLessThan(1e-5);
  });

  it.each(sizesAround(32))('%i units in 3 layers', async (hidden) => {
    const model = made(GRID, { hidden, layers: 3 }, 6);
    const errors = await readings(small, model, randomImages(GRID, 9, 7));
    expect(errors.logLikelihood).toBeLessThan(1e-4);
    expect(errors.logits).toBeLessThan(2e-5);
  });

  it.each(sizesAround(32))('gradients of %i images', async (count) => {
    const errors = await gradientErrors(
      small,
      made(GRID, { hidden: 40 }, 17),
      randomImages(GRID, count, 18),
      DESCEND,
    );
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-5);
  });

  it('the bits of tiles of 64, since each sum is of the same numbers in the same order', async () => {
    const model = made({ width: 11, height: 7 }, { hidden: 70, orders: 1 }, 8);
    const images = randomImages(model.grid, 70, 9);
    const logits = (device: Device) => read(device, model, (_, reader) => reader.conditionalLogits(images));
    const [found, expected] = [await logits(small), await logits(large)];
    expect([found.side, expected.side]).toEqual([32, 64]);
    expect(found.found).toEqual(expected.found);
  });

  it.each([
    [
      'a row of sums twice',
      'lib/product.wgsl',
      '= (*sum)[2];\n    slabs[192u',
      '= (*sum)[1];\n    slabs[192u',
    ],
    ['rows of another tile', 'lib/product.wgsl', 'slabs[k * 8u + row]', 'slabs[k * 8u + column]'],
    ['parts of images of the next tile', 'made/lib/likelihood.wgsl', 'thread < tile_rows && image', 'image'],
    [
      'parts as in tiles of 64',
      'made/ensemble.wgsl',
      '(params.pixels + tile_columns - 1u) / tile_columns',
      '(params.pixels + 63u) / 64u',
    ],
  ])('is not taken for right with %s', async (_what, file, text, replacement) => {
    const broken = await openSmall(mutate(file, text, replacement));
    const grid = { width: 11, height: 7 };
    const errors = await readings(
      broken,
      made(grid, { hidden: 70, layers: 1 }, 8),
      randomImages(grid, 70, 9),
    );
    broken.destroy();
    expect(Math.max(errors.logLikelihood, errors.logits)).toBeGreaterThan(1e-3);
  });
});
