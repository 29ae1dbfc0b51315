import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { binariseRows } from '../../../src/data/binarise.ts';
import type { GreyImages, PackedImages } from '../../../src/data/images.ts';
import { threefry2x32 } from '../../../src/data/rng.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import type { Checkpoint, TrainEvent, TrainOutcome, TrainProgress } from '../../../src/engine/api.ts';
import { type Backend, DeviceLostError } from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { BackendHost } from '../../../src/engine/backend-host.ts';
import { referenceOf } from '../../../src/engine/backends/references.ts';
import { jobOf } from '../../../src/engine/job.ts';
import { RunControl } from '../../../src/engine/training/run-control.ts';
import { EngineSession } from '../../../src/engine/session.ts';
import { train } from '../../../src/engine/training/trainer.ts';
import { families, findFamily } from '../../../src/models/registry.ts';
import { smallHyper } from '../models/families.ts';
import { type FakeBackend, fakeBackend, HeldMachine, settle } from './fake-machine.ts';

const grid = { width: 5, height: 4 };
const n = 20;
/** Duration of one event loop iteration on the test's clock, and of the wait for a device, in milliseconds. */
const TURN_MS = 20;
const WAIT_MS = 117_000;

function bars(count: number): GreyImages {
  const pixels = new Uint8Array(count * n);
  const random = new Uint32Array(2);
  for (let image = 0; image < count; image++) {
    threefry2x32(3, 0, image, 0, random);
    const row = random[0] % grid.height;
    for (let column = 0; column < grid.width; column++)
      pixels[image * n + row * grid.width + column] = 120 + (random[1] % 136);
  }
  return { grid, count, pixels, labels: null };
}

const able = families.filter((spec) => !spec.refuses?.(grid, smallHyper(spec)) && spec.classes !== 'always');
const iterated = (['descended', 'em'] as const).map(
  (training) => able.find((spec) => spec.training === training && spec.task === 'density')!.id,
);

/** A backend that computes on typed arrays until its device is lost, and counts the learners and EM iterations that it starts. */
function work(begun: { count: number }, ended: () => boolean): Partial<Backend> {
  const cpu = createCpuBackend();
  const alive = async <T>(call: () => Promise<T>): Promise<T> => {
    if (ended()) throw new DeviceLostError('by the test');
    return await call();
  };
  return {
    open: (model) => alive(() => cpu.open(model)),
    learner: async (request) => {
      begun.count++;
      const own = await alive(() => cpu.learner(request));
      return {
        step: (...given) => alive(() => own.step(...given)),
        takeLoss: () => alive(() => own.takeLoss()),
        logLikelihood: (...given) => alive(() => own.logLikelihood(...given)),
        state: () => alive(() => own.state()),
        destroy: () => own.destroy(),
      };
    },
    emIteration: async (model) => {
      begun.count++;
      const own = await alive(() => cpu.emIteration(model));
      return {
        add: (...given) => alive(() => own.add(...given)),
        finish: () => alive(() => own.finish()),
        destroy: () => own.destroy(),
      };
    },
  };
}

function gpuBackend(begun: { count: number }): FakeBackend {
  const backend: FakeBackend = fakeBackend(
    'webgpu',
    work(begun, () => backend.ended),
  );
  return backend;
}

/** Completes the wait for a device: a probe or a sleep, then the creation. */
async function grantDevice(machine: HeldMachine): Promise<void> {
  for (let step = 0; step < 2; step++) {
    await settle();
    machine.release(0, true);
  }
  await settle();
}

/** A run on a fake GPU. `begun` counts the learners and EM iterations on the GPU, `typed` those on typed arrays. */
async function begin(family: string) {
  const begun = { count: 0 };
  const typed = { count: 0 };
  const machine = new HeldMachine(() => gpuBackend(begun));
  machine.createCpu = () =>
    fakeBackend(
      'cpu',
      work(typed, () => false),
    );
  const host = new BackendHost(machine);
  const checkpoints: Checkpoint[] = [];
  const yieldToEventLoop = async () => {
    vi.advanceTimersByTime(TURN_MS);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const engine = new EngineSession(host, yieldToEventLoop, {
    write: (checkpoint) => {
      checkpoints.push(checkpoint);
      return Promise.resolve(ok(null));
    },
    read: () => Promise.resolve(fail('none')),
  });
  const events: TrainEvent[] = [];
  await grantDevice(machine);
  const outcome = engine.train(
    jobOf({
      runId: 'run',
      family,
      grid,
      hyper: smallHyper(findFamily(family)!),
      images: { kind: 'grey', images: bars(1500) },
      binarisation: { kind: 'stochastic', seed: 1 },
      validationShare: 0.1,
      seed: 1,
      epochs: 40,
      batchSize: 10,
      learningRate: 0.01,
      checkpoints: 'kept',
    }),
    (event) => events.push(event),
  );
  return { engine, machine, host, events, checkpoints, outcome, begun, typed };
}

type Begun = Awaited<ReturnType<typeof begin>>;

/** Waits until the condition holds; fails where the run ends before. */
async function until({ outcome }: Begun, condition: () => boolean): Promise<void> {
  const ended = outcome.then(() => true);
  while (!condition()) {
    if (await Promise.race([ended, settle().then(() => false)])) throw new Error('the run ended before');
  }
}

const progressOf = (events: readonly TrainEvent[]): TrainProgress[] =>
  events.flatMap((event) => (event.type === 'progress' ? [event.progress] : []));
const last = (given: Begun) => progressOf(given.events).at(-1)!;

/** Loses the device during the run, after its first checkpoint with a validation loss. */
async function lose(given: Begun): Promise<void> {
  await until(given, () => given.checkpoints.some(({ best }) => best !== null));
  const { step } = last(given);
  await until(given, () => last(given).phase === 'training' && last(given).step > step);
  given.machine.created[0].crash('by the test');
  await until(given, () => last(given).phase === 'recovering');
  await settle();
}

function value(result: Result<TrainOutcome>): TrainOutcome {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe.each(iterated)('a run of %s that waits for a device', (family) => {
  it('is stopped at once, with the best checkpoint', async () => {
    const given = await begin(family);
    await lose(given);
    const { best, step } = given.checkpoints.at(-1)!;
    await given.engine.stop();
    const outcome = value(await given.outcome);
    expect(given.host.status().state).toBe('recovering');
    expect(outcome).toMatchObject({ ended: 'stopped', step });
    expect(outcome.model.tensors).toEqual(best!.tensors);
    // Typed arrays measured the model but did not train it.
    expect(given.typed.count).toBe(0);
    expect(outcome.backend).toBe('cpu');
    expect(outcome.validation!.nats).toBeCloseTo(best!.validation, 6);
  });

  it('is paused at once, continues when resumed, and ends with the weights of an uninterrupted one', async () => {
    const whole = await begin(family);
    const undisturbed = value(await whole.outcome);
    const given = await begin(family);
    await lose(given);
    await given.engine.pause();
    await until(given, () => last(given).phase === 'paused');
    // A run that is resumed before there is a device waits again.
    await given.engine.resume();
    await until(given, () => last(given).phase === 'recovering');
    await given.engine.pause();
    await until(given, () => last(given).phase === 'paused');
    await grantDevice(given.machine);
    expect(given.host.status()).toMatchObject({ kind: 'webgpu', state: 'ready' });
    expect(last(given).phase).toBe('paused');
    const begun = given.begun.count;
    await settle();
    expect(given.begun.count).toBe(begun);
    await given.engine.resume();
    const outcome = value(await given.outcome);
    expect(outcome).toMatchObject({ ended: 'finished', backend: 'webgpu' });
    expect(outcome.model.tensors).toEqual(undisturbed.model.tensors);
  });

  it('is stopped while it is paused', async () => {
    const given = await begin(family);
    await lose(given);
    await given.engine.pause();
    await until(given, () => last(given).phase === 'paused');
    await given.engine.stop();
    expect(value(await given.outcome)).toMatchObject({ ended: 'stopped' });
  });

  it('does not count the wait in its duration and in the time left', async () => {
    const whole = await begin(family);
    const undisturbed = value(await whole.outcome);
    const estimates = progressOf(whole.events).flatMap(({ secondsLeft }) => secondsLeft ?? []);
    const given = await begin(family);
    await lose(given);
    vi.advanceTimersByTime(WAIT_MS);
    await grantDevice(given.machine);
    const outcome = value(await given.outcome);
    const left = progressOf(given.events).flatMap(({ secondsLeft }) => secondsLeft ?? []);
    expect(left.length).toBeGreaterThan(10);
    expect(Math.max(...left)).toBeLessThan(1.5 * Math.max(...estimates));
    // Steps since the checkpoint are repeated; the wait alone is longer than the whole run.
    expect(outcome.seconds).toBeLessThan(WAIT_MS / 1000);
    expect(outcome.seconds).toBeLessThan(1.5 * undisturbed.seconds);
  });
});

describe('a counted run', () => {
  it('that is stopped while its device is lost keeps what it has counted', async () => {
    const spec = able.find(({ training }) => training === 'counted')!;
    const cpu = createCpuBackend();
    const control = new RunControl();
    const images = bars(1000);
    let losing = false;
    const failing: Backend = {
      ...cpu,
      counter: async (...given) => {
        const own = await cpu.counter(...given);
        return {
          add: async (...chunk) => {
            if (losing && !control.stopped) {
              control.stop();
              throw new DeviceLostError('by the test');
            }
            await own.add(...chunk);
            losing = true;
          },
          finish: () => own.finish(),
          destroy: () => own.destroy(),
        };
      },
    };
    const binarisation = { kind: 'stochastic', seed: 1 } as const;
    const job = jobOf({ runId: 'run', family: spec.id, grid, hyper: smallHyper(spec), images, binarisation });
    const hooks = {
      control,
      onEvent: () => undefined,
      backend: () => Promise.resolve(failing),
      yieldToEventLoop: () => Promise.resolve(),
    };
    const outcome = value(await train(job, hooks));
    expect(outcome).toMatchObject({ ended: 'stopped', step: 1 });
    const counter = referenceOf(spec.id).counter!(spec.id, grid, job.hyper);
    const rows = Uint32Array.from({ length: 256 }, (_, row) => row);
    counter.add(binariseRows(images, rows, job.binarisation, 0));
    expect(outcome.model.tensors).toEqual(counter.finish());
  });
});

describe('the summary of a run on a slow backend', () => {
  const spec = able.find(({ training }) => training === 'counted')!;
  const binarisation = { kind: 'stochastic', seed: 1 } as const;
  const images = bars(1000);

  async function summary(stops: boolean) {
    const cpu = createCpuBackend();
    const control = new RunControl();
    const scored: PackedImages[] = [];
    const slow: Backend = {
      ...cpu,
      open: async (model) => {
        if (stops) control.stop();
        const own = await cpu.open(model);
        return {
          ...own,
          logLikelihood: (chunk) => {
            vi.advanceTimersByTime(2000);
            scored.push(chunk);
            return own.logLikelihood(chunk);
          },
        };
      },
    };
    const job = jobOf({ runId: 'run', family: spec.id, grid, hyper: smallHyper(spec), images, binarisation });
    const hooks = {
      control,
      onEvent: () => undefined,
      backend: () => Promise.resolve(slow),
      yieldToEventLoop: () => Promise.resolve(),
    };
    return { outcome: value(await train(job, hooks)), scored };
  }

  it('takes all images at the end of a run', async () => {
    const { outcome } = await summary(false);
    expect([outcome.ended, outcome.train.images]).toEqual(['finished', 1000]);
  });

  it('takes few once the visitor presses Stop, from all parts of the data set', async () => {
    const { outcome, scored } = await summary(true);
    expect(outcome.train.images).toBe(500);
    const everyFourth = Uint32Array.from({ length: 250 }, (_, i) => 4 * i);
    expect(scored[0]).toEqual(binariseRows(images, everyFourth, binarisation, 0));
    const nats = Math.abs(outcome.train.nats - (await summary(false)).outcome.train.nats);
    expect(nats).toBeLessThan(5 * outcome.train.standardError);
  });
});
