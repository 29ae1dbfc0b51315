import { describe, expect, it } from 'vitest';
import { averageDecay, CLIP_STEPS, clipLength, lengthOf } from '../../../src/engine/backends/clip.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { openRunMemory } from '../../../src/engine/backends/cpu/run-memory.ts';
import { openUpdate } from '../../../src/engine/backends/cpu/update.ts';
import { zerosLike } from '../../../src/engine/backends/references.ts';
import { jobOf } from '../../../src/engine/job.ts';
import { refuseCheckpoint } from '../../../src/engine/training/checkpoint-check.ts';
import { rateShare } from '../../../src/engine/training/descent.ts';
import {
  completeHyper,
  descentOf,
  families,
  findFamily,
  usualTargets,
  withRole,
} from '../../../src/models/registry.ts';
import { type LearnerState, shownTensors } from '../../../src/models/runs.ts';
import { stackTensors } from '../../../src/models/shared/class-conditional.ts';
import type { Tensors } from '../../../src/models/model.ts';
import { numbers, randomImages, randomModel } from '../models/families.ts';
import { fused, simd } from '../simd/implementations.ts';

const GRID = { width: 3, height: 3 };
const RECIPE = { clip: 1.5, average: 0.9 };
const next = numbers(3);
const pixels = Uint8Array.from({ length: 40 * 9 }, () => next() * 256);
const labels = Uint8Array.from({ length: 40 }, (_, m) => m % 10);
const images = { grid: GRID, count: 40, pixels, labels };

function start(tensors: Tensors): LearnerState {
  const copies = Object.fromEntries(Object.entries(tensors).map(([name, values]) => [name, values.slice()]));
  const moments = () => zerosLike(tensors);
  return {
    step: 0,
    tensors,
    firstMoments: moments(),
    secondMoments: moments(),
    averages: copies,
    gradientLength: 0,
  };
}

describe('the rate of a run', () => {
  it('is the cosine from 1 to 2 % that it has always been, bit for bit', () => {
    for (const step of [0, 1, 50, 99, 100])
      expect(rateShare(step, 100, { warmUp: 0, finalRate: 0.02 })).toBe(
        0.02 + 0.98 * 0.5 * (1 + Math.cos(Math.PI * (step / 100))),
      );
  });

  it('rises linearly at first, and ends where the recipe says', () => {
    const recipe = { warmUp: 200, finalRate: 0.01 };
    const flat = { ...recipe, warmUp: 0 };
    expect(rateShare(0, 10_000, recipe)).toBeCloseTo(1 / 200, 6);
    expect(rateShare(99, 10_000, recipe)).toBeCloseTo(0.5 * rateShare(99, 10_000, flat), 12);
    expect(rateShare(199, 10_000, recipe)).toBe(rateShare(199, 10_000, flat));
    expect(rateShare(200, 10_000, recipe)).toBe(rateShare(200, 10_000, flat));
    expect(rateShare(10_000, 10_000, recipe)).toBeCloseTo(0.01, 12);
    // A tenth of a short run.
    expect(rateShare(9, 100, recipe)).toBe(rateShare(9, 100, flat));
    expect(rateShare(8, 100, recipe)).toBeCloseTo(0.9 * rateShare(8, 100, flat), 12);
  });
});

describe('clipping', () => {
  it('takes the first length as it is, and bounds later ones by a multiple of the mean', () => {
    expect(clipLength(8, 0, 1.5, 1)).toEqual({ factor: 1, mean: 8 });
    expect(clipLength(10, 8, 1.5, 2)).toEqual({ factor: 1, mean: 9 });
    expect(clipLength(24, 8, 1.5, 2)).toEqual({ factor: 0.5, mean: 10 });
    expect(clipLength(24, 8, 1.5, 10 * CLIP_STEPS).mean).toBeCloseTo(8 + 4 / CLIP_STEPS, 12);
    expect(clipLength(0, 0, 1.5, 1)).toEqual({ factor: 1, mean: 0 });
  });

  it('measures the length over all tensors', () => {
    expect(lengthOf({ a: Float32Array.of(2, 0), b: Float32Array.of(-1, 2) })).toBe(3);
  });

  it('shortens the gradient that an Adam step follows', () => {
    const state = start({ w: Float32Array.of(0, 0) });
    const update = openUpdate({ state, rows: null }, RECIPE);
    update.step({ w: Float32Array.of(3, 4) }, 0.1);
    update.step({ w: Float32Array.of(30, 40) }, 0.1);
    // 50 is bounded to 1.5 times 5: a factor of 0.15.
    expect(update.state.firstMoments.w[0]).toBeCloseTo(0.9 * 0.3 + 0.1 * 30 * 0.15, 6);
    expect(update.state.gradientLength).toBeCloseTo(5 + 2.5 / 2, 6);
  });
});

describe('the moving average', () => {
  it('forgets the first weights quickly, and then decays as the recipe says', () => {
    expect(averageDecay(0.99, 1)).toBe(2 / 11);
    expect(averageDecay(0.99, 10_000)).toBe(0.99);
    const state = start({ w: Float32Array.of(1) });
    const update = openUpdate({ state, rows: null }, { clip: null, average: 0.9 });
    let average = 1;
    for (let step = 1; step <= 20; step++) {
      update.step({ w: Float32Array.of(1) }, 0.1);
      average += (1 - averageDecay(0.9, step)) * (update.state.tensors.w[0] - average);
    }
    expect(update.state.averages!.w[0]).toBeCloseTo(average, 5);
    expect(average).toBeGreaterThan(update.state.tensors.w[0] + 0.1);
  });

  it('follows the weights where a family averages no longer', () => {
    const state = start({ w: Float32Array.of(1) });
    const update = openUpdate({ state, rows: null }, { clip: null, average: null });
    update.step({ w: Float32Array.of(1) }, 0.1);
    expect(update.state.averages!.w[0]).toBeCloseTo(update.state.tensors.w[0], 6);
  });
});

describe('steps by row operations', () => {
  const next = numbers(5);
  const random = (length: number) => Float32Array.from({ length }, () => next() - 0.5);
  const first = start({ w: random(1003), b: random(7) });

  it.each([simd, fused])('clip, descend and average as typed arrays do: $description', (own) => {
    const [plain, quick] = [openRunMemory(null, first), openRunMemory(own, first)];
    const updates = [plain, quick].map((memory) => openUpdate(memory, RECIPE));
    for (let step = 0; step < 30; step++) {
      const gradients = { w: random(1003).map((value) => value * (step % 7)), b: random(7) };
      updates[0].step(gradients, 0.01);
      for (const [name, values] of Object.entries(gradients)) quick.gradients[name].set(values);
      updates[1].step(quick.gradients, 0.01);
    }
    const [right, found] = updates.map(({ state }) => state);
    expect(quick.rows).not.toBeNull();
    expect(found.step).toBe(30);
    expect(found.gradientLength).toBeCloseTo(right.gradientLength!, 4);
    for (const of of ['tensors', 'averages', 'firstMoments', 'secondMoments'] as const)
      for (const name of ['w', 'b'])
        right[of]![name].forEach((value, i) =>
          expect(Math.abs(found[of]![name][i] - value)).toBeLessThan(2e-6),
        );
  });

  it('leave the state that they began from as it was', () => {
    const copy = structuredClone(first);
    const memory = openRunMemory(simd, first);
    openUpdate(memory, RECIPE).step(memory.gradients, 0.1);
    expect(first).toEqual(copy);
  });

  it('are taken on typed arrays where there is no memory for rows', () => {
    const memory = openRunMemory({ description: 'full', open: () => null, random: () => null }, first);
    expect(memory.rows).toBeNull();
    memory.gradients.b.fill(1);
    const update = openUpdate(memory, RECIPE);
    update.step(memory.gradients, 0.1);
    expect(update.state.tensors.b[0]).toBeCloseTo(first.tensors.b[0] - 0.1, 5);
  });
});

describe('a learner with a recipe', () => {
  const cpu = createCpuBackend();
  const spec = findFamily('fvsbn')!;
  const asked = {
    family: 'fvsbn',
    grid: GRID,
    hyper: completeHyper(spec),
    images,
    binarisation: { kind: 'dynamic', seed: 1 },
    targets: 'soft',
    batchSize: 8,
    descent: RECIPE,
  } as const;
  const own = () => start(randomModel('fvsbn', GRID, 0.5).tensors);
  const train = async (learner: Awaited<ReturnType<typeof cpu.learner>>, from: number, to: number) => {
    for (let step = from; step < to; step++)
      await learner.step(
        Uint32Array.from({ length: 8 }, (_, i) => (step * 7 + i) % 40),
        step,
        0.05,
      );
  };

  it('scores with the averages', async () => {
    const learner = await cpu.learner({ ...asked, state: own() });
    await train(learner, 0, 12);
    const state = await learner.state();
    const shown = await cpu.open({ ...asked, tensors: shownTensors(state) });
    const scored = randomImages(GRID, 5, 0.4);
    expect(shownTensors(state)).toBe(state.averages);
    expect(await learner.logLikelihood(scored, null)).toEqual(await shown.logLikelihood(scored));
    expect(state.averages).not.toEqual(state.tensors);
  });

  it('resumes with the very same weights, averages and gradient length', async () => {
    const [whole, first] = [
      await cpu.learner({ ...asked, state: own() }),
      await cpu.learner({ ...asked, state: own() }),
    ];
    await train(whole, 0, 20);
    await train(first, 0, 9);
    const resumed = await cpu.learner({ ...asked, state: await first.state() });
    await train(resumed, 9, 20);
    expect(await resumed.state()).toEqual(await whole.state());
  });

  it('does without for a state from before the recipe', async () => {
    const { step, tensors, firstMoments, secondMoments } = own();
    const old = { step, tensors, firstMoments, secondMoments };
    const learner = await cpu.learner({ ...asked, state: old });
    const plain = await cpu.learner({ ...asked, descent: { clip: null, average: null }, state: old });
    await train(learner, 0, 10);
    await train(plain, 0, 10);
    expect(await learner.state()).toEqual(await plain.state());
    expect(Object.keys(await learner.state())).toEqual([...Object.keys(old), 'shards']);
  });

  it('keeps averages and gradient lengths of every class', async () => {
    const hyper = { ...asked.hyper, [withRole(spec, 'classes')[0].name]: 1 };
    const { tensors } = randomModel('fvsbn', GRID, 0.5);
    const stacked = stackTensors(new Array<Tensors>(10).fill(tensors), new Float32Array(10));
    const state: LearnerState = {
      step: 0,
      tensors: stacked,
      firstMoments: zerosLike(stacked),
      secondMoments: zerosLike(stacked),
      averages: stackTensors(new Array<Tensors>(10).fill(tensors), new Float32Array(10)),
      classLengths: new Array<number>(10).fill(0),
    };
    const open = (from: LearnerState) => cpu.learner({ ...asked, hyper, state: from });
    const steps = async (learner: Awaited<ReturnType<typeof cpu.learner>>, from: number, to: number) => {
      for (let step = from; step < to; step++) {
        const y = step % 3;
        await learner.step(Uint32Array.of(y, y + 10, y + 20), step, 0.05);
      }
    };
    const [whole, first] = [await open(state), await open(state)];
    await steps(whole, 0, 12);
    await steps(first, 0, 5);
    const resumed = await open(await first.state());
    await steps(resumed, 5, 12);
    const found = await resumed.state();
    expect(found).toEqual(await whole.state());
    expect(found.classLengths!.map((length) => length > 0)).toEqual([
      true,
      true,
      true,
      ...new Array<boolean>(7).fill(false),
    ]);
    expect(Object.keys(found.averages!)).toEqual(Object.keys(found.tensors));
    const model = await cpu.open({ family: 'fvsbn', grid: GRID, hyper, tensors: shownTensors(found) });
    const scored = randomImages(GRID, 4, 0.4);
    expect(await resumed.logLikelihood(scored, null)).toEqual(await model.logLikelihood(scored));
  });
});

describe('a checkpoint with averages', () => {
  const model = { grid: GRID, hyper: completeHyper(findFamily('fvsbn')!) };
  const { tensors } = randomModel('fvsbn', GRID, 0.5);
  const refusal = (change: Partial<LearnerState>) =>
    refuseCheckpoint(findFamily('fvsbn')!, model, {
      runId: 'r',
      step: 3,
      state: { ...start(tensors), ...change },
      best: null,
      curve: [],
      seconds: 1,
    });

  it('is taken, and refused where these are none, in words', () => {
    expect(refusal({})).toBeNull();
    expect(refusal({ averages: { ...tensors, bias: new Float32Array(3) } })).toMatch(/^averages: .*bias/);
    expect(refusal({ gradientLength: NaN })).toMatch(/^gradientLength: NaN/);
    expect(refusal({ classLengths: [1, -1] })).toMatch(/^gradientLength: -1/);
  });
});

describe('targets of a job', () => {
  const grey = { grid: GRID, count: 40, pixels, labels };
  const job = (family: string, kind: 'dynamic' | 'stochastic', targets?: 'soft' | 'sampled') =>
    jobOf({
      runId: 'r',
      family,
      grid: GRID,
      hyper: completeHyper(findFamily(family)!),
      images: grey,
      binarisation: { kind, seed: 1 },
      ...(targets ? { targets } : {}),
    });

  it('are soft where bits are drawn afresh, unless they are chosen, and otherwise not there', () => {
    expect(job('fvsbn', 'dynamic')).toMatchObject({ targets: 'soft' });
    expect(job('fvsbn', 'dynamic', 'sampled')).toMatchObject({ targets: 'sampled' });
    expect(job('fvsbn', 'stochastic')).not.toHaveProperty('targets');
    expect(job('independent', 'dynamic')).not.toHaveProperty('targets');
    for (const spec of families)
      expect(usualTargets(spec, { kind: 'dynamic', seed: 1 }) === null).toBe(
        spec.training !== 'descended' || spec.task === 'classifier',
      );
  });
});

describe('the recipe of a family', () => {
  it('is the usual one where it says nothing', () => {
    expect(descentOf({ ...findFamily('fvsbn')!, descent: { warmUp: 7 } })).toEqual({
      warmUp: 7,
      finalRate: 0.02,
      clip: null,
      average: null,
    });
  });
});
