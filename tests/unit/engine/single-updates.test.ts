import { describe, expect, it, vi } from 'vitest';
import type { GreyImages } from '../../../src/data/images.ts';
import { threefry2x32 } from '../../../src/data/rng.ts';
import type { CurvePoint, TrainEvent, TrainOutcome, TrainProgress } from '../../../src/engine/api.ts';
import { type Backend, DeviceLostError } from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { jobOf } from '../../../src/engine/job.ts';
import { RunControl } from '../../../src/engine/training/run-control.ts';
import { train } from '../../../src/engine/training/trainer.ts';
import { families, findFamily } from '../../../src/models/registry.ts';
import { smallHyper } from '../models/families.ts';

const grid = { width: 4, height: 4 };

function bars(count: number): GreyImages {
  const pixels = new Uint8Array(count * 16);
  const random = new Uint32Array(2);
  for (let image = 0; image < count; image++) {
    threefry2x32(3, 0, image, 0, random);
    for (let x = 0; x < 4; x++) pixels[image * 16 + (random[0] % 4) * 4 + x] = 120 + (random[1] % 136);
  }
  return { grid, count, pixels, labels: null };
}

const images = bars(700);
const able = families.filter(({ task, classes }) => task === 'density' && classes !== 'always');
const [em, descended] = (['em', 'descended'] as const).map(
  (kind) => able.find(({ training }) => training === kind)!.id,
);

/** A run that is paused before its first step; `turn` lets it go on for one turn of the event loop. */
function begin(
  family: string,
  backend: Backend = createCpuBackend(),
  onYield: (control: RunControl) => void = () => undefined,
) {
  const control = new RunControl();
  const events: TrainEvent[] = [];
  let ended = false;
  const job = jobOf({
    runId: 'run',
    family,
    grid,
    hyper: smallHyper(findFamily(family)!),
    images,
    binarisation: { kind: 'dynamic', seed: 3 },
    validationShare: 0.1,
    seed: 1,
    epochs: family === em ? 14 : 6,
    batchSize: 16,
    learningRate: 0.02,
  });
  const outcome = train(job, {
    control,
    onEvent: (event) => events.push(event),
    backend: () => Promise.resolve(backend),
    yieldToEventLoop: () => {
      onYield(control);
      return new Promise((resolve) => setImmediate(resolve));
    },
  }).then((result): TrainOutcome => {
    ended = true;
    if (!result.ok) throw new Error(result.reason);
    return result.value;
  });
  const progress = () =>
    events.flatMap((event): TrainProgress[] => (event.type === 'progress' ? [event.progress] : [])).at(-1);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const untilPaused = async () => {
    while (progress()?.phase !== 'paused' || control.stepping) {
      if (ended) throw new Error('the run ended before');
      await turn();
    }
    return progress()!;
  };
  const single = async () => {
    control.stepOnce();
    await turn();
    return await untilPaused();
  };
  const updates = () => events.flatMap((event) => (event.type === 'update' ? [event] : []));
  return { control, events, outcome, progress, untilPaused, single, updates, turn };
}

describe.each([
  [em, 3],
  [descended, 1],
] as const)('a paused run of %s', (family, chunks) => {
  it('makes exactly one update at a time, and stays paused', async () => {
    const run = begin(family);
    run.control.pause();
    await run.untilPaused();
    for (let update = 1; update <= 5; update++) {
      const { step, phase } = await run.single();
      expect([step, phase]).toEqual([update * chunks, 'paused']);
      for (let i = 0; i < 20; i++) await run.turn();
      expect(run.progress()).toMatchObject({ step: update * chunks, phase: 'paused' });
    }
    expect(run.updates().map(({ step }) => step)).toEqual([1, 2, 3, 4, 5].map((update) => update * chunks));
    run.control.stop();
    await run.outcome;
  });

  it('ends with the weights of a run without pauses, bit for bit, whenever it was paused', async () => {
    const whole = await begin(family).outcome;
    const run = begin(family);
    for (const turns of [0, 3, 7, 2]) {
      for (let i = 0; i < turns; i++) await run.turn();
      run.control.pause();
      await run.untilPaused();
      for (let update = 0; update < 2; update++) await run.single();
      run.control.resume();
    }
    const outcome = await run.outcome;
    expect(run.updates().length).toBe(8);
    expect(outcome.step).toBe(whole.step);
    expect(outcome.model.tensors).toEqual(whole.model.tensors);
    expect(outcome.validation).toEqual(whole.validation);
  });

  it('can be taken to its end one update at a time, validated on the way as always', async () => {
    const whole = await begin(family).outcome;
    const run = begin(family);
    run.control.pause();
    await run.untilPaused();
    while (run.progress()!.step < whole.step) await run.single();
    run.control.resume();
    const outcome = await run.outcome;
    expect(outcome.model.tensors).toEqual(whole.model.tensors);
    const validated = ({ curve }: TrainOutcome) =>
      curve.flatMap(({ step, validation }) => (validation === null ? [] : [[step, validation]]));
    expect(validated(outcome)).toEqual(validated(whole));
  });

  it('is stopped as ever', async () => {
    const run = begin(family);
    run.control.pause();
    await run.untilPaused();
    await run.single();
    run.control.stepOnce();
    run.control.stop();
    expect((await run.outcome).ended).toBe('stopped');
    expect(run.control.stepping).toBe(false);
  });
});

it('a step of gradient descent says what it did to its minibatch, an iteration of EM what it began with', async () => {
  for (const [family, count] of [
    [descended, 16],
    [em, 630],
  ] as const) {
    const run = begin(family);
    run.control.pause();
    await run.untilPaused();
    await run.single();
    const [{ before, after, images: of }] = run.updates();
    expect(of).toBe(count);
    expect(before).toBeGreaterThan(0);
    if (family === em) expect(after).toBeNull();
    else expect(after).toBeLessThan(before);
    run.control.stop();
    await run.outcome;
  }
});

it('a step during which the device is lost is made on the next one', async () => {
  const whole = await begin(descended).outcome;
  const cpu = createCpuBackend();
  let lost = false;
  const run = begin(descended, {
    ...cpu,
    learner: async (request) => {
      const own = await cpu.learner(request);
      return {
        step: (...given) => {
          if (lost) return own.step(...given);
          lost = true;
          return Promise.reject(new DeviceLostError('by the test'));
        },
        takeLoss: () => own.takeLoss(),
        logLikelihood: (...given) => own.logLikelihood(...given),
        state: () => own.state(),
        destroy: () => own.destroy(),
      };
    },
  });
  run.control.pause();
  await run.untilPaused();
  expect(await run.single()).toMatchObject({ step: 1, phase: 'paused' });
  expect(lost).toBe(true);
  run.control.resume();
  expect((await run.outcome).model.tensors).toEqual(whole.model.tensors);
});

it('a step after a pause during an evaluation ends that one, and is one step all the same', async () => {
  const whole = await begin(descended).outcome;
  const cpu = createCpuBackend();
  let evaluated = false;
  const watched: Backend = {
    ...cpu,
    learner: async (request) => {
      const own = await cpu.learner(request);
      return {
        step: (...given) => own.step(...given),
        takeLoss: () => own.takeLoss(),
        logLikelihood: (...given) => {
          evaluated = true;
          return own.logLikelihood(...given);
        },
        state: () => own.state(),
        destroy: () => own.destroy(),
      };
    },
  };
  let paused = false;
  const run = begin(descended, watched, (control) => {
    if (evaluated && !paused) control.pause();
    paused ||= evaluated;
  });
  const { step } = await run.untilPaused();
  expect(step).toBeGreaterThan(1);
  expect((await run.single()).step).toBe(step + 1);
  run.control.resume();
  expect((await run.outcome).model.tensors).toEqual(whole.model.tensors);
});

it('what the page has of the curve is all of it, however many points a fast run has between two reports', async () => {
  const run = begin(descended);
  let curve: readonly CurvePoint[] = [];
  const outcome = await run.outcome;
  for (const event of run.events) {
    if (event.type === 'curve') curve = event.curve;
    if (event.type === 'progress' && event.progress.point) curve = [...curve, event.progress.point];
  }
  expect(curve.length).toBeGreaterThan(3);
  expect(curve).toEqual(outcome.curve);
});

it('a pause counts as no work where the speed is measured', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const run = begin(descended);
    run.control.pause();
    await run.untilPaused();
    await run.single();
    vi.advanceTimersByTime(60_000);
    run.control.resume();
    await run.turn();
    // No time passes on this clock but in the pause: there is no speed yet, and not one of a minute for a step.
    expect(run.progress()!.imagesPerSecond).toBe(0);
    await run.outcome;
  } finally {
    vi.useRealTimers();
  }
});

it('a run that is not paused makes no single update', async () => {
  const run = begin(descended);
  run.control.stepOnce();
  await run.outcome;
  expect(run.updates()).toEqual([]);
});
