import { describe, expect, it } from 'vitest';
import { type GreyImages, pixelCount } from '../../../src/data/images.ts';
import type { Checkpoint, TrainOutcome } from '../../../src/engine/api.ts';
import type { Backend, Learner } from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { divergenceOf } from '../../../src/engine/training/divergence.ts';
import { jobOf, type JobSettings } from '../../../src/engine/job.ts';
import { RunControl } from '../../../src/engine/training/run-control.ts';
import { train, type UnpackedJob } from '../../../src/engine/training/trainer.ts';
import { families, trainingOf } from '../../../src/models/registry.ts';
import { smallHyper } from '../models/families.ts';

const grid = { width: 6, height: 5 };
const n = pixelCount(grid);
/** A density that is trained by Adam. */
const spec = families.filter(({ task, training }) => task === 'density' && training === 'descended')[0];

/** Columns of ink. */
function columns(count: number): GreyImages {
  const pixels = Uint8Array.from({ length: count * n }, (_, at) =>
    (at % n) % grid.width === Math.floor(at / n) % grid.width ? 255 : 0,
  );
  return { grid, count, pixels, labels: null };
}

/** Independent pixels of probability 1/2: the uniform distribution is optimal, and large weights cost much. */
function noise(count: number): GreyImages {
  return { grid, count, pixels: new Uint8Array(count * n).fill(128), labels: null };
}

function jobWith(changes: Partial<JobSettings<GreyImages>> = {}): UnpackedJob {
  return jobOf({
    runId: 'run',
    family: spec.id,
    grid,
    hyper: smallHyper(spec),
    images: columns(60),
    binarisation: { kind: 'threshold' },
    validationShare: 1 / 12,
    seed: 0,
    epochs: 30,
    batchSize: 16,
    learningRate: 0.05,
    ...changes,
  });
}

async function run(job: UnpackedJob, backend: Backend = createCpuBackend()) {
  const checkpoints: Checkpoint[] = [];
  const result = await train(job, {
    control: new RunControl(),
    onEvent: () => undefined,
    onCheckpoint: (checkpoint) => checkpoints.push(checkpoint),
    backend: () => Promise.resolve(backend),
    yieldToEventLoop: () => Promise.resolve(),
  });
  if (!result.ok) throw new Error(result.reason);
  return { outcome: result.value, checkpoints };
}

/** A backend whose learner behaves differently from a step on. */
function from(step: number, changes: (learner: Learner) => Partial<Learner>): Backend {
  const backend = createCpuBackend();
  return {
    ...backend,
    learner: async (request) => {
      const learner = await backend.learner(request);
      let steps = 0;
      const changed = changes(learner);
      const choose = () => (steps >= step ? { ...learner, ...changed } : learner);
      return {
        step: (...args) => {
          steps++;
          return learner.step(...args);
        },
        takeLoss: () => choose().takeLoss(),
        logLikelihood: (images, labels) => choose().logLikelihood(images, labels),
        state: () => choose().state(),
        destroy: () => learner.destroy(),
      };
    },
  };
}

const weightsOf = ({ model }: Pick<TrainOutcome, 'model'>) =>
  Object.values(model.tensors).flatMap((values) => [...values]);

const brokenState = (learner: Learner): Partial<Learner> => ({
  state: async () => {
    const state = await learner.state();
    const tensors = Object.fromEntries(
      Object.entries(state.tensors).map(([name, values]) => [name, values.map(() => NaN)]),
    );
    return { ...state, tensors };
  },
});

describe('a run whose numbers are no longer finite', () => {
  it.each<[string, (learner: Learner) => Partial<Learner>]>([
    ['the training loss', () => ({ takeLoss: () => Promise.resolve({ nats: NaN, images: 16 }) })],
    [
      'the validation loss',
      () => ({ logLikelihood: ({ count }) => Promise.resolve(new Float64Array(count).fill(-Infinity)) }),
    ],
    ['its weights', brokenState],
  ])('in %s ends there, reports it, and returns the best weights from before', async (_, changes) => {
    const clean = await run(jobWith({ epochs: 200 }));
    const { outcome, checkpoints } = await run(jobWith({ epochs: 200 }), from(101, changes));
    expect(outcome.diverged).toMatchObject({ uniform: n * Math.LN2 });
    expect(Number.isFinite(outcome.diverged?.nats)).toBe(false);
    expect(outcome.step).toBeLessThan(clean.outcome.step);
    expect(weightsOf(outcome).every(Number.isFinite)).toBe(true);
    expect(Number.isFinite(outcome.train.nats)).toBe(true);
    for (const { validation } of outcome.curve)
      if (validation !== null) expect(validation).toBeLessThan(Infinity);
    for (const { state } of checkpoints)
      expect(Object.values(state.tensors).every((values) => values.every(Number.isFinite))).toBe(true);
  });

  it('and that has no validation images returns the weights of its last checkpoint', async () => {
    const whole = { validationShare: 0, epochs: 20 };
    const { checkpoints } = await run(jobWith({ ...whole, epochs: 10 }));
    const checkpoint: Checkpoint = { ...checkpoints[checkpoints.length - 1] };
    const { outcome } = await run({ ...jobWith(whole), checkpoint }, from(1, brokenState));
    expect(outcome.diverged).not.toBe(null);
    expect(outcome.model.tensors).toEqual(checkpoint.state.tensors);
  });
});

describe('divergence by the final loss', () => {
  it('is reported where it is far above the loss of the uniform distribution', async () => {
    const { outcome } = await run(
      jobWith({ images: noise(60), binarisation: { kind: 'stochastic', seed: 0 }, learningRate: 1000 }),
    );
    expect(outcome.diverged).toEqual({
      step: outcome.step,
      nats: outcome.train.nats,
      uniform: n * Math.LN2,
    });
    expect(outcome.train.nats).toBeGreaterThan(100);
  });

  it('is not reported at the learning rate of the family or a tenth of it', async () => {
    for (const share of [1, 0.1]) {
      const { outcome } = await run(jobWith({ learningRate: trainingOf(spec).learningRate * share }));
      expect(outcome.diverged).toBe(null);
    }
  });

  it('is judged against the uniform distribution over images or over classes', () => {
    const classifier = families.find(({ task }) => task === 'classifier')?.id ?? '';
    expect(divergenceOf({ family: spec.id, grid }, 3, n * Math.LN2)).toBe(null);
    expect(divergenceOf({ family: spec.id, grid }, 3, 40)).toEqual({
      step: 3,
      nats: 40,
      uniform: n * Math.LN2,
    });
    expect(divergenceOf({ family: classifier, grid }, 3, 2.4)).toBe(null);
    expect(divergenceOf({ family: classifier, grid }, 3, 4)).toMatchObject({ uniform: Math.log(10) });
    expect(divergenceOf({ family: spec.id, grid }, 3, NaN)).not.toBe(null);
  });
});
