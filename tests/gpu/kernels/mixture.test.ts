import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Grid, MNIST_GRID, type PackedImages, sliceImages } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import type { Evaluator, EmIteration } from '../../../src/engine/backends/backend.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import type { ShaderSources } from '../../../src/gpu/wgsl.ts';
import { definition, initialise, reference } from '../../../src/models/mixture/reference.ts';
import type { Model } from '../../../src/models/model.ts';
import { readingErrors } from '../comparison.ts';
import {
  mutate,
  openTestBackend,
  randomImages,
  randomModel,
  rowOf,
  sizesAround,
  withBackend,
  worst,
} from '../setup.ts';

const SMALL = { width: 7, height: 5 };
/** Lanes and vectors are full, one short, one over; and all of 500. */
const COMPONENTS = [1, 3, 4, 5, 8, 9, 63, 255, 256, 257, 500];

let backend: WebGpuBackend;
beforeAll(async () => (backend = await openTestBackend()));
afterAll(() => backend.destroy());

function mixtureOf(components: number, grid: Grid, seed: number, scale = 1.5, centre = -0.5): Model {
  return randomModel('mixture', grid, { components }, seed, scale, centre);
}

async function readings(model: Model, images: PackedImages, on = backend) {
  const evaluator = await on.open(model);
  const errors = await readingErrors(evaluator, model, images);
  evaluator.destroy();
  return errors;
}

async function drain(emIteration: EmIteration, images: PackedImages) {
  const cut = Math.floor(images.count / 2);
  const nats =
    (await emIteration.add(sliceImages(images, 0, cut), null)) +
    (await emIteration.add(sliceImages(images, cut, images.count - cut), null));
  const tensors = await emIteration.finish();
  emIteration.destroy();
  return { nats, tensors };
}

/** Largest difference from one iteration of EM by plain loops: of a logit of the tensors, and of log p in nats an image. */
async function stepErrors(model: Model, images: PackedImages, on = backend) {
  const { nats, tensors } = await drain(await on.emIteration(model), images);
  const plain = definition.emIteration!(model, images);
  const exact = reference
    .open(model)
    .logLikelihood(images)
    .reduce((sum, one) => sum + one, 0);
  return {
    weight: worst(tensors.weight, plain.weight),
    logit: worst(tensors.logit, plain.logit),
    nats: Math.abs(nats - exact) / images.count,
  };
}

describe('log p and logits against plain loops in f64', () => {
  it.each(COMPONENTS)('%i components', async (components) => {
    const errors = await readings(mixtureOf(components, SMALL, 1), randomImages(SMALL, 9, 2));
    expect(errors.logLikelihood).toBeLessThan(1e-5);
    expect(errors.logits).toBeLessThan(1e-5);
  });

  it.each(sizesAround(16))('%i images', async (count) => {
    const errors = await readings(mixtureOf(13, SMALL, 3), randomImages(SMALL, count, 4));
    expect(errors.logLikelihood).toBeLessThan(1e-5);
    expect(errors.logits).toBeLessThan(1e-5);
  });

  it.each([1, 7, 8, 9, 31, 32, 33, 65, 101])('%i pixels', async (pixels) => {
    const grid = rowOf(pixels);
    const errors = await readings(mixtureOf(6, grid, 5), randomImages(grid, 7, 6));
    expect(errors.logLikelihood).toBeLessThan(2e-5);
    expect(errors.logits).toBeLessThan(2e-5);
  });

  it('28 x 28, as sharp as digits make it, to 1e-4 nats of hundreds', async () => {
    const model = mixtureOf(50, MNIST_GRID, 7, 6, -3);
    const images = randomImages(MNIST_GRID, 6, 8, 0.13);
    expect(reference.open(model).logLikelihood(images)[0]).toBeLessThan(-300);
    const errors = await readings(model, images);
    expect(errors.logLikelihood).toBeLessThan(1e-4);
    expect(errors.logits).toBeLessThan(5e-4);
  });

  it('logits up to 1e4', async () => {
    const errors = await readings(mixtureOf(5, SMALL, 9, 1e4, 0), randomImages(SMALL, 20, 10));
    // Sums of up to 35 numbers of up to 1e4, and differences of such sums.
    expect(errors.logLikelihood).toBeLessThan(1e-6 * 35 * 1e4);
    expect(errors.logits).toBeLessThan(1e-6 * 35 * 1e4);
  });
});

describe('samples against the cpu', () => {
  async function drawn(evaluator: Pick<Evaluator, 'sampler'>, count: number, temperature: number) {
    const indices = indexRange(500, count).reverse();
    const sampler = await evaluator.sampler({ seed: 77, indices, temperature });
    for (const pixels of [1, 0, 30, 2, 1000]) await sampler.advance(pixels);
    const { words } = await sampler.images();
    sampler.destroy();
    return words;
  }

  it.each([
    [1, 5, 1],
    [31, 65, 0.7],
    [33, 64, 1.4],
    [101, 40, 1],
  ])('%i pixels, %i images, temperature %f', async (pixels, count, temperature) => {
    const model = mixtureOf(6, rowOf(pixels), 11);
    const evaluator = await backend.open(model);
    const found = await drawn(evaluator, count, temperature);
    evaluator.destroy();
    const sampler = reference
      .open(model)
      .sampler({ seed: 77, indices: indexRange(500, count).reverse(), temperature });
    sampler.advance(pixels);
    expect(found).toEqual(sampler.images.words);
    expect(found.some((word) => word !== 0)).toBe(true);
  });
});

describe('an iteration of EM against plain loops in f64', () => {
  it.each(COMPONENTS)('%i components', async (components) => {
    const errors = await stepErrors(mixtureOf(components, SMALL, 12), randomImages(SMALL, 40, 13));
    expect(errors.weight).toBeLessThan(1e-5);
    expect(errors.logit).toBeLessThan(1e-5);
    expect(errors.nats).toBeLessThan(1e-5);
  });

  it.each(sizesAround(32))('as many images as pixels: %i', async (size) => {
    const grid = rowOf(size);
    const errors = await stepErrors(mixtureOf(7, grid, 14), randomImages(grid, size, 15));
    expect(errors.weight).toBeLessThan(1e-5);
    expect(errors.logit).toBeLessThan(2e-5);
    expect(errors.nats).toBeLessThan(2e-5);
  });

  it('climbs to where the cpu climbs', async () => {
    const images = randomImages(SMALL, 120, 16, 0.4);
    const hyper = { components: 5, strength: 1, 'class-conditional': 0 };
    const means = new Float64Array(35).fill(0.4);
    const start: Model = {
      family: 'mixture',
      grid: SMALL,
      hyper,
      tensors: initialise(SMALL, hyper, means, 3),
    };
    let [gpu, cpu] = [start, start];
    const reached: number[] = [];
    for (let round = 0; round < 6; round++) {
      const found = await drain(await backend.emIteration(gpu), images);
      reached.push(found.nats);
      gpu = { ...gpu, tensors: found.tensors };
      cpu = { ...cpu, tensors: definition.emIteration!(cpu, images) };
    }
    expect(worst(gpu.tensors.logit, cpu.tensors.logit)).toBeLessThan(1e-3);
    expect(reached[5]).toBeGreaterThan(reached[0] + 10);
  });
});

describe('the comparisons catch', () => {
  const images = randomImages(SMALL, 40, 17);
  const model = mixtureOf(70, SMALL, 18);
  const passes = (sources: ShaderSources | undefined): Promise<boolean> =>
    withBackend(sources, async (own) => {
      const read = await readings(model, images, own);
      const step = await stepErrors(model, images, own);
      return read.logLikelihood < 1e-5 && read.logits < 1e-5 && step.logit < 1e-5 && step.weight < 1e-5;
    });

  it('nothing in the kernels as they are', async () => {
    expect(await passes(undefined)).toBe(true);
  });

  it.each([
    [
      'padding counted as components',
      'lib/components.wgsl',
      'select(vec4<f32>(), exp(nats), real(vector))',
      'exp(nats)',
    ],
    ['digits lost', 'lib/components.wgsl', 'f32(joint.most & 4095)', '0.0'],
    [
      'the other lanes left out',
      'lib/components.wgsl',
      'sum_slots[thread] += sum_slots',
      'sum_slots[thread] = sum_slots',
    ],
    ['shares that do not sum to 1', 'responsibilities.wgsl', 'joint.low / joint.sum', 'joint.low'],
    ['a pixel for its neighbour', 'statistics.wgsl', '(bits >> 1u) & 1u', '(bits >> 2u) & 1u'],
    ['earlier batches forgotten', 'statistics.wgsl', '+= sum;', '= sum;'],
    ['earlier words forgotten', 'conditional-logits.wgsl', 'earlier < word', 'earlier + 1u < word'],
    [
      'its own pixel seen',
      'conditional-logits.wgsl',
      '(own_word >> bit) & 1u',
      '(own_word >> (bit + 1u)) & 1u',
    ],
  ])('%s', async (_, file, text, replacement) => {
    expect(await passes(mutate(`mixture/${file}`, text, replacement))).toBe(false);
  });
});
