/** Ten class models are read back together. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { indexRange } from '../../../src/data/rng.ts';
import { zerosLike } from '../../../src/engine/backends/references.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import { openTestBackend, randomImages, randomModel, readbacksOf } from '../setup.ts';

const GRID = { width: 5, height: 4 };
const CLASSES_TOO = { 'class-conditional': 1 };
const LABELS = Uint8Array.from({ length: 40 }, (_, m) => m % 10);

let backend: WebGpuBackend;
beforeAll(async () => {
  backend = await openTestBackend();
});
afterAll(() => backend.destroy());
afterEach(() => vi.restoreAllMocks());

describe('a model of every class is read by one readback', () => {
  const images = randomImages(GRID, 40, 3);

  it('scores', async () => {
    const evaluator = await backend.open(randomModel('tree', GRID, CLASSES_TOO, 1));
    expect(await readbacksOf(() => evaluator.logLikelihood(images))).toBe(1);
    evaluator.destroy();
  });

  it('iterations of a draw', async () => {
    const evaluator = await backend.open(randomModel('tree', GRID, CLASSES_TOO, 1));
    const request = { seed: 1, indices: indexRange(0, 60), temperature: 1 };
    const sampler = await evaluator.iterativeSampler('fixed-point', request);
    expect(await readbacksOf(() => sampler.advance(1))).toBe(1);
    expect(sampler.iterations).toBe(1);
    sampler.destroy();
    evaluator.destroy();
  });

  it('what was counted', async () => {
    const hyper = { k: 4, strength: 1, prior: 0, ...CLASSES_TOO };
    const counter = await backend.counter('neighbours', GRID, hyper);
    await counter.add(images, LABELS);
    expect(await readbacksOf(() => counter.finish())).toBe(1);
    counter.destroy();
  });

  it('the state of a run', async () => {
    const model = randomModel('fvsbn', GRID, CLASSES_TOO, 2, 0.1);
    const grey = { grid: GRID, count: 40, labels: LABELS, pixels: new Uint8Array(40 * 20).fill(90) };
    const moments = () => zerosLike(model.tensors);
    const state = { step: 0, tensors: model.tensors, firstMoments: moments(), secondMoments: moments() };
    const learner = await backend.learner({
      ...model,
      images: grey,
      binarisation: { kind: 'dynamic', seed: 1 },
      batchSize: 4,
      state,
    });
    await learner.step(Uint32Array.of(3, 13, 23, 33), 0, 0.01);
    expect(await readbacksOf(() => learner.state())).toBe(1);
    learner.destroy();
  });
});
