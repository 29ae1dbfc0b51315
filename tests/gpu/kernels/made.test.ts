/** MADE's kernels against the plain loops of its definition in f64, and proof that the comparisons can fail. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  MNIST_GRID,
  pixelCount,
  unpackImage,
  type Grid,
  type PackedImages,
} from '../../../src/data/images.ts';
import { indexRange, randomWords, Stream, streamKey, uniform } from '../../../src/data/rng.ts';
import { openSampler } from '../../../src/engine/backends/webgpu/sampler.ts';
import { openScope, type OpenScope } from '../../../src/engine/backends/webgpu/scope.ts';
import { LogitReader, Scorer } from '../../../src/engine/backends/webgpu/scorer.ts';
import type { Device } from '../../../src/gpu/device.ts';
import { ensembleOrders } from '../../../src/models/made/masks.ts';
import { logitsIn, reference } from '../../../src/models/made/reference.ts';
import { orderNumberOf } from '../../../src/models/made/sampler.ts';
import { sigmoid } from '../../../src/models/shared/math.ts';
import type { Hyper, Model } from '../../../src/models/model.ts';
import { gradientErrors, readingErrors, type ReadingErrors } from '../comparison.ts';
import {
  mutate,
  openTestDevice,
  randomImages,
  randomModel,
  rowOf,
  sizesAround,
  worst,
  withDevice,
} from '../setup.ts';

const SMALL = { width: 7, height: 5 };

const made = (grid: Grid, hyper: Partial<Hyper>, seed: number, scale = 0.5, centre = 0): Model =>
  randomModel('made', grid, { hidden: 20, layers: 1, orders: 2, direct: 0, ...hyper }, seed, scale, centre);

/** No more kernels than a check needs: compiling is what takes long here. */
const paths = (...names: readonly string[]) => names.map((name) => `made/${name}.wgsl`);
const FORWARD = paths('arrange', 'base', 'first', 'ensemble');
const SCORE = [...FORWARD, ...paths('score')];
const READ = [...SCORE, ...paths('layer', 'conditional-logits')];
const SAMPLE = paths('begin-units', 'begin-places', 'sample');
const DESCEND = [
  ...FORWARD,
  ...paths('delta', 'back-output', 'gradient-output', 'gradient-first', 'output-bias-gradient'),
  'ops/bias-gradient.wgsl',
];
const DESCEND_DIRECT = [...DESCEND, ...paths('gradient-direct')];
const DESCEND_DEEP = [...DESCEND, ...paths('layer', 'back-layer', 'gradient-layer')];

async function inScope<T>(
  device: Device,
  model: Model,
  kernels: readonly string[],
  use: (scope: OpenScope) => Promise<T>,
): Promise<T> {
  const scope = await openScope(device, model, model.tensors, [], kernels);
  try {
    return await use(scope);
  } finally {
    scope.arena.destroy();
  }
}

function readings(device: Device, model: Model, images: PackedImages): Promise<ReadingErrors> {
  return inScope(device, model, READ, (scope) => {
    const scorer = new Scorer(scope);
    const reader = new LogitReader(scope);
    const evaluator = {
      logLikelihood: (read: PackedImages) => scorer.logLikelihood(read),
      conditionalLogits: (read: PackedImages) => reader.conditionalLogits(read),
    };
    return readingErrors(evaluator, model, images);
  });
}

/** Images that differ from the chain rule of their order at a pixel where u and p are further apart than 1e-5. */
async function wrongSamples(
  device: Device,
  model: Model,
  indices: Uint32Array<ArrayBuffer>,
  steps: readonly number[],
  temperature = 1,
): Promise<{ wrong: number; ties: number; likeCpu: number; orders: number }> {
  const request = { seed: 3_000_000_019, indices, temperature };
  const images = await inScope(device, model, SAMPLE, async (scope) => {
    const sampler = await openSampler(scope, request);
    for (const places of steps) await sampler.advance(places);
    const drawn = await sampler.images();
    sampler.destroy();
    return drawn;
  });
  const n = pixelCount(model.grid);
  const all = ensembleOrders(model.grid, model.hyper);
  const words = new Uint32Array(n);
  const used = new Set<number>();
  let wrong = 0;
  let ties = 0;
  indices.forEach((index, m) => {
    const o = orderNumberOf(request.seed, index, all.length);
    used.add(o);
    randomWords(request.seed, streamKey(Stream.sample), index, words);
    const x = unpackImage(images, m);
    const z = logitsIn(model, all[o], x);
    const p = Float64Array.from(all[o], (pixel) => sigmoid(z[pixel] / temperature));
    const off = p.findIndex((pt, t) => Number(uniform(words[t]) < pt) !== x[all[o][t]]);
    if (off < 0) return;
    if (Math.abs(uniform(words[off]) - p[off]) < 1e-5) ties++;
    else wrong++;
  });
  const cpu = reference.open(model).sampler(request);
  cpu.advance(n);
  const stride = images.words.length / indices.length;
  const likeCpu = indices.filter((_, m) =>
    images.words
      .subarray(m * stride, (m + 1) * stride)
      .every((word, w) => word === cpu.images.words[m * stride + w]),
  ).length;
  return { wrong, ties, likeCpu, orders: used.size };
}

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

describe('log p and logits', () => {
  it.each(sizesAround(64))('%i images', async (count) => {
    const errors = await readings(device, made(SMALL, { orders: 3 }, 2), randomImages(SMALL, count, 3));
    expect(errors.logLikelihood).toBeLessThan(2e-5);
    expect(errors.logits).toBeLessThan(1e-5);
  });

  it.each([...sizesAround(64), 31, 32, 33])('%i pixels', async (pixels) => {
    const grid = rowOf(pixels);
    const errors = await readings(device, made(grid, { layers: 2 }, 4, 0.3), randomImages(grid, 9, 5));
    expect(errors.logLikelihood).toBeLessThan(1e-4);
    expect(errors.logits).toBeLessThan(2e-5);
  });

  it.each(sizesAround(64))('%i units in 3 layers', async (hidden) => {
    const model = made(SMALL, { hidden, layers: 3, orders: 2 }, 6, 0.2);
    const errors = await readings(device, model, randomImages(SMALL, 9, 7));
    expect(errors.logLikelihood).toBeLessThan(1e-4);
    expect(errors.logits).toBeLessThan(2e-5);
  });

  it.each(sizesAround(64))('%i pixels, which see each other directly', async (pixels) => {
    const grid = rowOf(pixels);
    const errors = await readings(
      device,
      made(grid, { orders: 3, direct: 1 }, 4, 0.3),
      randomImages(grid, 9, 5),
    );
    expect(errors.logLikelihood).toBeLessThan(1e-4);
    expect(errors.logits).toBeLessThan(2e-5);
  });

  it('28 x 28, one order and several, images from blank to full', async () => {
    for (const orders of [1, 3]) {
      const model = made(MNIST_GRID, { hidden: 90, orders, direct: Number(orders === 1) }, 8, 0.1);
      for (const ink of [0, 0.13, 1]) {
        const errors = await readings(device, model, randomImages(MNIST_GRID, 4, 9, ink));
        expect(errors.logLikelihood, `ink ${ink}`).toBeLessThan(3e-4);
        expect(errors.logits, `ink ${ink}`).toBeLessThan(1e-4);
      }
    }
  });

  it('as many images as go in several runs', async () => {
    const model = made({ width: 2, height: 2 }, { hidden: 1000, orders: 8 }, 10, 0.1);
    // 2^22 units at a time are 524 images.
    const errors = await readings(device, model, randomImages(model.grid, 600, 11));
    expect(errors.logLikelihood).toBeLessThan(1e-4);
  });

  it('the same bits again and again', () =>
    inScope(device, made(SMALL, { orders: 4 }, 12), READ, async (scope) => {
      const scorer = new Scorer(scope);
      const images = randomImages(SMALL, 70, 13);
      const first = await scorer.logLikelihood(images);
      for (let i = 0; i < 20; i++) expect(await scorer.logLikelihood(images)).toEqual(first);
    }));
});

describe('samples: those of ancestral sampling in f64, and of the cpu', () => {
  it.each([...sizesAround(64), 33])('%i pixels', async (pixels) => {
    const found = await wrongSamples(device, made(rowOf(pixels), { orders: 3 }, 14), indexRange(1_000, 20), [
      pixels,
    ]);
    expect(found.wrong).toBe(0);
    expect(found.ties).toBeLessThanOrEqual(1);
    expect(found.likeCpu).toBeGreaterThanOrEqual(19);
    expect(found.orders).toBe(3);
  });

  it.each(sizesAround(64))('%i units in 3 layers, cut anywhere, at another temperature', async (hidden) => {
    const model = made(SMALL, { hidden, layers: 3, orders: 8 }, 15, 0.4);
    const found = await wrongSamples(device, model, indexRange(0, 40), [1, 0, 6, 13, 1000], 0.7);
    expect(found.wrong).toBe(0);
    expect(found.ties).toBeLessThanOrEqual(1);
    expect(found.likeCpu).toBeGreaterThanOrEqual(39);
  });

  it.each(sizesAround(64))('%i pixels, which see each other directly, cut anywhere', async (pixels) => {
    const model = made(rowOf(pixels), { orders: 3, direct: 1 }, 14);
    const found = await wrongSamples(device, model, indexRange(1_000, 20), [1, 20, pixels], 0.9);
    expect(found.wrong).toBe(0);
    expect(found.ties).toBeLessThanOrEqual(1);
    expect(found.likeCpu).toBeGreaterThanOrEqual(19);
  });

  it('28 x 28, any image numbers', async () => {
    for (const [orders, layers, direct] of [
      [1, 1, 1],
      [2, 2, 0],
    ]) {
      const model = made(MNIST_GRID, { hidden: 120, layers, orders, direct }, 16, 0.1, -0.02);
      const found = await wrongSamples(
        device,
        model,
        Uint32Array.of(5, 4_000_000_000, 3, 3, 77, 12),
        [100, 28, 400, 300],
      );
      expect(found.wrong).toBe(0);
      expect(found.ties).toBeLessThanOrEqual(1);
    }
  });
});

describe('gradient', () => {
  it.each([...sizesAround(64), 15, 16, 17])('%i images', async (count) => {
    const model = made(SMALL, { orders: 2 }, 17);
    const errors = await gradientErrors(device, model, randomImages(SMALL, count, 18), DESCEND);
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-6);
  });

  it.each(sizesAround(64))('%i pixels', async (pixels) => {
    const grid = rowOf(pixels);
    const model = made(grid, { orders: 3 }, 19, 0.3);
    const errors = await gradientErrors(device, model, randomImages(grid, 21, 20), DESCEND);
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-5);
  });

  it.each(sizesAround(64))('%i pixels, which see each other directly', async (pixels) => {
    const grid = rowOf(pixels);
    const model = made(grid, { orders: 3, direct: 1 }, 19, 0.3);
    const errors = await gradientErrors(device, model, randomImages(grid, 21, 20), DESCEND_DIRECT);
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-5);
  });

  it.each(sizesAround(64))('%i units in 3 layers', async (hidden) => {
    const model = made(SMALL, { hidden, layers: 3, orders: 2 }, 21, 0.3);
    const errors = await gradientErrors(device, model, randomImages(SMALL, 21, 22), DESCEND_DEEP);
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-5);
  });

  it('28 x 28', async () => {
    const model = made(MNIST_GRID, { hidden: 90, layers: 2, orders: 2 }, 23, 0.1);
    const errors = await gradientErrors(device, model, randomImages(MNIST_GRID, 12, 24, 0.13), DESCEND_DEEP);
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-5);
  });
});

/** Neither a multiple of a word nor of a tile, and more than a tile of everything but images. */
const ODD = { width: 11, height: 7 };
type Check = (device: Device) => Promise<boolean>;
const CHECKS: Record<string, Check> = {
  scores: async (own) => {
    const model = made(ODD, { hidden: 70, orders: 3 }, 24, 0.25);
    const images = randomImages(ODD, 70, 25);
    const found = await inScope(own, model, SCORE, (scope) => new Scorer(scope).logLikelihood(images));
    const exact = reference.open(model).logLikelihood(images);
    return worst(found, exact) < 1e-4;
  },
  reads: async (own) => {
    const model = made(ODD, { hidden: 70, layers: 2, orders: 3, direct: 1 }, 25, 0.2);
    const errors = await readings(own, model, randomImages(ODD, 70, 26));
    return errors.logLikelihood < 1e-4 && errors.logits < 2e-5;
  },
  samples: async (own) => {
    const model = made(ODD, { hidden: 70, layers: 3, orders: 3, direct: 1 }, 27, 0.25);
    return (await wrongSamples(own, model, indexRange(9, 30), [30, 100], 0.8)).wrong === 0;
  },
  descends: async (own) => {
    const model = made(ODD, { hidden: 70, orders: 2, direct: 1 }, 28, 0.25);
    const errors = await gradientErrors(own, model, randomImages(ODD, 40, 29), DESCEND_DIRECT);
    return errors.gradient < 1e-4 && errors.loss < 1e-5;
  },
};

describe('the checks pass on the kernels as they are', () => {
  it.each(Object.keys(CHECKS))('%s', async (check) => {
    expect(await CHECKS[check](device)).toBe(true);
    expect(await withDevice(undefined, CHECKS[check], { subgroups: false })).toBe(true);
  });
});

describe('and catch', () => {
  it.each([
    ['scores', 'a pixel that sees itself', 'made/lib/logits', 'place > degree_of', 'place >= degree_of'],
    ['scores', 'raster for every order', 'made/arrange', 'pixel_of(order, place)', 'pixel_of(0u, place)'],
    ['scores', 'a sum for a mean', 'made/ensemble', 'total / f32(params.orders)', 'total'],
    [
      'reads',
      'no rectifier',
      'made/lib/write-units',
      'max(0.0, bias[unit] + four[c])',
      'bias[unit] + four[c]',
    ],
    ['reads', 'another winner', 'made/ensemble', 'image) > 0.0', 'image) < 0.0'],
    ['reads', 'a later pixel seen directly', 'made/base', 'before < place &&', 'before != place &&'],
    ['reads', 'the pixel just before left out', 'made/base', 'before < place &&', 'before + 1u < place &&'],
    ['samples', 'direct weights of another order', 'made/lib/sampler', 'pixel_of(order, later)]', 'later]'],
    ['samples', 'a threshold left out', 'made/lib/sampler', 'own_from(place + 1u', 'own_from(place + 2u'],
    ['descends', 'a pixel that sees itself', 'made/gradient-direct', 'before < place)', 'before <= place)'],
    [
      'descends',
      'direct weights of the last order alone',
      'made/gradient-direct',
      'earlier + select',
      'select',
    ],
    ['samples', 'another order', 'made/begin-places', '>> 24u', '>> 25u'],
    ['samples', 'uniforms by pixel', 'made/begin-places', 'index, place)', 'index, pixel_of(order, place))'],
    ['samples', 'units settled late', 'made/lib/sampler', 'units_below(place + 1u)', 'units_below(place)'],
    ['samples', 'threads left out', 'lib/total', 'var other = 0u', 'var other = 1u'],
    ['samples', 'sums of threads left out', 'lib/total', 'part < 8u', 'part < 7u'],
    ['descends', 'orders not weighed', 'made/back-output', 'shares[row] * four', 'four'],
    ['descends', 'the last order alone', 'made/lib/add-gradient', 'before + select', 'select'],
    ['descends', 'an image left out', 'ops/bias-gradient', 'var row = 0u', 'var row = 1u'],
  ])('%s: %s', async (check, _what, file, text, replacement) => {
    const sources = mutate(`${file}.wgsl`, text, replacement);
    // Without subgroups, whose kernels sampler-variants.test.ts plants errors in.
    expect(await withDevice(sources, CHECKS[check], { subgroups: false })).toBe(false);
  });
});
