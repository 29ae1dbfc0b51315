import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Grid, type PackedImages, sliceImages } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import type { Evaluator, EmIteration } from '../../../src/engine/backends/backend.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import type { ShaderSources } from '../../../src/gpu/wgsl.ts';
import { definition, initialise, reference } from '../../../src/models/tree-mixture/reference.ts';
import type { Model } from '../../../src/models/model.ts';
import { readingErrors } from '../comparison.ts';
import { mutate, openTestBackend, randomImages, randomModel, rowOf, withBackend, worst } from '../setup.ts';

const SMALL = { width: 7, height: 5 };

let backend: WebGpuBackend;
beforeAll(async () => (backend = await openTestBackend()));
afterAll(() => backend.destroy());

function mixtureOf(components: number, grid: Grid, seed: number, scale = 1.5, centre = -0.5): Model {
  return randomModel('tree-mixture', grid, { components }, seed, scale, centre);
}

/** The same trees with their pixels numbered anew, so that parents come before their children as well as after. */
function shuffled(model: Model): Model {
  const n = model.grid.width * model.grid.height;
  const parent = model.tensors.parent.slice();
  const anew = (pixel: number) => (29 * pixel + 17) % n;
  model.tensors.parent.forEach((p, at) => {
    const pixel = at % n;
    parent[at - pixel + anew(pixel)] = p < 0 ? -1 : anew(p);
  });
  return { ...model, tensors: { ...model.tensors, parent } };
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

/** Largest difference from one iteration of EM by plain loops: of a number of the tensors, and of log p in nats an image. */
async function stepErrors(model: Model, images: PackedImages, on = backend) {
  const { nats, tensors } = await drain(await on.emIteration(model), images);
  const plain = definition.emIteration!(model, images);
  const exact = reference
    .open(model)
    .logLikelihood(images)
    .reduce((sum, one) => sum + one, 0);
  return {
    weight: worst(tensors.weight, plain.weight),
    parent: worst(tensors.parent, plain.parent),
    logit: worst(tensors.logit, plain.logit),
    nats: Math.abs(nats - exact) / images.count,
  };
}

async function drawn(evaluator: Pick<Evaluator, 'sampler'>, count: number, temperature: number) {
  const indices = indexRange(500, count).reverse();
  const sampler = await evaluator.sampler({ seed: 77, indices, temperature });
  for (const pixels of [1, 0, 30, 2, 1000]) await sampler.advance(pixels);
  const { words } = await sampler.images();
  sampler.destroy();
  return words;
}

function drawnByCpu(model: Model, count: number, temperature: number): Uint32Array {
  const indices = indexRange(500, count).reverse();
  const sampler = reference.open(model).sampler({ seed: 77, indices, temperature });
  sampler.advance(1000);
  return sampler.images.words;
}

describe('log p and logits against plain loops in f64', () => {
  it.each([1, 3, 4, 5, 33, 200])('%i trees', async (components) => {
    const errors = await readings(mixtureOf(components, SMALL, 1), randomImages(SMALL, 5, 2));
    expect(errors.logLikelihood).toBeLessThan(1e-5);
    expect(errors.logits).toBeLessThan(2e-5);
  });

  it.each([1, 7, 31, 32, 33, 65])('%i pixels, parents before and after their children', async (pixels) => {
    const grid = rowOf(pixels);
    const images = randomImages(grid, 7, 6);
    for (const model of [mixtureOf(6, grid, 5), shuffled(mixtureOf(6, grid, 5))]) {
      const errors = await readings(model, images);
      expect(errors.logLikelihood).toBeLessThan(2e-5);
      expect(errors.logits).toBeLessThan(5e-5);
    }
  });

  it('logits up to 1e4', async () => {
    const errors = await readings(mixtureOf(5, SMALL, 9, 1e4, 0), randomImages(SMALL, 20, 10));
    // Sums of up to 35 numbers of up to 1e4, and differences of such sums.
    expect(errors.logLikelihood).toBeLessThan(1e-6 * 35 * 1e4);
    expect(errors.logits).toBeLessThan(1e-6 * 35 * 1e4);
  });
});

describe('samples against the cpu', () => {
  it.each([
    [1, 5, 1],
    [33, 65, 0.7],
    [65, 40, 1.4],
  ])('%i pixels, %i images, temperature %f', async (pixels, count, temperature) => {
    const model = shuffled(mixtureOf(6, rowOf(pixels), 11));
    const evaluator = await backend.open(model);
    const found = await drawn(evaluator, count, temperature);
    evaluator.destroy();
    expect(found).toEqual(drawnByCpu(model, count, temperature));
    expect(found.some((word) => word !== 0)).toBe(true);
  });
});

describe('an iteration of EM against plain loops in f64', () => {
  it.each([1, 3, 5, 33])('%i trees', async (components) => {
    const errors = await stepErrors(mixtureOf(components, SMALL, 12), randomImages(SMALL, 70, 13));
    expect(errors.parent).toBe(0);
    expect(errors.weight).toBeLessThan(1e-5);
    expect(errors.logit).toBeLessThan(5e-5);
    expect(errors.nats).toBeLessThan(1e-5);
  });

  it.each([31, 32, 33])('%i pixels', async (pixels) => {
    const grid = rowOf(pixels);
    const errors = await stepErrors(mixtureOf(3, grid, 14), randomImages(grid, 65, 15));
    expect(errors.parent).toBe(0);
    expect(errors.logit).toBeLessThan(5e-5);
    expect(errors.nats).toBeLessThan(2e-5);
  });

  it('climbs to where the cpu climbs, first without edges and then with them', async () => {
    const images = randomImages(SMALL, 120, 16, 0.4);
    const hyper = { components: 3, strength: 5, 'class-conditional': 0 };
    const means = new Float64Array(35).fill(0.4);
    const start: Model = {
      family: 'tree-mixture',
      grid: SMALL,
      hyper,
      tensors: initialise(SMALL, hyper, means, 3),
    };
    let [gpu, cpu] = [start, start];
    const reached: number[] = [];
    for (let round = 0; round < 4; round++) {
      const found = await drain(await backend.emIteration(gpu), images);
      reached.push(found.nats);
      gpu = { ...gpu, tensors: found.tensors };
      cpu = { ...cpu, tensors: definition.emIteration!(cpu, images) };
    }
    expect(gpu.tensors.parent).toEqual(cpu.tensors.parent);
    expect(worst(gpu.tensors.logit, cpu.tensors.logit)).toBeLessThan(1e-3);
    expect(reached[3]).toBeGreaterThan(reached[0] + 10);
  });
});

describe('the comparisons catch', () => {
  const images = randomImages(SMALL, 70, 17);
  const few = sliceImages(images, 0, 6);
  const model = shuffled(mixtureOf(7, SMALL, 18));
  const passes = (sources: ShaderSources | undefined): Promise<boolean> =>
    withBackend(sources, async (own) => {
      const read = await readings(model, few, own);
      if (!(read.logLikelihood < 1e-5 && read.logits < 2e-5)) return false;
      const evaluator = await own.open(model);
      const words = await drawn(evaluator, 40, 0.9);
      evaluator.destroy();
      if (worst(words, drawnByCpu(model, 40, 0.9)) > 0) return false;
      const step = await stepErrors(model, images, own);
      return step.parent === 0 && step.logit < 5e-5 && step.weight < 1e-5;
    });

  it('nothing in the kernels as they are', async () => {
    expect(await passes(undefined)).toBe(true);
  });

  it.each([
    ['parents left out', 'lib/joint.wgsl', 'node[at] + pair[at] * vec4<i32>(bits)', 'node[at]'],
    ['shares that do not sum to 1', 'responsibilities.wgsl', 'joint.low / joint.sum', 'joint.low'],
    ['a pixel for its neighbour', 'pairs.wgsl', '(bits >> 1u) & 1u', '(bits >> 2u) & 1u'],
    [
      'earlier batches forgotten',
      'pairs.wgsl',
      'pairs[index * threads + thread] += sums',
      'pairs[index * threads + thread] = sums',
    ],
    [
      'the last images left out',
      'pairs.wgsl',
      'first < params.images; first',
      'first + together < params.images; first',
    ],
    ['messages up left out', 'lib/evidence.wgsl', '+= own - message[cell(slot, at)]', '+= 0.0 * own'],
    ['what a pixel itself has said', 'lib/evidence.wgsl', ' - message[cell(slot, child)]', ''],
    ['known pixels passed by', 'lib/evidence.wgsl', 'while (above > i32(pixel))', 'while (above >= 0)'],
    [
      'a known parent taken for off',
      'lib/evidence.wgsl',
      'value = u32(is_on(slot.image, u32(above)))',
      'value = 0u',
    ],
    [
      'trees weighed alike',
      'conditional-logits.wgsl',
      'let nats = f32(weight[k] + before[first + k] - most) * params.unit',
      'let nats = 0.0',
    ],
    ['pixels drawn but not observed', 'sample.wgsl', '    observe(slot, pixel, on);\n', ''],
  ])('%s', async (_, file, text, replacement) => {
    expect(await passes(mutate(`tree-mixture/${file}`, text, replacement))).toBe(false);
  });
});
