import { describe, expect, it } from 'vitest';
import type { GreyImages } from '../../../src/data/images.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import type { Checkpoint, Snapshot, TrainEvent } from '../../../src/engine/api.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { type Backend, DeviceLostError } from '../../../src/engine/backends/backend.ts';
import { type JobSettings, jobOf } from '../../../src/engine/job.ts';
import { EngineSession } from '../../../src/engine/session.ts';
import { RunControl } from '../../../src/engine/training/run-control.ts';
import { MAX_SNAPSHOT_BYTES, MAX_SNAPSHOTS, Snapshots } from '../../../src/engine/training/snapshots.ts';
import { train } from '../../../src/engine/training/trainer.ts';
import { families, findFamily } from '../../../src/models/registry.ts';
import { hostWithoutWebGpu } from './host-without-webgpu.ts';
import { randomImages, smallHyper } from '../models/families.ts';

const grid = { width: 4, height: 3 };
const images: GreyImages = {
  grid,
  count: 600,
  pixels: Uint8Array.from({ length: 600 * 12 }, (_, i) => (((i * i) % 7) + (i % 12) > 8 ? 255 : 0)),
  labels: null,
};
const [em, descended] = (['em', 'descended'] as const).map(
  (kind) =>
    families.find(
      ({ training, task, classes }) => training === kind && task === 'density' && classes !== 'always',
    )!.id,
);
const some = randomImages(grid, 5, 0.4);

function settingsOf(family: string, changes: Partial<JobSettings<GreyImages>> = {}): JobSettings<GreyImages> {
  const hyper = smallHyper(findFamily(family)!);
  const binarisation = { kind: 'threshold' } as const;
  const steps = { epochs: 8, batchSize: 8, validationShare: 0.1, checkpoints: 'kept' } as const;
  return { runId: 'r1', family, grid, hyper, images, binarisation, ...steps, ...changes };
}

function begin() {
  let written: Checkpoint | null = null;
  const engine = new EngineSession(
    hostWithoutWebGpu(),
    () => new Promise((resolve) => setImmediate(resolve)),
    {
      write: (next) => {
        written = next;
        return Promise.resolve(ok(null));
      },
      read: () => Promise.resolve(written ? ok(written) : fail('run: it is gone')),
    },
  );
  const events: TrainEvent[] = [];
  return {
    engine,
    events,
    run: async (settings: JobSettings<GreyImages>, onEvent: (event: TrainEvent) => void = () => undefined) =>
      value(
        await engine.train(
          jobOf({ ...settings, images: { kind: 'grey', images: settings.images } }),
          (event) => {
            events.push(event);
            onEvent(event);
          },
        ),
      ),
    scores: async (step: number) => {
      expect(await engine.loadSnapshot(`at ${step}`, 'r1', step)).toEqual(ok(null));
      return value(await engine.score(`at ${step}`, some));
    },
  };
}

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

function lastOf(events: readonly TrainEvent[]): readonly Snapshot[] {
  return events.flatMap((event) => (event.type === 'snapshots' ? [event.snapshots] : [])).at(-1) ?? [];
}

describe.each([em, descended])('the snapshots of a run of %s', (family) => {
  it('begin with the initial weights, end with the last ones, and stay after the run', async () => {
    const given = begin();
    const outcome = await given.run(settingsOf(family));
    const all = lastOf(given.events);
    const steps = all.map(({ step }) => step);
    expect(steps[0]).toBe(0);
    expect(steps.at(-1)).toBe(outcome.step);
    expect(steps.length).toBeGreaterThan(4);
    expect(steps.length).toBeLessThanOrEqual(MAX_SNAPSHOTS);
    expect(all.every(({ nats, images: count }) => nats! > 0 && count === 60)).toBe(true);
    expect(all.at(-1)!.nats).toBeLessThan(all[0].nats!);
    const scores = await Promise.all(steps.map((step) => given.scores(step)));
    expect(new Set(scores.map((each) => each.join())).size).toBe(steps.length);
  });

  it('have the loss that the curve has', async () => {
    const given = begin();
    const { curve } = await given.run(settingsOf(family));
    const known = lastOf(given.events).filter(({ step }) =>
      curve.some((point) => point.step === step && point.validation !== null),
    );
    expect(known.length).toBeGreaterThan(1);
    for (const { step, nats } of known)
      expect(curve.find((point) => point.step === step && point.validation !== null)!.validation).toBe(nats);
  });

  it('change nothing in what is learnt, whose weights are those of a run without them', async () => {
    const [without, withThem] = [begin(), begin()];
    const plain = await without.run(settingsOf(family, { checkpoints: 'none' }));
    const kept = await withThem.run(settingsOf(family));
    expect(lastOf(without.events)).toEqual([]);
    expect(kept.model.tensors).toEqual(plain.model.tensors);
    expect(kept.curve.filter(({ validation }) => validation !== null)).toEqual(
      plain.curve.filter(({ validation }) => validation !== null),
    );
  });

  it('are read while the run goes on, and what was read stays what it is', async () => {
    const given = begin();
    const early: Promise<Float64Array>[] = [];
    await given.run(settingsOf(family), (event) => {
      if (event.type === 'snapshots' && early.length === 0) early.push(given.scores(0));
    });
    expect(await early[0]).toEqual(await given.scores(0));
  });

  it('are gone once they are dropped, or another run that keeps some has begun', async () => {
    const given = begin();
    await given.run(settingsOf(family));
    await given.run(settingsOf(family, { runId: 'of the Lab', checkpoints: 'none' }));
    await given.scores(0);
    await given.engine.dropSnapshots('another');
    await given.scores(0);
    await given.engine.dropSnapshots('r1');
    expect(await given.engine.loadSnapshot('x', 'r1', 0)).toEqual(
      fail('snapshot: that of step 0 is no longer there'),
    );
    await given.run(settingsOf(family));
    await given.run(settingsOf(family, { runId: 'r2', epochs: 1 }));
    expect((await given.engine.loadSnapshot('x', 'r1', 0)).ok).toBe(false);
    expect((await given.engine.loadSnapshot('x', 'r2', 0)).ok).toBe(true);
  });

  it('of a run that is resumed begin with the initial weights too', async () => {
    const whole = begin();
    await whole.run(settingsOf(family));
    const given = begin();
    const stopping = given.run(settingsOf(family), ({ type }) => {
      if (type === 'snapshots' && lastOf(given.events).length > 3) void given.engine.stop();
    });
    const { step } = await stopping;
    expect(step).toBeLessThan(500);
    given.events.length = 0;
    await given.run(settingsOf(family, { checkpoints: 'resumed' }));
    const steps = lastOf(given.events).map((each) => each.step);
    expect(steps[0]).toBe(0);
    expect(steps[1]).toBeGreaterThan(step);
    expect(await given.scores(0)).toEqual(await whole.scores(0));
  });
});

describe('snapshots after the loss of a device', () => {
  it('stay readable up to the checkpoint from where the run goes on, and those after it are taken again', async () => {
    const cpu = createCpuBackend();
    const lists: (readonly Snapshot[])[] = [];
    const snapshots = new Snapshots((all) => lists.push(all));
    let steps = 0;
    const losing: Backend = {
      ...cpu,
      learner: async (request) => {
        const own = await cpu.learner(request);
        return {
          step: (...given) =>
            ++steps === 60 ? Promise.reject(new DeviceLostError('by the test')) : own.step(...given),
          takeLoss: () => own.takeLoss(),
          logLikelihood: (...given) => own.logLikelihood(...given),
          state: () => own.state(),
          destroy: () => own.destroy(),
        };
      },
    };
    const hooks = {
      control: new RunControl(),
      onEvent: () => undefined,
      snapshots,
      backend: () => Promise.resolve(losing),
      yieldToEventLoop: () => Promise.resolve(),
    };
    const outcome = value(await train(jobOf(settingsOf(descended)), hooks));
    const before = lists.findIndex((all, at) => at > 0 && all.length < lists[at - 1].length);
    // The run was too short for a checkpoint: it went back to its first step.
    expect(lists[before].map(({ step }) => step)).toEqual([0]);
    expect(snapshots.tensors(0)).toBeDefined();
    expect(lists.at(-1)!.at(-1)!.step).toBe(outcome.step);
    const taken = lists.at(-1)!.map(({ step }) => step);
    expect(taken).toEqual([...new Set(taken)].sort((a, b) => a - b));
  });
});

describe('the choice of snapshots', () => {
  const taken = (steps: number, bytes: number, offered: (step: number) => boolean = () => true) => {
    let list: readonly Snapshot[] = [];
    const snapshots = new Snapshots((all) => (list = all));
    const tensors = { w: { byteLength: bytes } as Float32Array<ArrayBuffer> };
    snapshots.plan(steps, tensors);
    for (let step = 0; step <= steps; step++)
      if (offered(step) && snapshots.due(step, step === steps))
        snapshots.add({ step, tensors, nats: null, images: 0 });
    return list.map(({ step }) => step);
  };

  it.each([1, 2, 15, 16, 17, 300, 3200, 18_760, 250_000])(
    'has at most 16 of %d steps, the first and the last among them, half of them from the first tenth',
    (steps) => {
      const all = taken(steps, 4000);
      expect(all.length).toBeLessThanOrEqual(MAX_SNAPSHOTS);
      expect([all[0], all.at(-1)]).toEqual([0, steps]);
      if (steps < 300) return;
      expect(all.length).toBeGreaterThan(10);
      expect(all.filter((step) => step < steps / 10).length).toBeGreaterThan(all.length / 2);
    },
  );

  it('takes no more memory than 64 MiB where that leaves room for two', () => {
    for (const megabytes of [1, 4, 5, 9, 20, 30]) {
      const all = taken(3200, megabytes * 2 ** 20);
      expect(all.length * megabytes * 2 ** 20).toBeLessThanOrEqual(MAX_SNAPSHOT_BYTES);
      expect([all[0], all.at(-1)]).toEqual([0, 3200]);
    }
    expect(taken(3200, 100 * 2 ** 20)).toEqual([0, 3200]);
  });

  it('keeps the first and the last where few steps are offered between', () => {
    const all = taken(3200, 4000, (step) => step === 0 || step % 800 === 0);
    expect(all).toEqual([0, 800, 1600, 3200]);
  });
});
