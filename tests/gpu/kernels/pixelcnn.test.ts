/** PixelCNN's kernels against its plain loops in f64, and the same comparisons over kernels with one planted error each. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MNIST_GRID, type Grid, type PackedImages } from '../../../src/data/images.ts';
import type { Sampler } from '../../../src/engine/backends/backend.ts';
import { openSampler } from '../../../src/engine/backends/webgpu/sampler.ts';
import { LogitReader, Scorer } from '../../../src/engine/backends/webgpu/scorer.ts';
import { openScope } from '../../../src/engine/backends/webgpu/scope.ts';
import type { Device } from '../../../src/gpu/device.ts';
import { freeSize, layersOf } from '../../../src/models/pixelcnn/layout.ts';
import { evaluatorWithin } from '../../../src/models/pixelcnn/program.ts';
import { gradientWithin } from '../../../src/models/pixelcnn/program-gradient.ts';
import { reference } from '../../../src/models/pixelcnn/reference.ts';
import type { Model } from '../../../src/models/model.ts';
import type { SampleRequest } from '../../../src/models/sampling.ts';
import { gradientErrors, readingErrors, sampleErrors, targetBytes } from '../comparison.ts';
import { mutate, openTestDevice, randomImages, randomModel, worst, withDevice } from '../setup.ts';

const FORWARD = ['pixelcnn/first.wgsl', 'pixelcnn/block.wgsl'];
const READ = [...FORWARD, 'pixelcnn/score.wgsl', 'pixelcnn/conditional-logits.wgsl'];
const SAMPLE = ['ops/pack-rows.wgsl', 'pixelcnn/sample.wgsl'];
const DESCEND = [
  ...FORWARD,
  ...['head-back', 'up-back', 'block-back', 'first-weights', 'block-weights', 'head-weights', 'gather'].map(
    (name) => `pixelcnn/${name}.wgsl`,
  ),
];
/** Threads take 4 positions of a column, workgroups 64 of those: heights that are a multiple of 4 and that leave 1, 2 and 3, workgroups that are full and not. */
const GRIDS: readonly Grid[] = [
  { width: 1, height: 1 },
  { width: 3, height: 3 },
  { width: 5, height: 7 },
  { width: 16, height: 4 },
  { width: 8, height: 8 },
  { width: 17, height: 5 },
  { width: 9, height: 6 },
  { width: 2, height: 33 },
  { width: 35, height: 3 },
];

function modelOf(grid: Grid, blocks: number, seed: number, scale = 0.25): Model {
  return randomModel('pixelcnn', grid, { blocks }, seed, scale, 0);
}

async function openReaders(device: Device, model: Model) {
  const scope = await openScope(device, model, model.tensors, [], READ);
  return { scope, scorer: new Scorer(scope), reader: new LogitReader(scope) };
}

async function readings(device: Device, model: Model, images: PackedImages) {
  const { scope, scorer, reader } = await openReaders(device, model);
  const evaluator = {
    logLikelihood: (read: PackedImages) => scorer.logLikelihood(read),
    conditionalLogits: (read: PackedImages) => reader.conditionalLogits(read),
  };
  const errors = await readingErrors(evaluator, model, images);
  scope.arena.destroy();
  return errors;
}

async function samples(
  device: Device,
  model: Model,
  count: number,
  steps: readonly number[],
  temperature = 1,
) {
  const scope = await openScope(device, model, model.tensors, [], SAMPLE);
  const open = (request: SampleRequest): Promise<Sampler> => openSampler(scope, request);
  const errors = await sampleErrors(open, model, count, steps, temperature);
  scope.arena.destroy();
  return errors;
}

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
  // Compiling is what takes long here.
  await device.kernels([...new Set([...READ, ...SAMPLE, ...DESCEND])]);
}, 180_000);
afterAll(() => device.destroy());

describe('log p and logits', () => {
  it.each(GRIDS)('on %o', async (grid) => {
    for (const blocks of [1, 2]) {
      const errors = await readings(device, modelOf(grid, blocks, 1), randomImages(grid, 5, 2));
      expect(errors.logits).toBeLessThan(1e-5);
      expect(errors.logLikelihood).toBeLessThan(5e-5);
    }
  });

  it('of a blank image and a digit, by all 15 blocks', async () => {
    const model = modelOf(MNIST_GRID, 15, 3, 0.1);
    for (const ink of [0, 0.15]) {
      const errors = await readings(device, model, randomImages(MNIST_GRID, 1, 4, ink));
      expect(errors.logits).toBeLessThan(1e-4);
      expect(errors.logLikelihood).toBeLessThan(1e-3);
    }
  });

  it('of images in pieces are those of all at once', async () => {
    const grid = { width: 5, height: 7 };
    const model = modelOf(grid, 2, 5);
    const batch = randomImages(grid, 5, 6);
    const scope = await openScope(device, model, model.tensors, [], READ);
    const images = scope.arena.filled('batch', batch.words);
    // Features of an image take 60 x 64 x 4 bytes, margins included: two images at a time.
    const found = [];
    for (const bytes of [2 ** 24, 2 * 15_360]) {
      const run = evaluatorWithin(bytes)(scope, { images, capacity: 5 });
      found.push(await device.readback.floats(run.partial, run.parts * 5, run.logLikelihood(5)));
    }
    scope.arena.destroy();
    expect(found[1]).toEqual(found[0]);
    expect(new Set(found[0]).size).toBe(5);
  });

  it('of weights up to 1e4 are finite', async () => {
    const model = modelOf({ width: 5, height: 7 }, 15, 7, 1e4);
    const images = randomImages(model.grid, 3, 8);
    const { scorer, reader, scope } = await openReaders(device, model);
    for (const z of await reader.conditionalLogits(images)) expect(Number.isFinite(z)).toBe(true);
    for (const nats of await scorer.logLikelihood(images)) expect(Number.isFinite(nats)).toBe(true);
    scope.arena.destroy();
  });

  it('have the same bits every time', async () => {
    const model = modelOf({ width: 17, height: 5 }, 2, 9);
    const images = randomImages(model.grid, 3, 10);
    const { scorer, scope } = await openReaders(device, model);
    const first = await scorer.logLikelihood(images);
    for (let i = 0; i < 10; i++) expect(await scorer.logLikelihood(images)).toEqual(first);
    scope.arena.destroy();
  });
});

describe('samples', () => {
  it.each(GRIDS.slice(1, 8))('on %o', async (grid) => {
    const errors = await samples(device, modelOf(grid, 2, 11, 0.35), 6, [grid.width * grid.height]);
    expect(errors.wrong).toBe(0);
    expect(errors.ties).toBeLessThanOrEqual(1);
  });

  it('cut anywhere, at another temperature, those of the cpu', async () => {
    const grid = { width: 9, height: 5 };
    const model = modelOf(grid, 3, 12, 0.3);
    const errors = await samples(device, model, 5, [1, 0, 6, 13, 1000], 0.7);
    expect(errors.wrong).toBe(0);
    expect(errors.ties).toBeLessThanOrEqual(1);
    const request = { seed: 4, indices: Uint32Array.of(90_000, 3, 3), temperature: 0.7 };
    const scope = await openScope(device, model, model.tensors, [], SAMPLE);
    const onGpu = await openSampler(scope, request);
    const onCpu = reference.open(model).sampler(request);
    for (const pixels of [20, 25]) {
      await onGpu.advance(pixels);
      onCpu.advance(pixels);
    }
    const { words } = await onGpu.images();
    scope.arena.destroy();
    expect(words).toEqual(onCpu.images.words);
    expect(words.some((word) => word !== 0)).toBe(true);
  });
});

describe('gradients', () => {
  it.each(GRIDS)('on %o', async (grid) => {
    for (const blocks of [1, 2]) {
      const errors = await gradientErrors(
        device,
        modelOf(grid, blocks, 13),
        randomImages(grid, 7, 14),
        DESCEND,
      );
      expect(errors.gradient).toBeLessThan(1e-4);
      expect(errors.loss).toBeLessThan(1e-5);
    }
  });

  it('of digits', async () => {
    const model = modelOf(MNIST_GRID, 2, 15, 0.15);
    const errors = await gradientErrors(device, model, randomImages(MNIST_GRID, 3, 16, 0.15), DESCEND);
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-5);
  });

  it('of a batch in pieces add up', async () => {
    const grid = { width: 5, height: 7 };
    const model = modelOf(grid, 2, 17);
    const batch = randomImages(grid, 5, 18);
    const whole = await gradientsOf(model, batch, gradientWithin(2 ** 26));
    // Features of an image take 3 x 60 x 32 x 4 bytes, margins included: two images at a time.
    const pieces = await gradientsOf(model, batch, gradientWithin(2 * 23_040));
    for (const name of Object.keys(whole)) {
      const largest = whole[name].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(worst(pieces[name], whole[name])).toBeLessThan(1e-5 * largest);
      expect(pieces[name]).not.toEqual(whole[name]);
    }
  });

  it('are exactly 0 where the masks are', async () => {
    const grid = { width: 5, height: 7 };
    const model = modelOf(grid, 2, 18);
    const gradients = await gradientsOf(model, randomImages(grid, 3, 19));
    for (const { name, layer, copies } of layersOf(2)) {
      const free = gradients[name].reduce((sum, value) => sum + Number(value !== 0), 0);
      expect(free).toBeLessThanOrEqual(copies * freeSize(layer));
      expect(free).toBeGreaterThan(0.5 * copies * freeSize(layer));
    }
  });
});

async function gradientsOf(
  model: Model,
  batch: PackedImages,
  open = gradientWithin(2 ** 26),
): Promise<Record<string, Float32Array>> {
  const scope = await openScope(device, model, model.tensors, [], DESCEND);
  const { arena } = scope;
  const images = arena.filled('batch', batch.words);
  const labels = arena.storage('labels', batch.count * 4);
  const targets = arena.filled('targets', targetBytes(batch));
  const sizes = Object.entries(model.tensors).map(([name, { length }]) => ({ name, length }));
  const gradients = Object.fromEntries(
    sizes.map(({ name, length }) => [name, arena.storage(`d_${name}`, length * 4)]),
  );
  const run = open(scope, { images, targets, labels, capacity: batch.count, gradients });
  await device.scheduler.run(run.gradient(batch.count));
  const read = await device.readback.read(
    sizes.map(({ name, length }) => ({ source: gradients[name], count: length })),
  );
  arena.destroy();
  return Object.fromEntries(sizes.map(({ name }, i) => [name, new Float32Array(read[i])]));
}

/** Kernels with one planted error each, judged as above. */
describe('a planted error is caught:', () => {
  const grid = { width: 17, height: 5 };
  const checks: Record<string, (mutated: Device) => Promise<boolean>> = {
    reads: async (mutated) =>
      (await readings(mutated, modelOf(grid, 2, 1), randomImages(grid, 5, 2))).logits < 1e-5,
    samples: async (mutated) => (await samples(mutated, modelOf(grid, 2, 11, 0.35), 6, [85])).wrong === 0,
    descends: async (mutated) =>
      (await gradientErrors(mutated, modelOf(grid, 2, 13), randomImages(grid, 7, 14), DESCEND)).gradient <
      1e-4,
  };

  it.each([
    ['reads', 'the residual added twice', 'block.wgsl', 'before + sum', 'before + before + sum'],
    ['reads', 'a mask B one to the right', 'block.wgsl', 'inside_at(above - 1u)', 'inside_at(above)'],
    ['reads', 'a position of another row', 'block.wgsl', 'further_down(here, inside[last])', 'here'],
    ['reads', 'a row that the grid lacks', 'lib/down.wgsl', 'if (rows > 1u) {', 'if (rows > 0u) {'],
    ['reads', 'a mask A that sees the pixel itself', 'first.wgsl', 'select(7u, 3u,', 'select(7u, 4u,'],
    ['reads', 'pixels of the row before', 'lib/pixels.wgsl', 'begin + 3u - column', '0u'],
    ['reads', 'words that end too soon', 'lib/pixels.wgsl', 'shift > 25u', 'shift > 26u'],
    ['reads', 'no margin to the left', 'lib/stacks.wgsl', 'return params.width + 1u', 'return params.width'],
    ['samples', 'a ring one short', 'lib/sample-block.wgsl', 'params.width + 1u', 'params.width'],
    ['samples', 'one uniform for 4 images', 'sample.wgsl', 'indices[own]', 'indices[image]'],
    [
      'samples',
      'a channel of the stream lost',
      'lib/sample-block.wgsl',
      '(i & 7u) == o',
      '(i & 7u) == o + 1u',
    ],
    ['samples', 'what another block saw', 'lib/sample-block.wgsl', 'earlier[block * 16u + i]', 'earlier[i]'],
    [
      'descends',
      'the residual passed back twice',
      'block-back.wgsl',
      'within(behind +',
      'within(2.0 * behind +',
    ],
    [
      'descends',
      'a tap from the wrong side',
      'block-back.wgsl',
      'd_inside[last + 1u]',
      'd_inside[last - 1u]',
    ],
    ['descends', 'a block that is left out', 'block-back.wgsl', 'params.block > 0u', 'params.block > 1u'],
    [
      'descends',
      'taps from below',
      'block-weights.wgsl',
      '* params.plane + at - pitch()]',
      '* params.plane + at + pitch()]',
    ],
    ['descends', 'left and here mixed up', 'lib/outer.wgsl', 'outer(before, d)', 'outer(own, d)'],
    [
      'descends',
      'an image short',
      'lib/outer.wgsl',
      'params.images * image_pitch()',
      '(params.images - 1u) * image_pitch()',
    ],
  ])('%s: %s', async (check, _what, file, text, replacement) => {
    expect(await withDevice(mutate(`pixelcnn/${file}`, text, replacement), checks[check])).toBe(false);
  });

  it('and none is found in the kernels as they are', async () => {
    for (const check of Object.values(checks)) expect(await check(device)).toBe(true);
  });
});
