import { describe, expect, it } from 'vitest';
import { binarise } from '../../../src/data/binarise.ts';
import { CLASSES, type GreyImages, pixelCount, sliceImages } from '../../../src/data/images.ts';
import { permutation, threefry2x32 } from '../../../src/data/rng.ts';
import type { Checkpoint, TrainEvent, TrainOutcome } from '../../../src/engine/api.ts';
import { type Backend, DeviceLostError } from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { referenceOf } from '../../../src/engine/backends/references.ts';
import { RunControl } from '../../../src/engine/training/run-control.ts';
import { jobOf, type JobSettings } from '../../../src/engine/job.ts';
import { train, type TrainHooks, type UnpackedJob } from '../../../src/engine/training/trainer.ts';
import { classModelsOf, logPrior } from '../../../src/models/shared/class-conditional.ts';
import { completeHyper, families, findFamily, trainingOf } from '../../../src/models/registry.ts';
import { smallHyper } from '../models/families.ts';

const grid = { width: 5, height: 4 };
const n = pixelCount(grid);

/** Rows of ink with random grey levels, so that pixels depend on each other. */
function stripes(count: number): GreyImages {
  const pixels = new Uint8Array(count * n);
  const labels = new Uint8Array(count);
  const random = new Uint32Array(2);
  for (let image = 0; image < count; image++) {
    threefry2x32(7, 0, image, 0, random);
    const row = random[0] % grid.height;
    labels[image] = row;
    const grey = 100 + (random[1] % 156);
    for (let column = 0; column < grid.width; column++) pixels[image * n + row * grid.width + column] = grey;
  }
  // The class is the inked row.
  return { grid, count, pixels, labels };
}

function job(family: string, changes: Partial<JobSettings<GreyImages>> = {}): UnpackedJob {
  return jobOf({
    runId: 'run',
    family,
    grid,
    hyper: smallHyper(findFamily(family)!),
    images: stripes(300),
    binarisation: { kind: 'dynamic', seed: 3 },
    validationShare: 0.1,
    seed: 1,
    epochs: 6,
    batchSize: 32,
    learningRate: 0.05,
    ...changes,
  });
}

function hooks(events: TrainEvent[] = [], changes: Partial<TrainHooks> = {}) {
  const backend = createCpuBackend();
  const checkpoints: Checkpoint[] = [];
  return {
    control: new RunControl(),
    onEvent: (event: TrainEvent) => events.push(event),
    onCheckpoint: (checkpoint: Checkpoint) => checkpoints.push(checkpoint),
    checkpoints,
    backend: () => Promise.resolve(backend),
    yieldToEventLoop: () => new Promise<void>((resolve) => setImmediate(resolve)),
    ...changes,
  };
}

async function complete(request: UnpackedJob, given: TrainHooks): Promise<TrainOutcome> {
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
        logLikelihood: (images, labels) => learner.logLikelihood(images, labels),
        state: () => learner.state(),
        destroy: () => learner.destroy(),
      };
    },
  };
}

/** Pauses a run at the given yield of its evaluations; returns its last checkpoint, and the phase and step at the pause. */
async function pausedDuringEvaluation(request: UnpackedJob, atYield: number) {
  const backend = createCpuBackend();
  const events: TrainEvent[] = [];
  let phase = '';
  let yields = 0;
  // Only an evaluation calls logLikelihood of the learner: that distinguishes its yields from those of a step.
  let evaluating = false;
  const watched: Backend = {
    ...backend,
    learner: async (given) => {
      const learner = await backend.learner(given);
      return {
        step: (...args) => learner.step(...args),
        takeLoss: () => learner.takeLoss(),
        logLikelihood: (images, labels) => {
          evaluating = true;
          return learner.logLikelihood(images, labels);
        },
        state: () => learner.state(),
        destroy: () => learner.destroy(),
      };
    },
  };
  const given = hooks(events, { backend: () => Promise.resolve(watched) });
  const ended = train(request, {
    ...given,
    yieldToEventLoop: () => {
      if (evaluating && ++yields === atYield) {
        phase = 'validating';
        given.control.pause();
      }
      evaluating = false;
      return new Promise((resolve) => setImmediate(resolve));
    },
  });
  for (;;) {
    const last = events.at(-1);
    if (last?.type === 'progress' && last.progress.phase === 'paused') {
      return { checkpoint: structuredClone(given.checkpoints.at(-1)!), phase, step: last.progress.step };
    }
    const turn = new Promise<null>((resolve) => setImmediate(resolve, null));
    if ((await Promise.race([ended, turn])) !== null)
      throw new Error(`the run ended after ${yields} yields of its evaluations`);
  }
}

const able = families.filter((spec) => !spec.refuses?.(grid, completeHyper(spec)));
const counted = able.filter((spec) => spec.training === 'counted' && spec.classes !== 'always');
const fittedByEm = able.filter((spec) => spec.training === 'em');
const ORDERED = { order: 2 };
const CONDITIONAL = { 'class-conditional': 1 };
/** Every descended family; one also in another order of the pixels, one also class-conditional. */
const descended = able
  .filter((spec) => spec.training === 'descended')
  .map((spec) => [spec.id, smallHyper(spec)] as const);
const [ordered] = descended.filter(([, hyper]) => 'order' in hyper);
const [conditional] = descended.filter(([, hyper]) => 'class-conditional' in hyper);
const cases = [
  ...descended,
  [ordered[0], { ...ordered[1], ...ORDERED }] as const,
  [conditional[0], { ...conditional[1], ...CONDITIONAL }] as const,
];
/** Loss of the uniform distribution in nats: over images, or over classes. */
const uniformNats = (family: string) =>
  findFamily(family)?.task === 'classifier' ? Math.log(CLASSES) : Math.LN2 * n;

describe.each(counted.map((spec) => spec.id))('%s, counted', (family) => {
  it('equals one count over the training rows', async () => {
    const request = job(family, { binarisation: { kind: 'stochastic', seed: 5 }, validationShare: 0 });
    const outcome = await complete(request, hooks());
    const counter = referenceOf(family).counter!(family, grid, request.hyper);
    counter.add(binarise(request.images, request.binarisation));
    expect(outcome.model.tensors).toEqual(counter.finish());
    expect(outcome).toMatchObject({ ended: 'finished', validation: null, epochs: 1 });
    expect(outcome.train.images).toBe(300);
  });
});

describe('a class-conditional model, counted', () => {
  const [spec] = able.filter((each) => each.training === 'counted');
  const hyper = { ...smallHyper(spec), ...CONDITIONAL };

  it('equals one count per class, with the frequencies of the classes as prior', async () => {
    const binarisation = { kind: 'stochastic', seed: 5 } as const;
    const request = job(spec.id, { hyper, binarisation, validationShare: 0 });
    const { model } = await complete(request, hooks());
    const { images } = request;
    const bits = binarise(images, binarisation);
    classModelsOf(model).forEach((classModel, y) => {
      const rows = [...images.labels!].flatMap((label, row) => (label === y ? [row] : []));
      const counter = referenceOf(spec.id).counter!(spec.id, grid, hyper);
      for (const row of rows) counter.add(sliceImages(bits, row, 1));
      expect(classModel.tensors).toEqual(counter.finish());
      expect(Math.exp(logPrior(model)[y])).toBeCloseTo((rows.length + 1) / 310, 6);
    });
  });

  it('is refused without labels, by name', async () => {
    const images = { ...stripes(20), labels: null };
    const result = await train(job(spec.id, { hyper, images }), hooks());
    expect(result.ok ? '' : result.reason).toMatch(/^labels: /);
    const outOfRange = { ...stripes(20), labels: new Uint8Array(20).fill(10) };
    const other = await train(job(spec.id, { hyper, images: outOfRange }), hooks());
    expect(other.ok ? '' : other.reason).toMatch(/^labels: 10 /);
  });
});

describe.each(fittedByEm.map((spec) => [spec.id, spec] as const))('%s, by EM', (family, spec) => {
  // Imagined images count in what EM increases, not in the loss: as few as can be.
  const smoothing = spec.hyperparameters.filter(({ unit }) => unit === 'images');
  const hyper = { ...smallHyper(spec), ...Object.fromEntries(smoothing.map(({ name, min }) => [name, min])) };
  const fixed = { binarisation: { kind: 'stochastic', seed: 5 }, epochs: 12, hyper } as const;

  it('never increases the training loss, and stops once it has converged', async () => {
    const outcome = await complete(job(family, { ...fixed, validationShare: 0 }), hooks());
    const train = outcome.curve.map((point) => point.train!);
    expect(train.length).toBeGreaterThan(2);
    // Smoothing may increase the loss slightly once little is left to gain.
    for (let at = 1; at < train.length; at++) expect(train[at]).toBeLessThan(train[at - 1] + 1e-3);
    expect(train.at(-1)).toBeLessThan(train[0]);
    const long = await complete(job(family, { ...fixed, epochs: 5000, validationShare: 0 }), hooks());
    expect(long.epochs).toBeLessThan(5000);
  });

  it('resumed from a checkpoint, or after a lost device, ends with exactly the same weights', async () => {
    const whole = await complete(job(family, fixed), hooks());
    const given = hooks();
    let checkpoint: Checkpoint | null = null;
    const onCheckpoint = (next: Checkpoint) => {
      checkpoint = next;
      if (next.curve.length === 3) given.control.stop();
    };
    await complete(job(family, fixed), { ...given, onCheckpoint });
    const resumed = await complete(
      { ...job(family, fixed), checkpoint: structuredClone(checkpoint) },
      hooks(),
    );
    expect(resumed.model.tensors).toEqual(whole.model.tensors);
    const backend = createCpuBackend();
    let calls = 0;
    const failing: Backend = {
      ...backend,
      emIteration: async (model) => {
        const own = await backend.emIteration(model);
        return {
          ...own,
          add: (...given) =>
            ++calls === 5 ? Promise.reject(new DeviceLostError('by the test')) : own.add(...given),
        };
      },
    };
    const survived = await complete(
      job(family, fixed),
      hooks([], { backend: () => Promise.resolve(failing) }),
    );
    expect(calls).toBeGreaterThan(5);
    expect(survived.model.tensors).toEqual(whole.model.tensors);
  });

  it('trains every class model on its own class', async () => {
    const hyper = { ...smallHyper(spec), ...CONDITIONAL };
    const outcome = await complete(job(family, { ...fixed, hyper }), hooks());
    expect(outcome.validation!.nats).toBeLessThan(uniformNats(family) * 0.5);
  });
});

describe.each(cases)('%s %j, descended', (family, hyper) => {
  it('lowers the validation loss and reports it', async () => {
    const events: TrainEvent[] = [];
    const given = hooks(events);
    const outcome = await complete(job(family, { hyper }), given);
    const validation = outcome.curve.filter((point) => point.validation !== null);
    expect(outcome.validation!.nats).toBeLessThan(uniformNats(family) * 0.75);
    expect(outcome.validation!.nats).toBeCloseTo(
      Math.min(...validation.map((point) => point.validation!)),
      4,
    );
    expect(outcome).toMatchObject({ ended: 'finished', epochs: 6, backend: 'cpu' });
    const phases = events.map((event) => (event.type === 'progress' ? event.progress.phase : event.type));
    expect(phases[0]).toBe('preparing');
    expect(phases.at(-1)).toBe('finishing');
    expect(given.checkpoints.at(-1)!.step).toBe(outcome.step);
  });

  it('resumed from a checkpoint, ends with exactly the same weights', async () => {
    const whole = await complete(job(family, { hyper }), hooks());
    const given = hooks();
    let yields = 0;
    const halfway = await complete(job(family, { hyper }), {
      ...given,
      yieldToEventLoop: () => {
        // The first yields are those of the pixel means, class by class; the stop comes during the run.
        if (++yields === 40) given.control.stop();
        return Promise.resolve();
      },
    });
    expect(halfway.ended).toBe('stopped');
    expect(halfway.step).toBeLessThan(whole.step);
    // As after storage: the checkpoint is plain data.
    const checkpoint = structuredClone(given.checkpoints.at(-1)!);
    const resumed = await complete({ ...job(family, { hyper }), checkpoint }, hooks());
    expect(resumed.model.tensors).toEqual(whole.model.tensors);
    expect(resumed.step).toBe(whole.step);
    expect(resumed.curve.at(-1)!.validation).toBe(whole.curve.at(-1)!.validation);
  });

  it('survives the loss of its device at 20 random steps with exactly the same weights', async () => {
    const whole = await complete(job(family, { hyper, epochs: 10 }), hooks());
    const at = new Set(permutation(90, 11, 0).subarray(0, 20));
    const events: TrainEvent[] = [];
    const backend = losing(at);
    const survived = await complete(
      job(family, { hyper, epochs: 10 }),
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
    let yields = 0;
    const running = complete(job(family, { hyper }), {
      ...given,
      yieldToEventLoop: async () => {
        if (++yields === 10) given.control.pause();
        await new Promise((resolve) => setImmediate(resolve));
      },
    });
    while (!events.some((event) => event.type === 'progress' && event.progress.phase === 'paused')) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    // The last step is saved by then, because the page may be closed during the pause.
    const last = events.at(-1)!;
    expect(given.checkpoints.at(-1)?.step).toBe(last.type === 'progress' ? last.progress.step : -1);
    const before = yields;
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(yields).toBe(before);
    given.control.resume();
    expect((await running).model.tensors).toEqual(
      (await complete(job(family, { hyper }), hooks())).model.tensors,
    );
  });

  it('paused during an evaluation and then resumed from its checkpoint, ends with exactly the same weights', async () => {
    // Enough images held back for an evaluation to yield more than once.
    const request = job(family, { hyper, images: stripes(600), validationShare: 0.5, epochs: 8 });
    const whole = await complete(request, hooks());
    for (const evaluation of [1, 3, 6]) {
      const { checkpoint, phase, step } = await pausedDuringEvaluation(request, evaluation);
      expect(phase).toBe('validating');
      expect(checkpoint.step).toBe(step);
      const resumed = await complete({ ...request, checkpoint }, hooks());
      expect(resumed.model.tensors).toEqual(whole.model.tensors);
      const measured = ({ curve }: TrainOutcome) =>
        curve.flatMap((point) => (point.validation === null ? [] : [[point.step, point.validation]]));
      expect(measured(resumed)).toEqual(measured(whole));
    }
  });
});

describe('an invalid job', () => {
  it.each([
    ['family', { family: 'nonsense' }],
    ['training', { training: 'counted', passes: 1 }],
    ['images', { images: { ...stripes(0) } }],
    ['epochs', { epochs: 0 }],
    ['batchSize', { batchSize: 1.5 }],
    ['learningRate', { learningRate: Number.NaN }],
    ['validationShare', { validationShare: 0.9 }],
    ['images', { grid: { width: 6, height: 4 } }],
  ])('names the field: %s', async (field, changes) => {
    const result = await train({ ...job(descended[0][0]), ...changes } as UnpackedJob, hooks());
    expect(result.ok ? '' : result.reason).toMatch(new RegExp(`^${field}: `));
  });

  it('names the passes of a counted model', async () => {
    const result = await train(job(counted[0].id, { epochs: 0 }), hooks());
    expect(result.ok ? '' : result.reason).toMatch(/^passes: /);
  });
});

describe('the job of a family', () => {
  const bits = { kind: 'stochastic', seed: 5 } as const;

  it('has only what its training reads', () => {
    const fields = (family: string) => Object.keys(job(family, { binarisation: bits })).sort();
    const common = ['binarisation', 'family', 'grid', 'hyper', 'images', 'runId', 'seed', 'training'];
    const of = (...more: string[]) => [...common, 'validationShare', ...more].sort();
    expect(fields(counted[0].id)).toEqual(of('passes'));
    expect(fields(fittedByEm[0].id)).toEqual(of('epochs', 'checkpoints'));
    expect(fields(descended[0][0])).toEqual(of('epochs', 'batchSize', 'learningRate', 'checkpoints'));
  });

  it('counts one pass unless every pass draws new bits', () => {
    expect(job(counted[0].id, { epochs: 7, binarisation: bits })).toMatchObject({ passes: 1 });
    expect(job(counted[0].id, { epochs: 7 })).toMatchObject({ passes: 7 });
  });

  it('has the defaults of the family where nothing is said', () => {
    const [family, hyper] = descended[0];
    const images = stripes(3);
    const made = jobOf({ runId: 'run', family, grid, hyper, images, binarisation: bits });
    const { epochs, batchSize, learningRate } = trainingOf(findFamily(family)!);
    expect(made).toMatchObject({ epochs, batchSize, learningRate, seed: 0, validationShare: 0 });
    const counts = { runId: 'run', family: counted[0].id, grid, hyper: {}, images };
    expect(jobOf({ ...counts, binarisation: { kind: 'dynamic', seed: 1 } })).toMatchObject({ passes: 1 });
  });
});
