import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import type { GreyImages } from '../../../src/data/images.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import type { Checkpoint, TrainEvent } from '../../../src/engine/api.ts';
import { type JobSettings, jobOf } from '../../../src/engine/job.ts';
import { EngineSession } from '../../../src/engine/session.ts';
import { type CheckpointStore, CheckpointWriter } from '../../../src/engine/training/checkpoints.ts';
import { families } from '../../../src/models/registry.ts';
import { hostWithoutWebGpu } from './host-without-webgpu.ts';
import { randomImages, smallHyper } from '../models/families.ts';
import { checkpoint } from '../store/samples.ts';

const grid = { width: 4, height: 3 };
const images: GreyImages = {
  grid,
  count: 200,
  pixels: Uint8Array.from({ length: 200 * 12 }, (_, i) => (((i * i) % 7) + (i % 12) > 8 ? 255 : 0)),
  labels: null,
};
const iterated = families.filter(
  ({ task, training, classes }) => task === 'density' && training !== 'counted' && classes !== 'always',
);

/** A session whose checkpoints are kept in `written`; its run is stopped at a yield to the event loop, counted from 1. */
function begin(changes: Partial<CheckpointStore> = {}, stopAt = Infinity) {
  const written: Checkpoint[] = [];
  const host = hostWithoutWebGpu();
  let yields = 0;
  const yieldToEventLoop = async () => {
    if (++yields === stopAt) await engine.stop();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const engine: EngineSession = new EngineSession(host, yieldToEventLoop, {
    write: (next) => {
      written.push(next);
      return Promise.resolve(ok(null));
    },
    read: () => Promise.resolve(written.length > 0 ? ok(written.at(-1)!) : fail('run: it is gone')),
    ...changes,
  });
  return { engine, written };
}

const { id: family } = iterated.find(({ training }) => training === 'em')!;
const hyper = smallHyper(iterated.find((spec) => spec.id === family)!);

function job(changes: Partial<JobSettings<{ kind: 'grey'; images: GreyImages }>> = {}) {
  const source = { kind: 'grey', images } as const;
  const binarisation = { kind: 'threshold' } as const;
  return jobOf({ runId: 'r1', family, grid, hyper, images: source, binarisation, epochs: 6, ...changes });
}

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

/** Arrays of numbers anywhere in a value. */
function arraysIn(given: unknown): unknown[] {
  if (ArrayBuffer.isView(given) || given instanceof ArrayBuffer) return [given];
  return typeof given === 'object' && given !== null ? Object.values(given).flatMap(arraysIn) : [];
}

describe.each(iterated.map((spec) => [spec.id, smallHyper(spec)] as const))('a run of %s', (id, own) => {
  it('tells the page the steps of its checkpoints; the weights go to the store alone', async () => {
    const { engine, written } = begin();
    const events: TrainEvent[] = [];
    const run = job({ family: id, hyper: own, checkpoints: 'kept' });
    value(await engine.train(run, (event) => events.push(event)));
    const steps = (type: TrainEvent['type']) =>
      events.flatMap((event) => (event.type === type && 'step' in event ? [event.step] : []));
    expect(written.length).toBeGreaterThan(0);
    expect(arraysIn(written).length).toBeGreaterThan(0);
    expect(steps('stored')).toEqual(written.map(({ step }) => step));
    expect(steps('checkpoint')).toEqual(expect.arrayContaining(steps('stored')));
    expect(arraysIn(events)).toEqual([]);
  });

  it('is resumed from the stored checkpoint, to exactly the same weights', async () => {
    const settings = { family: id, hyper: own };
    const whole = value(await begin().engine.train(job(settings), () => undefined));
    const { engine, written } = begin({}, 3);
    const stopped = await engine.train(job({ ...settings, checkpoints: 'kept' }), () => undefined);
    expect(value(stopped).step).toBeLessThan(whole.step);
    written.splice(0, written.length, structuredClone(written.at(-1)!));
    const resumed = value(await engine.train(job({ ...settings, checkpoints: 'resumed' }), () => undefined));
    expect(resumed.model.tensors).toEqual(whole.model.tensors);
    expect(resumed.step).toBe(whole.step);
  });
});

it('the events of a checkpoint have no field for weights', () => {
  type Event<Type> = Extract<TrainEvent, { readonly type: Type }>;
  expectTypeOf<Event<'checkpoint'>>().toEqualTypeOf<{
    readonly type: 'checkpoint';
    readonly step: number;
    readonly seconds: number;
  }>();
  expectTypeOf<Event<'stored'>>().toEqualTypeOf<{
    readonly type: 'stored';
    readonly step: number;
    readonly stored: Result<null>;
  }>();
});

describe('a session', () => {
  it('writes no checkpoint of a run that keeps none', async () => {
    const { engine, written } = begin();
    value(await engine.train(job(), () => undefined));
    expect(written).toEqual([]);
  });

  it('trains on where a checkpoint cannot be stored, and tells the reason', async () => {
    const { engine } = begin({ write: () => Promise.resolve(fail('storage: it is full')) });
    const events: TrainEvent[] = [];
    const outcome = await engine.train(job({ checkpoints: 'kept' }), (event) => events.push(event));
    expect(value(outcome).ended).toBe('finished');
    expect(events.find((event) => event.type === 'stored')?.stored).toEqual(fail('storage: it is full'));
  });

  it('refuses to resume a run without a stored checkpoint, and trains the next one', async () => {
    const { engine } = begin();
    const run = job({ checkpoints: 'resumed' });
    expect(await engine.train(run, () => undefined)).toEqual(fail('run: it is gone'));
    value(await engine.train(job(), () => undefined));
  });

  it('ends a run only once nothing is being written', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { engine } = begin({ write: () => held.then(() => ok(null)) });
    let ended = false;
    const training = engine.train(job({ checkpoints: 'kept' }), () => undefined).then(() => (ended = true));
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(false);
    expect((await engine.train(job(), () => undefined)).ok).toBe(false);
    release();
    await training;
  });

  it('loads the weights of the latest checkpoint while the run goes on', async () => {
    const { engine, written } = begin();
    const loads: Promise<Result<null>>[] = [];
    const run = job({ checkpoints: 'kept' });
    await engine.train(run, ({ type }) => {
      if (type === 'checkpoint') loads.push(engine.loadLearning('learning'));
    });
    expect(await Promise.all(loads)).toEqual(loads.map(() => ok(null)));
    const some = randomImages(grid, 5, 0.4);
    const scores = value(await engine.score('learning', some));
    await engine.load('same', { family, grid, hyper, tensors: written.at(-1)!.state.tensors });
    expect(scores).toEqual(value(await engine.score('same', some)));
    expect((await engine.loadLearning('late')).ok).toBe(false);
  });
});

describe('the writer', () => {
  it('writes one checkpoint at a time, and of those that wait the newest', async () => {
    const begun: number[] = [];
    const releases: (() => void)[] = [];
    const events: TrainEvent[] = [];
    const write = ({ step }: Checkpoint) => {
      begun.push(step);
      return new Promise<Result<null>>((resolve) => releases.push(() => resolve(ok(null))));
    };
    const store = { write, read: () => Promise.resolve(fail('none')) };
    const writer = new CheckpointWriter(store, (event) => events.push(event));
    for (const step of [1, 2, 3]) writer.write({ ...checkpoint, step });
    expect([begun, writer.latest?.step]).toEqual([[1], 3]);
    releases[0]();
    await vi.waitFor(() => expect(begun).toEqual([1, 3]));
    releases[1]();
    await writer.settled();
    expect(events.flatMap((event) => (event.type === 'stored' ? [event.step] : []))).toEqual([1, 3]);
    writer.write({ ...checkpoint, step: 4 });
    await vi.waitFor(() => expect(begun).toEqual([1, 3, 4]));
  });

  it('goes on after a store that throws', async () => {
    const events: TrainEvent[] = [];
    const write = vi.fn(() => Promise.resolve<Result<null>>(ok(null)));
    write.mockRejectedValueOnce(new TypeError('runs: checkpoint: has the wrong type'));
    const store = { write, read: () => Promise.resolve(fail('none')) };
    const writer = new CheckpointWriter(store, (event) => events.push(event));
    for (const step of [1, 2]) writer.write({ ...checkpoint, step });
    await writer.settled();
    expect(events.flatMap((event) => (event.type === 'stored' ? [event.stored] : []))).toEqual([
      fail('TypeError: runs: checkpoint: has the wrong type'),
      ok(null),
    ]);
  });
});
