import { indexRange } from '../../../src/data/rng.ts';
import { describe, expect, it } from 'vitest';
import { binariseRows } from '../../../src/data/binarise.ts';
import type { Binarisation } from '../../../src/data/binarisation.ts';
import type { GreyImages } from '../../../src/data/images.ts';
import { pixelCount } from '../../../src/data/images.ts';
import { adam } from '../../../src/engine/backends/adam.ts';
import type { LearnerState } from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { initialState, referenceOf } from '../../../src/engine/backends/references.ts';
import { shownTensors } from '../../../src/models/runs.ts';
import { completeHyper, families } from '../../../src/models/registry.ts';
import { numbers, randomImages, randomModel, smallHyper } from './families.ts';

const GRID = { width: 5, height: 4 };
const DYNAMIC: Binarisation = { kind: 'dynamic', seed: 3 };

function greyImages(count: number): GreyImages {
  const next = numbers(11);
  const pixels = Uint8Array.from({ length: count * pixelCount(GRID) }, () => Math.floor(next() * 256));
  return { grid: GRID, count, pixels, labels: null };
}

/** One model each: class-conditional models have tests of their own. */
const able = families.filter(
  (spec) =>
    spec.task === 'density' && spec.classes !== 'always' && !spec.refuses?.(GRID, completeHyper(spec)),
);

describe('adam', () => {
  it('takes the steps of the published algorithm', () => {
    const weights = Float32Array.of(1, -2);
    const [m, v] = [new Float32Array(2), new Float32Array(2)];
    // Algorithm 1 of the paper, in f64, as it is written there.
    const theta = [1, -2];
    const first = [0, 0];
    const second = [0, 0];
    for (let t = 1; t <= 50; t++) {
      const gradients = Float32Array.of(Math.sin(t), 0.01 * t);
      adam(weights, gradients, m, v, t, 0.02);
      for (const i of [0, 1]) {
        first[i] = 0.9 * first[i] + 0.1 * gradients[i];
        second[i] = 0.999 * second[i] + 0.001 * gradients[i] ** 2;
        const unbiased = first[i] / (1 - 0.9 ** t);
        theta[i] -= (0.02 * unbiased) / (Math.sqrt(second[i] / (1 - 0.999 ** t)) + 1e-8);
      }
    }
    expect(weights[0]).toBeCloseTo(theta[0], 5);
    expect(weights[1]).toBeCloseTo(theta[1], 5);
  });

  it('compares epsilon with the corrected moment', () => {
    // At the first step both corrected moments are the gradient's own: the step is rate / (1 + epsilon / g).
    const weights = Float32Array.of(0);
    adam(weights, Float32Array.of(1e-8), new Float32Array(1), new Float32Array(1), 1, 0.1);
    expect(weights[0]).toBeCloseTo(-0.05, 5);
  });

  it('leaves weights alone that never had a gradient', () => {
    const weights = Float32Array.of(3);
    adam(weights, new Float32Array(1), new Float32Array(1), new Float32Array(1), 1, 0.1);
    expect(weights[0]).toBe(3);
  });
});

describe('the cpu backend', () => {
  const backend = createCpuBackend();

  it('says what it is and holds no device', () => {
    expect(backend.kind).toBe('cpu');
    expect(backend.liveBytes()).toBe(0);
  });

  it.each(able.map((spec) => [spec.id, spec] as const))(
    'opens %s: scores, reads and samples as its reference',
    async (id, spec) => {
      const model = randomModel(id, GRID, 1, 1, smallHyper(spec));
      const images = randomImages(GRID, 70, 0.3);
      const own = referenceOf(id).open(model);
      const evaluator = await backend.open(model);
      expect(await evaluator.logLikelihood(images)).toEqual(own.logLikelihood(images));
      expect(await evaluator.conditionalLogits(images)).toEqual(own.conditionalLogits(images));
      const request = { seed: 1, indices: indexRange(0, 5), temperature: 1 };
      const sampler = await evaluator.sampler(request);
      await sampler.advance(7);
      expect(sampler.position).toBe(7);
      const early = await sampler.images();
      const kept = early.words.slice();
      await sampler.advance(100);
      expect(early.words).toEqual(kept);
      const whole = own.sampler(request);
      whole.advance(pixelCount(GRID));
      expect((await sampler.images()).words).toEqual(whole.images.words);
    },
  );

  const counted = able.filter((spec) => spec.training === 'counted');
  it.each(counted.map((spec) => [spec.id, spec] as const))(
    'counts %s and refuses to descend it',
    async (id, spec) => {
      const hyper = completeHyper(spec);
      const images = randomImages(GRID, 60, 0.3);
      const counter = await backend.counter(id, GRID, hyper);
      await counter.add(images, null);
      const own = referenceOf(id).counter!(id, GRID, hyper);
      own.add(images);
      expect(await counter.finish()).toEqual(own.finish());
      const state: LearnerState = { step: 0, tensors: {}, firstMoments: {}, secondMoments: {} };
      const request = {
        family: id,
        grid: GRID,
        hyper,
        images: greyImages(1),
        binarisation: DYNAMIC,
        batchSize: 1,
        state,
      };
      await expect(backend.learner(request)).rejects.toThrow(/not descended/);
    },
  );

  const descended = able.filter((spec) => spec.training === 'descended');
  describe.each(descended.map((spec) => [spec.id, spec] as const))('descends %s', (id, spec) => {
    const hyper = smallHyper(spec);
    const images = greyImages(40);
    const means = new Float64Array(pixelCount(GRID)).fill(0.5);
    const start = () => initialState({ family: id, grid: GRID, hyper }, [means], [40], 1);
    const batchOf = (step: number) => Uint32Array.from({ length: 8 }, (_, k) => (step * 8 + 3 * k) % 40);
    const learnerFrom = (state: LearnerState) =>
      backend.learner({ family: id, grid: GRID, hyper, images, binarisation: DYNAMIC, batchSize: 8, state });

    it('and is not counted', async () => {
      await expect(backend.counter(id, GRID, hyper)).rejects.toThrow(/not counted/);
    });

    it('lowers the loss, and reports it once, as it was before each step', async () => {
      const learner = await learnerFrom(start());
      await learner.step(batchOf(0), 0, 0.05);
      const first = await learner.takeLoss();
      const batch = binariseRows(images, batchOf(0), DYNAMIC, 0);
      const untrained = referenceOf(id).open({ family: id, grid: GRID, hyper, tensors: start().tensors });
      const expected = -untrained.logLikelihood(batch).reduce((sum, nats) => sum + nats, 0);
      expect(first.images).toBe(8);
      expect(first.nats).toBeCloseTo(expected, 4);
      expect(await learner.takeLoss()).toEqual({ nats: 0, images: 0 });
      // Enough images that a family may prepare tables for them, which the next step makes stale.
      const rows = Uint32Array.from({ length: 80 }, (_, k) => k >> 1);
      const scored = binariseRows(images, rows, DYNAMIC, 0);
      const before = await learner.logLikelihood(scored, null);
      for (let step = 0; step < 30; step++) await learner.step(batchOf(0), 0, 0.05);
      const after = await learner.logLikelihood(scored, null);
      const tensors = shownTensors(await learner.state());
      const own = referenceOf(id).open({ family: id, grid: GRID, hyper, tensors });
      expect(after).toEqual(own.logLikelihood(scored));
      expect(await learner.logLikelihood(batch, null)).toEqual(own.logLikelihood(batch));
      expect(after).not.toEqual(before);
      const trained = own.logLikelihood(batch).reduce((sum, v) => sum + v);
      expect(trained).toBeGreaterThan(-first.nats + 1);
    });

    it('goes on from a state as if it had never stopped, bit for bit', async () => {
      const whole = await learnerFrom(start());
      for (let step = 0; step < 12; step++) await whole.step(batchOf(step), step >> 2, 0.01);
      const halved = await learnerFrom(start());
      for (let step = 0; step < 5; step++) await halved.step(batchOf(step), step >> 2, 0.01);
      const saved = await halved.state();
      const copy = structuredClone(saved);
      await halved.step(batchOf(30), 0, 0.5);
      expect(saved).toEqual(copy);
      const resumed = await learnerFrom(saved);
      for (let step = 5; step < 12; step++) await resumed.step(batchOf(step), step >> 2, 0.01);
      expect(await resumed.state()).toEqual(await whole.state());
      expect((await whole.state()).step).toBe(12);
      expect(saved).toEqual(copy);
    });
  });
});
