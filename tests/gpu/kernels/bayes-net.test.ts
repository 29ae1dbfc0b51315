/** What the networks of bayes-net have of their own on the device: pairs counted from bit-planes, orders, large tables. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Grid, PackedImages } from '../../../src/data/images.ts';
import { getPixel, MNIST_GRID, pixelCount, unpackImage } from '../../../src/data/images.ts';
import { indexRange, randomWords, Stream, streamKey, uniform } from '../../../src/data/rng.ts';
import { openScope } from '../../../src/engine/backends/webgpu/scope.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import type { Device } from '../../../src/gpu/device.ts';
import { uploads } from '../../../src/gpu/work.ts';
import { structureOf } from '../../../src/models/bayes-net/layout.ts';
import { logits } from '../../../src/models/bayes-net/reference.ts';
import { sigmoid } from '../../../src/models/shared/math.ts';
import type { Model } from '../../../src/models/model.ts';
import { countErrors, readingErrors } from '../comparison.ts';
import {
  mutate,
  openTestBackend,
  openTestDevice,
  randomImages,
  randomModel,
  randomSource,
  rowOf,
  sizesAround,
  withBackend,
  withDevice,
} from '../setup.ts';

const SMALL = { width: 7, height: 5 };
const FULL = { width: 4, height: 4 };
const KERNELS = ['bayes-net/planes.wgsl', 'bayes-net/pairs.wgsl'];

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

/** Cells of the pair counts, and of the number of images, that differ from plain counting, after all batches were added. */
async function wrongPairs(on: Device, batches: readonly PackedImages[]): Promise<number> {
  const { grid } = batches[0];
  const n = pixelCount(grid);
  const scope = await openScope(on, { family: 'tree', grid, hyper: { strength: 1 } }, {}, [], KERNELS);
  const capacity = Math.max(...batches.map((batch) => batch.count));
  const images = scope.arena.storage('images', capacity * Math.ceil(n / 32) * 4);
  const counter = scope.program.counter!(scope, { images, capacity });
  for (const batch of batches) {
    await on.scheduler.run([...uploads(images, batch.words), ...counter.add(batch.count)]);
  }
  const { both, total } = counter.counts;
  const read = await on.readback.read([
    { source: both, count: n * n },
    { source: total, count: 1 },
  ]);
  scope.arena.destroy();
  const expected = new Uint32Array(n * n);
  for (const batch of batches) {
    for (let m = 0; m < batch.count; m++) {
      const lit = Array.from({ length: n }, (_, i) => i).filter((i) => getPixel(batch, m, i));
      for (const [at, i] of lit.entries()) {
        for (const j of lit.slice(at)) expected[i * n + j]++;
      }
    }
  }
  const found = new Uint32Array(read[0]);
  const all = batches.reduce((sum, batch) => sum + batch.count, 0);
  return (
    found.filter((value, at) => value !== expected[at]).length + Number(new Uint32Array(read[1])[0] !== all)
  );
}

/** A tree of which every pixel but the last hangs on a later one, so that raster order would be the wrong way round. */
function backwardTree(grid: Grid, seed: number): Model {
  const random = randomSource(seed);
  const n = pixelCount(grid);
  const model = randomModel('tree', grid, {}, seed, 2, 0);
  const parent = Float32Array.from({ length: n }, (_, i) =>
    i === n - 1 ? -1 : i + 1 + Math.floor(random() * Math.min(5, n - 1 - i)),
  );
  return { ...model, tensors: { ...model.tensors, parent } };
}

/** Images that differ from ancestral sampling in f64 in the model's order, at no near-tie; and those at near-ties. */
async function judge(model: Model, count: number, steps: readonly number[]) {
  const evaluator = await backend.open(model);
  const request = { seed: 3_000_000_019, indices: indexRange(1_000, count), temperature: 0.8 };
  const sampler = await evaluator.sampler(request);
  for (const pixels of steps) await sampler.advance(pixels);
  const images = await sampler.images();
  sampler.destroy();
  evaluator.destroy();
  const { order } = structureOf(model);
  const words = new Uint32Array(order.length);
  let wrong = 0;
  let ties = 0;
  for (let m = 0; m < count; m++) {
    randomWords(request.seed, streamKey(Stream.sample), request.indices[m], words);
    const z = logits(model, unpackImage(images, m));
    // The first place that differs: up to there all parents are as they were when the pixel was drawn.
    const off = [...order].findIndex(
      (i, place) => Number(uniform(words[place]) < sigmoid(z[i] / 0.8)) !== getPixel(images, m, i),
    );
    if (off < 0) continue;
    if (Math.abs(uniform(words[off]) - sigmoid(z[order[off]] / 0.8)) < 1e-5) ties++;
    else wrong++;
  }
  return { wrong, ties };
}

describe('pairs of pixels', () => {
  // A workgroup lays out 256 images and counts chunks of 1,024.
  it.each([...sizesAround(256), 1023, 1024, 1025])('%i images, then 40 more', async (count) => {
    expect(await wrongPairs(device, [randomImages(SMALL, count, 1), randomImages(SMALL, 40, 2)])).toBe(0);
  });

  it.each(sizesAround(32))('%i pixels', async (pixels) => {
    const grid = rowOf(pixels);
    expect(await wrongPairs(device, [randomImages(grid, 300, 3), randomImages(grid, 70, 4, 1)])).toBe(0);
  });

  it('28 x 28', async () => {
    expect(await wrongPairs(device, [randomImages(MNIST_GRID, 90, 5, 0.15)])).toBe(0);
  });

  it.each([
    ['a plane mixed up', 'bayes-net/planes.wgsl', '>> bit) & 1u', '>> group) & 1u'],
    ['images beyond the last counted', 'bayes-net/planes.wgsl', 'image < params.images', 'image < 4096u'],
    ['a block short', 'bayes-net/pairs.wgsl', 'word < params.words', 'word + 8u < params.words'],
    ['the wrong tile', 'bayes-net/pairs.wgsl', 'across--;', ''],
    ['half of a tile twice', 'bayes-net/pairs.wgsl', '(own_j + 16u)', '(own_j)'],
    ['pairs crossed', 'bayes-net/pairs.wgsl', 'i.xxyy & j.xyxy', 'i.xyxy & j.xyxy'],
    ['batches not added up', 'bayes-net/pairs.wgsl', '] += count', '] = count'],
    ['a total of batches', 'bayes-net/pairs.wgsl', '+= params.images', '+= 1u'],
  ])('are caught where kernels have %s', async (_what, file, text, replacement) => {
    const grid = rowOf(101);
    // The second batch is shorter, so that images of the first still lie behind it.
    const batches = [randomImages(grid, 280, 6), randomImages(grid, 40, 7)];
    const wrong = await withDevice(mutate(file, text, replacement), (mutated) =>
      wrongPairs(mutated, batches),
    );
    expect(wrong).toBeGreaterThan(0);
  });
});

describe('counting', () => {
  it.each([
    ['tree', {}, SMALL],
    ['chain', { direction: 0 }, SMALL],
    ['chain', { direction: 1 }, SMALL],
    ['texture', { k: 4 }, SMALL],
    ['texture', { k: 12 }, SMALL],
    ['full-joint', {}, FULL],
    ['full-joint', { strength: 20 }, { width: 2, height: 2 }],
  ] as const)('%s %o gives the tensors of the plain loops', async (family, hyper, grid) => {
    const batches = [randomImages(grid, 257, 8), randomImages(grid, 40, 9)];
    expect(await countErrors(backend, family, grid, { strength: 1, ...hyper }, batches)).toBeLessThan(1e-6);
  });
});

describe('counting in the memory of workgroups is not taken for right with', () => {
  it.each([
    ['counts that stay there', 'atomicAdd(&on[entry], ons)', 'atomicAdd(&on[entry], 0u)'],
    ['pixels of the next workgroup', 'slot < first + slots;', 'slot < first + slots + threads;'],
    [
      'entries in the places of others',
      'atomicAdd(&own_off[entry], 1u)',
      'atomicAdd(&own_off[entry ^ 1u], 1u)',
    ],
  ])('%s', async (_what, text, replacement) => {
    const images = [randomImages(SMALL, 257, 8)];
    const sources = mutate('bayes-net/count.wgsl', text, replacement);
    const wrong = await withBackend(sources, (own) =>
      countErrors(own, 'texture', SMALL, { k: 4, strength: 1 }, images),
    );
    expect(wrong).toBeGreaterThan(1e-6);
  });
});

describe('reading and sampling', () => {
  it.each([
    ['a tree against the raster', backwardTree(SMALL, 10)],
    ['a tree of 28 x 28', backwardTree(MNIST_GRID, 11)],
    ['a tree out of any numbers', randomModel('tree', SMALL, {}, 12, 40, 10)],
    ['a chain', randomModel('chain', SMALL, {}, 13, 2)],
    ['a chain upwards', randomModel('chain', SMALL, { direction: 1 }, 14, 2)],
    ['a full joint with tables of 2^15', randomModel('full-joint', FULL, {}, 15, 2)],
  ] as const)('%s', async (_what, model) => {
    const evaluator = await backend.open(model);
    const errors = await readingErrors(evaluator, model, randomImages(model.grid, 70, 16));
    evaluator.destroy();
    expect(errors.logLikelihood).toBeLessThan(1e-3);
    expect(errors.logits).toBeLessThan(1e-5);
    const n = pixelCount(model.grid);
    for (const steps of [[n], [1, 0, 6, 4, n]]) {
      const { wrong, ties } = await judge(model, 65, steps);
      expect(wrong).toBe(0);
      expect(ties).toBeLessThanOrEqual(1);
    }
  });
});
