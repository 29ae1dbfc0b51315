/** Products in tiles of 32: by 64 threads, as on GPUs of phones, and shared by 256, as of small batches. Their own errors are detected. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Grid, MNIST_GRID, type PackedImages } from '../../../src/data/images.ts';
import { openScope } from '../../../src/engine/backends/webgpu/scope.ts';
import { LogitReader, Scorer } from '../../../src/engine/backends/webgpu/scorer.ts';
import type { Device } from '../../../src/gpu/device.ts';
import type { ShaderSources } from '../../../src/gpu/wgsl.ts';
import type { Hyper, Model, Tensors } from '../../../src/models/model.ts';
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

const scaled = (tensors: Tensors, by: number): Tensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, values]) => [name, values.map((value) => by * value)]),
  );

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

/** More rows than 256 threads share a tile for, and few. */
const MANY = Infinity;
const FEW = 128;

async function read<T>(
  device: Device,
  model: Model,
  together: number,
  use: (scorer: Scorer, reader: LogitReader) => Promise<T>,
) {
  const scope = await openScope(device, model, model.tensors, [], READ, together);
  const found = await use(new Scorer(scope), new LogitReader(scope));
  const side = scope.constant('made/score.wgsl', 'tile_rows');
  scope.arena.destroy();
  return { found, side };
}

async function readings(device: Device, model: Model, images: PackedImages, together: number) {
  const { found } = await read(device, model, together, (scorer, reader) => {
    const logLikelihood = (given: PackedImages) => scorer.logLikelihood(given);
    const conditionalLogits = (given: PackedImages) => reader.conditionalLogits(given);
    return readingErrors({ logLikelihood, conditionalLogits }, model, images);
  });
  return found;
}

describe.each([
  ['by 64 threads', MANY],
  ['shared by 256 threads', FEW],
])('in tiles of 32, %s', (_, together) => {
  it.each(sizesAround(32))('%i images', async (count) => {
    const errors = await readings(small, made(GRID, {}, 2), randomImages(GRID, count, 3), together);
    expect(errors.logLikelihood).toBeLessThan(2e-5);
    expect(errors.logits).toBeLessThan(1e-5);
  });

  it.each(sizesAround(32))('%i units in 3 layers', async (hidden) => {
    const model = made(GRID, { hidden, layers: 3 }, 6);
    const errors = await readings(small, model, randomImages(GRID, 9, 7), together);
    expect(errors.logLikelihood).toBeLessThan(1e-4);
    expect(errors.logits).toBeLessThan(2e-5);
  });

  it.each(sizesAround(32))('gradients of %i images', async (count) => {
    const errors = await gradientErrors(
      small,
      made(GRID, { hidden: 40 }, 17),
      randomImages(GRID, count, 18),
      DESCEND,
      null,
      null,
      together,
    );
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-5);
  });

  it('28 x 28 pixels, whose sums are longer than a slab', async () => {
    const model = made(MNIST_GRID, { hidden: 90, orders: 1 }, 8);
    const light = { ...model, tensors: scaled(model.tensors, 0.2) };
    const errors = await readings(small, light, randomImages(MNIST_GRID, 4, 9, 0.13), together);
    expect(errors.logLikelihood).toBeLessThan(3e-4);
    expect(errors.logits).toBeLessThan(1e-4);
  });
});

describe('tiles of 32', () => {
  it('by 64 threads give the bits of tiles of 64, since each sum is of the same numbers in the same order', async () => {
    const model = made({ width: 11, height: 7 }, { hidden: 70, orders: 1 }, 8);
    const images = randomImages(model.grid, 70, 9);
    const logits = (device: Device) =>
      read(device, model, MANY, (_, reader) => reader.conditionalLogits(images));
    const [found, expected] = [await logits(small), await logits(large)];
    expect([found.side, expected.side]).toEqual([32, 64]);
    expect(found.found).toEqual(expected.found);
  });

  it.each([
    [
      MANY,
      'a row of sums twice',
      'lib/product-sums.wgsl',
      '= (*sum)[2];\n    slabs[192u',
      '= (*sum)[1];\n    slabs[192u',
    ],
    [
      MANY,
      'rows of another tile',
      'lib/product.wgsl',
      '[left_slab + k * 8u + row]',
      '[left_slab + k * 8u + column]',
    ],
    [FEW, 'two slices left out', 'lib/product-sums.wgsl', 'first < 4u', 'first < 2u'],
    [FEW, 'the same slice for all threads', 'lib/product.wgsl', '(slice * rounds + round)', '(round)'],
    [
      FEW,
      'one slice at a time',
      'lib/product-sums.wgsl',
      'slabs[thread] + slabs[256u + thread]',
      'slabs[thread]',
    ],
    [
      FEW,
      'a row of a slice twice',
      'lib/product-sums.wgsl',
      'slabs[at + 8u] = (*sum)[1]',
      'slabs[at + 8u] = (*sum)[0]',
    ],
    [
      MANY,
      'parts of images of the next tile',
      'made/lib/likelihood.wgsl',
      'thread < tile_rows && image',
      'image',
    ],
    [
      FEW,
      'parts as in tiles of 64',
      'made/ensemble.wgsl',
      '(params.pixels + tile_columns - 1u) / tile_columns',
      '(params.pixels + 63u) / 64u',
    ],
  ] as const)(
    'of %s rows are not taken for right with %s',
    async (together, _what, file, text, replacement) => {
      const broken = await openSmall(mutate(file, text, replacement));
      const grid = { width: 11, height: 7 };
      const errors = await readings(
        broken,
        made(grid, { hidden: 70, layers: 1 }, 8),
        randomImages(grid, 70, 9),
        together,
      );
      broken.destroy();
      expect(Math.max(errors.logLikelihood, errors.logits)).toBeGreaterThan(1e-3);
    },
  );
});
