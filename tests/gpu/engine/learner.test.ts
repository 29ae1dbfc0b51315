import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Binarisation } from '../../../src/data/binarisation.ts';
import type { Grid } from '../../../src/data/images.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { zerosLike } from '../../../src/engine/backends/references.ts';
import type { Learner, LearnerRequest, LearnerState } from '../../../src/engine/backends/backend.ts';
import {
  mutate,
  openTestBackend,
  randomImages,
  randomModel,
  randomSource,
  withBackend,
  worst,
} from '../setup.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';

const GRID = { width: 9, height: 8 };
const COUNT = 90;

let backend: WebGpuBackend;
const cpu = createCpuBackend();
beforeAll(async () => {
  backend = await openTestBackend();
});
afterAll(() => backend.destroy());

function request(grid: Grid, binarisation: Binarisation, batchSize = 32): LearnerRequest {
  const random = randomSource(1);
  const pixels = Uint8Array.from({ length: COUNT * grid.width * grid.height }, () =>
    binarisation.kind === 'none' ? (random() < 0.4 ? 255 : 0) : random() * 256,
  );
  const model = randomModel('fvsbn', grid, {}, 2, 0.2);
  const zeros = () => zerosLike(model.tensors);
  return {
    ...model,
    images: { grid, count: COUNT, pixels, labels: null },
    binarisation,
    batchSize,
    state: { step: 0, tensors: model.tensors, firstMoments: zeros(), secondMoments: zeros() },
  };
}

/** Ten steps over batches of different sizes. */
async function train(learner: Learner, from = 0, to = 10): Promise<void> {
  const random = randomSource(3);
  for (let step = 0; step < to; step++) {
    const indices = Uint32Array.from({ length: step % 3 === 2 ? 7 : 32 }, () => random() * COUNT);
    if (step >= from) await learner.step(indices, Math.floor(step / 3), 0.01 / (1 + step));
  }
}

function stateErrors(found: LearnerState, expected: LearnerState): number {
  const parts = ['tensors', 'firstMoments', 'secondMoments'] as const;
  return Math.max(
    ...parts.flatMap((part) =>
      Object.keys(expected[part]).map((name) => worst(found[part][name], expected[part][name])),
    ),
  );
}

describe('training on both backends', () => {
  const binarisations: Binarisation[] = [
    { kind: 'dynamic', seed: 5 },
    { kind: 'stochastic', seed: 6 },
    { kind: 'threshold' },
    { kind: 'none' },
  ];

  it.each(binarisations)('$kind: the same weights, moments and losses', async (binarisation) => {
    const [a, b] = [
      await backend.learner(request(GRID, binarisation)),
      await cpu.learner(request(GRID, binarisation)),
    ];
    await train(a, 0, 4);
    await train(b, 0, 4);
    const [first, expected] = [await a.takeLoss(), await b.takeLoss()];
    expect(first.images).toBe(expected.images);
    expect(Math.abs(first.nats / expected.nats - 1)).toBeLessThan(1e-6);
    await train(a, 4);
    await train(b, 4);
    const [rest, expectedRest] = [await a.takeLoss(), await b.takeLoss()];
    expect(Math.abs(rest.nats / expectedRest.nats - 1)).toBeLessThan(1e-5);
    expect(await a.takeLoss()).toEqual({ nats: 0, images: 0 });
    const [state, expectedState] = [await a.state(), await b.state()];
    expect(state.step).toBe(10);
    expect(stateErrors(state, expectedState)).toBeLessThan(2e-5);
    const images = randomImages(GRID, 70, 4);
    expect(worst(await a.logLikelihood(images, null), await b.logLikelihood(images, null))).toBeLessThan(
      1e-3,
    );
    a.destroy();
  });

  /** The same with soft targets, clipped gradients and averaged weights. */
  const withRecipe = (grid: Grid): LearnerRequest => {
    const asked = request(grid, { kind: 'dynamic', seed: 5 });
    const averages = Object.fromEntries(
      Object.entries(asked.state.tensors).map(([name, values]) => [name, values.slice()]),
    );
    const state = { ...asked.state, averages, gradientLength: 0 };
    return { ...asked, targets: 'soft', descent: { clip: 0.9, average: 0.9 }, state };
  };

  it('soft targets, clipped gradients and averages', async () => {
    const asked = withRecipe(GRID);
    const [a, b] = [await backend.learner(asked), await cpu.learner(asked)];
    await train(a);
    await train(b);
    const [loss, expectedLoss] = [await a.takeLoss(), await b.takeLoss()];
    expect(Math.abs(loss.nats / expectedLoss.nats - 1)).toBeLessThan(1e-5);
    const [state, expected] = [await a.state(), await b.state()];
    expect(stateErrors(state, expected)).toBeLessThan(2e-5);
    for (const name of Object.keys(expected.averages!))
      expect(worst(state.averages![name], expected.averages![name])).toBeLessThan(2e-5);
    expect(Math.abs(state.gradientLength! / expected.gradientLength! - 1)).toBeLessThan(1e-5);
    const images = randomImages(GRID, 30, 4);
    expect(worst(await a.logLikelihood(images, null), await b.logLikelihood(images, null))).toBeLessThan(
      1e-3,
    );
    a.destroy();
  });

  it('the same averages and lengths when broken off and resumed', async () => {
    const asked = withRecipe(GRID);
    const [whole, first] = [await backend.learner(asked), await backend.learner(asked)];
    await train(whole);
    await train(first, 0, 6);
    const resumed = await backend.learner({ ...asked, state: await first.state() });
    await train(resumed, 6);
    expect(await resumed.state()).toEqual(await whole.state());
    for (const learner of [whole, first, resumed]) learner.destroy();
  });

  it.each([
    ['squares of every other number', 'ops/squares.wgsl', 'i += threads)', 'i += 2u * threads)'],
    ['a mean that stays', 'ops/clip.wgsl', 'mean + params.gain', 'mean + 0.0 * params.gain'],
    [
      'a length that is not bounded',
      'ops/clip.wgsl',
      'select(1.0, bound / max(length, 1e-30), clipped)',
      '1.0',
    ],
    ['no clipping in the step', 'ops/adam.wgsl', 'clip[0] * gradient[i]', 'gradient[i]'],
    ['averages of the gradient', 'ops/adam.wgsl', '(weight - averages[i])', '(g - averages[i])'],
  ])('is not taken for right with %s', async (_what, file, text, replacement) => {
    const asked = withRecipe(GRID);
    const found = await withBackend(mutate(file, text, replacement), async (own) => {
      const learner = await own.learner(asked);
      await train(learner);
      return await learner.state();
    });
    const b = await cpu.learner(asked);
    await train(b);
    const expected = await b.state();
    const averages = Object.keys(expected.averages!).map((name) =>
      worst(found.averages![name], expected.averages![name]),
    );
    const length = Math.abs(found.gradientLength! / expected.gradientLength! - 1);
    expect(Math.max(stateErrors(found, expected), length, ...averages)).toBeGreaterThan(1e-4);
  });

  it('takes the step of all tensors by one dispatch', async () => {
    // So few numbers that no grid can be split.
    const learner = await backend.learner(withRecipe({ width: 3, height: 3 }));
    const dispatches = () =>
      ['ops.adam', 'ops.squares', 'ops.clip'].map(
        (label) => backend.debug().kernels.find((kernel) => kernel.label === label)!.dispatches,
      );
    await train(learner, 0, 3);
    await learner.takeLoss();
    const before = dispatches();
    await train(learner, 3);
    await learner.takeLoss();
    expect(dispatches().map((count, i) => count - before[i])).toEqual([7, 7, 7]);
    learner.destroy();
  });

  it('a grid whose rows do not fill whole words', async () => {
    const odd = { width: 5, height: 5 };
    const [a, b] = [
      await backend.learner(request(odd, { kind: 'dynamic', seed: 5 })),
      await cpu.learner(request(odd, { kind: 'dynamic', seed: 5 })),
    ];
    await train(a);
    await train(b);
    expect(stateErrors(await a.state(), await b.state())).toBeLessThan(2e-5);
    a.destroy();
  });

  it('the same bits when run again, and when broken off and resumed from its state', async () => {
    const asked = request(GRID, { kind: 'dynamic', seed: 5 });
    const [whole, again, first] = await Promise.all([asked, asked, asked].map((one) => backend.learner(one)));
    await train(whole);
    await train(again);
    await train(first, 0, 6);
    const resumed = await backend.learner({ ...asked, state: await first.state() });
    await train(resumed, 6);
    const expected = await whole.state();
    expect(await again.state()).toEqual(expected);
    expect(await resumed.state()).toEqual(expected);
    for (const learner of [whole, again, first, resumed]) learner.destroy();
  });

  it('more steps than the device keeps losses for', async () => {
    const tiny = { width: 2, height: 2 };
    const learner = await backend.learner(request(tiny, { kind: 'threshold' }, 2));
    for (let step = 0; step < 4100; step++) await learner.step(Uint32Array.of(step % COUNT), 0, 0);
    const { nats, images } = await learner.takeLoss();
    expect(images).toBe(4100);
    const b = await cpu.learner(request(tiny, { kind: 'threshold' }, 2));
    for (let step = 0; step < 4100; step++) await b.step(Uint32Array.of(step % COUNT), 0, 0);
    expect(Math.abs(nats / (await b.takeLoss()).nats - 1)).toBeLessThan(1e-6);
    learner.destroy();
  });

  it('refuses what it cannot do, in words', async () => {
    const asked = request(GRID, { kind: 'threshold' });
    const learner = await backend.learner(asked);
    await expect(learner.step(new Uint32Array(33), 0, 0.1)).rejects.toThrow(/indices: 33/);
    await expect(learner.step(Uint32Array.of(COUNT), 0, 0.1)).rejects.toThrow(/indices: 90/);
    await expect(learner.step(new Uint32Array(0), 0, 0.1)).rejects.toThrow(/indices: none/);
    learner.destroy();
    await expect(backend.learner({ ...asked, family: 'independent' })).rejects.toThrow(/not descended/);
    await expect(backend.counter('fvsbn', GRID, {})).rejects.toThrow(/not counted/);
  });
});
