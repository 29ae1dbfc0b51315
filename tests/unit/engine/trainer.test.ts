import { describe, expect, it } from 'vitest';
import { binarise } from '../../../src/data/binarise.ts';
import { type GreyImages, pixelCount } from '../../../src/data/images.ts';
import { permutation, threefry2x32 } from '../../../src/data/rng.ts';
import type { Checkpoint, TrainEvent, TrainOutcome } from '../../../src/engine/api.ts';
import { type Backend, DeviceLostError } from '../../../src/engine/backend.ts';
import { createCpuBackend } from '../../../src/engine/cpu-backend.ts';
import { referenceOf } from '../../../src/engine/references.ts';
import { RunControl } from '../../../src/engine/run-control.ts';
import { train, type TrainHooks, type TrainJob } from '../../../src/engine/trainer.ts';
import { completeHyper, families, findFamily } from '../../../src/models/registry.ts';

const grid = { width: 5, height: 4 };
const n = pixelCount(grid);

/** Blobs: neighbouring pixels agree, so that there is something to learn. */
function blobs(count: number): GreyImages {
  const pixels = new Uint8Array(count * n);
  const random = new Uint32Array(2);
  for (let image = 0; image < count; image++) {
    threefry2x32(7, 0, image, 0, random);
    const row = random[0] % grid.height;
    const grey = 100 + (random[1] % 156);
    for (let column = 0; column < grid.width; column++) pixels[image * n + row * grid.width + column] = grey;
  }
  return { grid, count, pixels, labels: null };
}

function job(family: string, changes: Partial<TrainJob> = {}): TrainJob {
  return {
    runId: 'run',
    family,
    grid,
    hyper: completeHyper(findFamily(family)!),
    images: blobs(300),
    validationImages: null,
    binarisation: { kind: 'dynamic', seed: 3 },
    validationShare: 0.1,
    seed: 1,
    epochs: 6,
    batchSize: 32,
    learningRate: 0.05,
    checkpoint: null,
    ...changes,
  };
}

function hooks(events: TrainEvent[] = [], changes: Partial<TrainHooks> = {}): TrainHooks {
  const backend = createCpuBackend();
  return {
    control: new RunControl(),
    onEvent: (event) => events.push(event),
    backend: () => Promise.resolve(backend),
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    ...changes,
  };
}

async function complete(request: TrainJob, given: TrainHooks): Promise<TrainOutcome> {
  const result = await train(request, given);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

/** A backend whose device is lost at the given learner steps (counted over all devices). */
function losing(at: Set<number>): Backend {
  const backend = createCpuBackend();
  let steps = 0;
  return {
    ...backend,
    learner: async (request) => {
      const learner = await backend.learner(request);
      return {
        step: (...args) => {
          if (at.delete(steps++)) return Promise.reject(new DeviceLostError('lost by the test'));
          return learner.step(...args);
        },
        takeLoss: () => learner.takeLoss(),
        logLikelihood: (images) => learner.logLikelihood(images),
        state: () => learner.state(),
        destroy: () => learner.destroy(),
      };
    },
  };
}

const descended = families.filter((spec) => spec.training === 'descended').map((spec) => spec.id);
const counted = families.filter((spec) => spec.training === 'counted').map((spec) => spec.id);

describe.each(counted)('%s, counted', (family) => {
  it('equals one count over the training rows', async () => {
    const request = job(family, { binarisation: { kind: 'stochastic', seed: 5 }, validationShare: 0 });
    const outcome = await complete(request, hooks());
    const counter = referenceOf(family).counter!(family, grid, request.hyper);
    counter.add(binarise(request.images, request.binarisation));
    expect(outcome.model.tensors).toEqual(counter.finish());
    expect(outcome).toMatchObject({ ended: 'finished', validation: null, epochs: 1 });
    expect(outcome.train.images).toBe(300);
    expect([...outcome.quantiles]).toEqual([...outcome.quantiles].sort((a, b) => a - b));
  });
});

describe.each(descended)('%s, descended', (family) => {
  it('lowers the validation loss and says so', async () => {
    const events: TrainEvent[] = [];
    const outcome = await complete(job(family), hooks(events));
    const validation = outcome.curve.filter((point) => point.validation !== null);
    expect(outcome.validation!.nats).toBeLessThan(Math.LN2 * n * 0.75);
    expect(outcome.validation!.nats).toBeCloseTo(
      Math.min(...validation.map((point) => point.validation!)),
      4,
    );
    expect(outcome).toMatchObject({ ended: 'finished', epochs: 6, backend: 'cpu' });
    const phases = events.map((event) => (event.type === 'progress' ? event.progress.phase : event.type));
    expect(phases[0]).toBe('preparing');
    expect(phases.at(-1)).toBe('finishing');
    expect(phases).toContain('checkpoint');
  });

  it('resumed from a checkpoint, ends with the very same weights', async () => {
    const whole = await complete(job(family), hooks());
    const events: TrainEvent[] = [];
    const given = hooks(events);
    let breaths = 0;
    const halfway = await complete(job(family), {
      ...given,
      breathe: () => {
        // 2 breaths prepare the pixel means; the stop falls amid the run.
        if (++breaths === 25) given.control.stop();
        return Promise.resolve();
      },
    });
    expect(halfway.ended).toBe('stopped');
    expect(halfway.step).toBeLessThan(whole.step);
    const checkpoint = events.findLast((event) => event.type === 'checkpoint')!.checkpoint;
    // Through storage and back: nothing but plain data may matter.
    const resumed = await complete(
      job(family, { checkpoint: structuredClone<Checkpoint>(checkpoint) }),
      hooks(),
    );
    expect(resumed.model.tensors).toEqual(whole.model.tensors);
    expect(resumed.step).toBe(whole.step);
    expect(resumed.curve.at(-1)!.validation).toBe(whole.curve.at(-1)!.validation);
  });

  it('survives the loss of its device at 20 random steps with the very same weights', async () => {
    const whole = await complete(job(family, { epochs: 10 }), hooks());
    const at = new Set(permutation(90, 11, 0).subarray(0, 20));
    const events: TrainEvent[] = [];
    const backend = losing(at);
    const survived = await complete(
      job(family, { epochs: 10 }),
      hooks(events, { backend: () => Promise.resolve(backend) }),
    );
    expect(at.size).toBe(0);
    expect(survived.model.tensors).toEqual(whole.model.tensors);
    const recoveries = events.filter(
      (event) => event.type === 'progress' && event.progress.phase === 'recovering',
    );
    expect(recoveries).toHaveLength(20);
    const steps = survived.curve.map((point) => point.step);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  });

  it('does nothing while paused, and goes on', async () => {
    const events: TrainEvent[] = [];
    const given = hooks(events);
    let breaths = 0;
    const running = complete(job(family), {
      ...given,
      breathe: async () => {
        if (++breaths === 10) given.control.pause();
        await new Promise((resolve) => setImmediate(resolve));
      },
    });
    while (!events.some((event) => event.type === 'progress' && event.progress.phase === 'paused')) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    // The last step is saved by then: a paused run may be left for good.
    const saved = events.findLast((event) => event.type === 'checkpoint');
    const last = events.at(-1)!;
    expect(saved?.checkpoint.step).toBe(last.type === 'progress' ? last.progress.step : -1);
    const before = breaths;
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(breaths).toBe(before);
    given.control.resume();
    expect((await running).model.tensors).toEqual((await complete(job(family), hooks())).model.tensors);
  });
});

describe('a request that makes no sense', () => {
  it.each([
    ['family', { family: 'nonsense' }],
    ['images', { images: { ...blobs(0) } }],
    ['epochs', { epochs: 0 }],
    ['batchSize', { batchSize: 1.5 }],
    ['learningRate', { learningRate: Number.NaN }],
    ['validationShare', { validationShare: 0.9 }],
    ['images', { grid: { width: 6, height: 4 } }],
  ])('names the field: %s', async (field, changes) => {
    const result = await train(job('independent', changes), hooks());
    expect(result.ok ? '' : result.reason).toMatch(new RegExp(`^${field}: `));
  });
});
