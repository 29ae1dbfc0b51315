/**
 * Every family of the registry in every order, as an ensemble and as a model of every class: what the webgpu backend
 * says beside what the cpu backend says, whose own answers are held to plain loops and to exactness elsewhere.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exactCases } from '../../../src/app/exactness/cases.ts';
import { allImages } from '../../../src/data/enumerate.ts';
import { type GreyImages, type Grid, pixelCount, wordsPerImage } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import type { Backend, LearnerRequest } from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { initialState } from '../../../src/engine/backends/references.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import { completeHyper, families, isClassConditional, needsLabels } from '../../../src/models/registry.ts';
import type { Hyper, Model, Tensors } from '../../../src/models/types.ts';
import { openTestBackend, randomImages, randomModel, randomSource, worst } from '../setup.ts';

const GRID = { width: 3, height: 3 };
/** Neither whole words nor whole tiles. */
const ODD = { width: 7, height: 5 };
const cpu = createCpuBackend();
let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await openTestBackend();
});
afterAll(() => gpu.destroy());

const possible = exactCases(families, GRID).filter(({ refusal }) => refusal === null);
const trainingOf = (family: string) => families.find(({ id }) => id === family)?.training;
/** Models of every class run the same code above every family, ten times over: one of each way to learn will do. */
const cases = possible
  .filter(
    (row) =>
      !isClassConditional(row) ||
      row ===
        possible.find(
          (each) => isClassConditional(each) && trainingOf(each.family) === trainingOf(row.family),
        ),
  )
  .map(({ family, settings, hyper }) => [`${family} ${settings}`, family, hyper] as const);
const classifiers = families
  .filter((spec) => spec.task === 'classifier')
  .map((spec) => [spec.id, spec.id, completeHyper(spec)] as const);

function oddOf(family: string, hyper: Hyper): Grid {
  const spec = families.find(({ id }) => id === family);
  return spec?.refuses?.(ODD, hyper) ? { width: 5, height: 3 } : ODD;
}

async function readings(backend: Backend, model: Model, count: number) {
  const images = randomImages(model.grid, count, 6, 0.4);
  const evaluator = await backend.open(model);
  const read = {
    logLikelihood: await evaluator.logLikelihood(images),
    logits: await evaluator.conditionalLogits(images),
    classes: evaluator.classLogits ? await evaluator.classLogits(images) : new Float64Array(),
  };
  evaluator.destroy();
  return read;
}

async function samples(backend: Backend, model: Model, count: number): Promise<Uint32Array> {
  const evaluator = await backend.open(model);
  // Numbers out of order: an image depends on its own number alone.
  const indices = indexRange(100, count).reverse();
  const sampler = await evaluator.sampler({ seed: 4_000_000_001, indices, temperature: 0.9 });
  await sampler.advance(4);
  await sampler.advance(pixelCount(model.grid));
  const { words } = await sampler.images();
  sampler.destroy();
  evaluator.destroy();
  return words;
}

function greyImages(grid: Grid, count: number): GreyImages {
  const random = randomSource(12);
  const pixels = Uint8Array.from({ length: count * pixelCount(grid) }, () => Math.floor(random() * 256));
  return { grid, count, pixels, labels: Uint8Array.from({ length: count }, (_, i) => i % 10) };
}

/** Largest difference of a number, beside the largest of its tensor or 1. */
function tensorErrors(found: Tensors, expected: Tensors): number {
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  return Math.max(
    ...Object.keys(expected).map((name) => {
      const most = expected[name].reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
      return worst(found[name], expected[name]) / most;
    }),
  );
}

describe.each(cases)('%s', (_, family, hyper) => {
  const odd = oddOf(family, hyper);

  it('scores and reads alike, and sums to 1', async () => {
    const model = randomModel(family, odd, hyper, 2, 0.8);
    const [found, expected] = [await readings(gpu, model, 37), await readings(cpu, model, 37)];
    expect(worst(found.logLikelihood, expected.logLikelihood)).toBeLessThan(1e-4);
    expect(worst(found.logits, expected.logits)).toBeLessThan(2e-4);
    expect(worst(found.classes, expected.classes)).toBeLessThan(1e-4);
    const evaluator = await gpu.open(randomModel(family, GRID, hyper, 2, 0.8));
    const logs = await evaluator.logLikelihood(allImages(GRID));
    evaluator.destroy();
    expect(Math.abs(logs.reduce((sum, nats) => sum + Math.exp(nats), 0) - 1)).toBeLessThan(1e-5);
  });

  it('draws the same images for the same numbers, but for near-ties', async () => {
    const model = randomModel(family, odd, hyper, 2, 0.8);
    const count = 65;
    const [found, expected] = [await samples(gpu, model, count), await samples(cpu, model, count)];
    const stride = wordsPerImage(odd);
    const differ = indexRange(0, count).filter((image) =>
      found
        .subarray(image * stride, (image + 1) * stride)
        .some((word, at) => word !== expected[image * stride + at]),
    );
    // A tie |u - p| < 1e-6 falls on one of 2,275 pixels once in some two hundred runs.
    expect(differ.length).toBeLessThanOrEqual(1);
  });

  it('learns alike', async () => {
    const spec = families.find(({ id }) => id === family)!;
    const images = greyImages(odd, 60);
    const bits = randomImages(odd, 60, 3, 0.4);
    const labels = isClassConditional({ family, hyper }) ? images.labels : null;
    if (spec.training === 'counted') {
      const [found, expected] = await Promise.all(
        [gpu, cpu].map(async (backend) => {
          const counter = await backend.counter(family, odd, hyper);
          await counter.add(bits, labels);
          await counter.add(bits, labels);
          const tensors = await counter.finish();
          counter.destroy();
          return tensors;
        }),
      );
      expect(tensorErrors(found, expected)).toBeLessThan(1e-5);
    } else if (spec.training === 'em') {
      const model = randomModel(family, odd, hyper, 2, 0.8);
      const [found, expected] = await Promise.all(
        [gpu, cpu].map(async (backend) => {
          const emIteration = await backend.emIteration(model);
          const nats = await emIteration.add(bits, labels);
          const tensors = await emIteration.finish();
          emIteration.destroy();
          return { nats, tensors };
        }),
      );
      expect(Math.abs(found.nats - expected.nats)).toBeLessThan(1e-3);
      expect(tensorErrors(found.tensors, expected.tensors)).toBeLessThan(2e-4);
    } else {
      await expectSameSteps(family, odd, hyper);
    }
  });
});

describe.each(classifiers)('%s', (_, family, hyper) => {
  it('classifies alike, and learns alike', async () => {
    const model = randomModel(family, ODD, hyper, 2, 0.8);
    const images = randomImages(ODD, 37, 6, 0.4);
    const [found, expected] = await Promise.all(
      [gpu, cpu].map(async (backend) => {
        const evaluator = await backend.open(model);
        const logits = await evaluator.classLogits!(images);
        evaluator.destroy();
        return logits;
      }),
    );
    expect(worst(found, expected)).toBeLessThan(1e-4);
    await expectSameSteps(family, ODD, hyper);
  });
});

async function expectSameSteps(family: string, grid: Grid, hyper: Hyper): Promise<void> {
  const images = greyImages(grid, 60);
  const conditional = isClassConditional({ family, hyper });
  const means = Array.from({ length: conditional ? 10 : 1 }, () =>
    new Float64Array(pixelCount(grid)).fill(0.4),
  );
  const state = initialState(
    { family, grid, hyper },
    means,
    means.map(() => 6),
    5,
  );
  const [found, expected] = await Promise.all(
    [gpu, cpu].map(async (backend) => {
      const request: LearnerRequest = {
        family,
        grid,
        hyper,
        images,
        binarisation: { kind: 'dynamic', seed: 2 },
        batchSize: 6,
        state,
      };
      const learner = await backend.learner(request);
      // Rows y, y + 10, ... are of class y.
      for (const y of [3, 3, 7]) await learner.step(Uint32Array.of(y, y + 10, y + 20, y + 40), 1, 0.01);
      const loss = await learner.takeLoss();
      const own = await learner.state();
      const scores = await learner.logLikelihood(
        randomImages(grid, 20, 6, 0.4),
        needsLabels({ family, hyper }) ? images.labels!.slice(0, 20) : null,
      );
      learner.destroy();
      return { loss, own, scores };
    }),
  );
  expect(found.loss.images).toBe(expected.loss.images);
  expect(Math.abs(found.loss.nats / expected.loss.nats - 1)).toBeLessThan(1e-5);
  expect(found.own.step).toBe(3);
  expect(found.own.classSteps).toEqual(expected.own.classSteps);
  // Moments follow the gradients; a weight may turn on the sign of one that is nearly 0, so weights are judged by their score.
  expect(tensorErrors(found.own.firstMoments, expected.own.firstMoments)).toBeLessThan(1e-4);
  expect(worst(found.scores, expected.scores)).toBeLessThan(2e-2);
}
