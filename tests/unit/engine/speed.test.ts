/** The bench on backends and a clock of the test: schedule, budget, cancelling and statistics. Nothing here measures real time. */
import { describe, expect, it } from 'vitest';
import { blankImages, type GreyImages, type PackedImages, pixelCount } from '../../../src/data/images.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import {
  type Backend,
  type BackendKind,
  DeviceLostError,
  type Evaluator,
  type Learner,
} from '../../../src/engine/backends/backend.ts';
import type { SpeedEvent, SpeedRequest, SpeedWork } from '../../../src/engine/queries/api.ts';
import { Budget, within } from '../../../src/engine/queries/speed/limits.ts';
import { measureRate, type Subject } from '../../../src/engine/queries/speed/measure.ts';
import { SpeedQueries } from '../../../src/engine/queries/speed/queries.ts';
import { completeHyper, findFamily } from '../../../src/models/registry.ts';
import type { SampleRequest } from '../../../src/models/sampling.ts';
import { FakeClock } from './fake-clock.ts';
import { fakeBackend } from './fake-machine.ts';

const GRID = { width: 28, height: 28 };
const IMAGES: GreyImages = {
  grid: GRID,
  count: 1000,
  pixels: new Uint8Array(1000 * pixelCount(GRID)),
  labels: Uint8Array.from({ length: 1000 }, (_, i) => i % 10),
};
const FAMILIES = ['logistic-regression', 'fvsbn', 'independent', 'full-joint'];

function requestOf(changes: Partial<SpeedRequest> = {}): SpeedRequest {
  const models = FAMILIES.map((family) => ({ family, hyper: completeHyper(findFamily(family)!) }));
  return { seconds: 20, images: IMAGES, models, ...changes };
}

/** Milliseconds that an image takes, by family and work, beside what opening a model takes. */
interface Costs {
  readonly image: (family: string, work: SpeedWork) => number;
  readonly open?: (family: string) => number;
}

/** A backend whose work takes its time on the fake clock. */
function timedBackend(kind: BackendKind, clock: FakeClock, costs: Costs, log: string[]): Backend {
  const turn = async (milliseconds: number) => {
    clock.pass(milliseconds);
    await Promise.resolve();
  };
  const open = async (family: string) => await turn(costs.open?.(family) ?? 0);
  return fakeBackend(kind, {
    async open({ family }) {
      await open(family);
      log.push(`${kind} ${family} open`);
      const read = async (count: number) => {
        await turn(count * costs.image(family, 'score'));
        return new Float64Array(count);
      };
      return {
        logLikelihood: ({ count }: PackedImages) => read(count),
        classLogits: family === 'logistic-regression' ? ({ count }: PackedImages) => read(count) : null,
        sampler: ({ indices }: SampleRequest) => {
          let position = 0;
          return Promise.resolve({
            get position() {
              return position;
            },
            async advance(pixels: number) {
              const share = Math.min(pixels, 784 - position) / 784;
              position += Math.min(pixels, 784 - position);
              await turn(share * indices.length * costs.image(family, 'sample'));
            },
            images: () => Promise.resolve(blankImages(GRID, indices.length)),
            destroy: () => undefined,
          });
        },
        destroy: () => log.push(`${kind} ${family} closed`),
      } as unknown as Evaluator;
    },
    async counter(family) {
      await open(family);
      return {
        add: ({ count }) => turn(count * costs.image(family, 'train')),
        finish: () => Promise.resolve({}),
        destroy: () => undefined,
      };
    },
    async learner({ family }) {
      await open(family);
      return {
        step: (indices: Uint32Array) => turn(indices.length * costs.image(family, 'train')),
        takeLoss: () => Promise.resolve({ nats: 0, images: 0 }),
        destroy: () => undefined,
      } as unknown as Learner;
    },
    matrixProduct: (side) =>
      Promise.resolve({
        together: kind === 'cpu' ? 3 : 1,
        run: (times) => turn((times * side ** 3) / 1e7),
        result: () => Promise.resolve(new Float32Array(side * side)),
        destroy: () => undefined,
      }),
  });
}

interface Setting {
  readonly costs?: Costs;
  readonly webgpu?: (clock: FakeClock, log: string[]) => Result<Backend>;
  readonly software?: Result<boolean>;
  readonly request?: Partial<SpeedRequest>;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: SpeedEvent, clock: FakeClock) => void;
}

const CHEAP: Costs = { image: () => 0.01 };

async function run(setting: Setting = {}) {
  const clock = new FakeClock();
  const log: string[] = [];
  const events: SpeedEvent[] = [];
  const costs = setting.costs ?? CHEAP;
  const backends: Backend[] = [];
  const kept = <T extends Backend>(backend: T): T => {
    backends.push(backend);
    return backend;
  };
  const queries = new SpeedQueries(
    {
      createCpu: () => kept(timedBackend('cpu', clock, costs, log)),
      createWebGpu: () => {
        const made = setting.webgpu?.(clock, log) ?? ok(timedBackend('webgpu', clock, costs, log));
        if (made.ok) kept(made.value);
        return Promise.resolve(made);
      },
      isSoftware: () => Promise.resolve(setting.software ?? ok(false)),
      now: clock.now,
      sleep: clock.sleep,
    },
    clock.turn,
  );
  const outcome = await queries
    .measure(
      requestOf(setting.request),
      (event) => {
        events.push(event);
        setting.onEvent?.(event, clock);
      },
      setting.signal,
    )
    .catch((error: unknown) => error as Error);
  const destroyed = backends.map((backend) => (backend as unknown as { destroyed: boolean }).destroyed);
  return { clock, log, events, outcome, destroyed };
}

function rates(events: readonly SpeedEvent[]) {
  return events.flatMap((event) => (event.type === 'rate' ? [event] : []));
}

function resultOf(events: readonly SpeedEvent[], backend: BackendKind, family: string, work: SpeedWork) {
  const found = rates(events).filter(
    (each) => each.backend === backend && each.family === family && each.work === work,
  );
  expect(found).toHaveLength(1);
  return found[0].result;
}

describe('the schedule', () => {
  it('gives every work of every model on both backends one rate or reason: the cpu first, cheap families first', async () => {
    const { events, outcome, destroyed } = await run();
    expect(outcome).toEqual(ok(null));
    expect(rates(events)).toHaveLength(2 * 3 * FAMILIES.length);
    const order = rates(events).map(({ backend, family }) => `${backend} ${family}`);
    expect([...new Set(order)]).toEqual(
      ['cpu', 'webgpu'].flatMap((backend) =>
        ['full-joint', 'independent', 'logistic-regression', 'fvsbn'].map((family) => `${backend} ${family}`),
      ),
    );
    const kinds = events
      .filter(({ type }) => type !== 'begun' && type !== 'rate')
      .map(({ type, backend }) => `${backend} ${type}`);
    expect(kinds).toEqual(['cpu product', 'cpu backend', 'webgpu product', 'webgpu backend']);
    expect(destroyed).toEqual([true, true]);
  });

  it('finds the rates that the work has, and says what a family cannot', async () => {
    const costs: Costs = { image: (_, work) => ({ score: 0.02, sample: 0.5, train: 0.1 })[work] };
    const { events } = await run({ costs });
    for (const backend of ['cpu', 'webgpu'] as const) {
      for (const [work, rate] of [
        ['score', 50_000],
        ['sample', 2000],
        ['train', 10_000],
      ] as const) {
        const result = resultOf(events, backend, 'fvsbn', work);
        expect(result).toMatchObject({ ok: true });
        if (!result.ok) continue;
        expect(result.value.median).toBeCloseTo(rate, 6);
        expect(result.value.low).toBeCloseTo(rate, 6);
        expect(result.value.repetitions).toBeGreaterThanOrEqual(3);
      }
      expect(resultOf(events, backend, 'logistic-regression', 'sample')).toEqual(
        fail('a classifier draws no images'),
      );
      const refused = resultOf(events, backend, 'full-joint', 'train');
      expect(refused).toMatchObject({ ok: false });
      expect(!refused.ok && refused.reason).toMatch(/^grid: /);
    }
    // 2 n^3 operations of n^3 / 10^7 milliseconds, by three threads.
    const products = events.flatMap((event) => (event.type === 'product' ? [event] : []));
    expect(products.map(({ together }) => together)).toEqual([3, 1]);
    for (const { result, together } of products)
      expect(result.ok && result.value.median).toBeCloseTo(2e10 * together, -2);
  });

  it('says why nothing is measured on webgpu, and then gives the cpu all of the time', async () => {
    const { events, clock } = await run({ webgpu: () => fail('WebGPU: none here'), software: fail('none') });
    expect(events.find((event) => event.type === 'backend' && event.backend === 'webgpu')).toMatchObject({
      found: fail('WebGPU: none here'),
    });
    expect(resultOf(events, 'webgpu', 'fvsbn', 'score')).toEqual(fail('WebGPU: none here'));
    expect(clock.now()).toBeGreaterThan(10_000);
    expect(clock.now()).toBeLessThan(21_000);
  });

  it('names an adapter that computes in software', async () => {
    const { events } = await run({ software: ok(true) });
    const found = events.flatMap((event) => (event.type === 'backend' ? [event.found] : []));
    expect(found).toEqual([
      ok({ description: 'fake cpu', software: false }),
      ok({ description: 'fake webgpu', software: true }),
    ]);
  });

  it.each<[string, Partial<SpeedRequest>, string]>([
    ['no time', { seconds: 0 }, 'seconds: 0 is not above 0'],
    ['no images', { images: { ...IMAGES, count: 0 } }, 'images: none'],
    ['an unknown family', { models: [{ family: 'unknown', hyper: {} }] }, 'family: "unknown" is unknown'],
    [
      'a size out of range',
      { models: [{ family: 'nade', hyper: { hidden: 1e9 } }] },
      'nade: hidden: 1000000000 is outside',
    ],
  ])('refuses %s', async (_, request, reason) => {
    const { outcome, events } = await run({ request });
    expect(outcome).toMatchObject({ ok: false });
    expect((outcome as { reason: string }).reason).toContain(reason);
    expect(events).toEqual([]);
  });

  it('says what a family needs that the images lack', async () => {
    const { events } = await run({ request: { images: { ...IMAGES, labels: null } } });
    expect(resultOf(events, 'cpu', 'logistic-regression', 'train')).toEqual(
      fail('labels: it needs the class of every image'),
    );
    expect(resultOf(events, 'cpu', 'fvsbn', 'train').ok).toBe(true);
  });
});

describe('the time', () => {
  it.each([1, 10, 60])('of %i seconds is kept, however slow a family is', async (seconds) => {
    const costs: Costs = { image: (family) => (family === 'fvsbn' ? 900 : 0.01) };
    const { clock, events } = await run({ costs, request: { seconds } });
    // What is begun is ended: four images of the slow family take 3.6 s.
    expect(clock.now()).toBeLessThan(1050 * seconds + 4000);
    expect(resultOf(events, 'cpu', 'independent', 'score').ok).toBe(true);
  });

  it('gives a slow family fewer repetitions, of smaller calls, and the others no less', async () => {
    const costs: Costs = { image: (family) => (family === 'fvsbn' ? 100 : 0.01) };
    const slow = await run({ costs });
    const result = resultOf(slow.events, 'cpu', 'fvsbn', 'score');
    const quick = resultOf(slow.events, 'webgpu', 'independent', 'score');
    if (!result.ok || !quick.ok) throw new Error('not measured');
    expect(result.value.size).toBe(4);
    expect(result.value.median).toBeCloseTo(10, 6);
    expect(result.value.repetitions).toBeLessThan(5);
    expect(quick.value.size).toBe(1000);
    expect(quick.value.repetitions).toBeGreaterThan(5);
  });

  it('is out where even the smallest call takes too long', async () => {
    const costs: Costs = { image: (family) => (family === 'fvsbn' ? 10_000 : 0.01) };
    const { events } = await run({ costs });
    expect(resultOf(events, 'cpu', 'fvsbn', 'score')).toEqual(fail('out of time'));
    expect(resultOf(events, 'webgpu', 'fvsbn', 'train')).toEqual(fail('out of time'));
  });

  it('gives up a model that never opens, and measures what comes after it on the other backend', async () => {
    const { events, outcome, clock } = await run({
      webgpu: (clock, log) =>
        ok({
          ...timedBackend('webgpu', clock, CHEAP, log),
          open: () => {
            // The device compiles for ever while time passes.
            const tick = () => {
              clock.pass(100);
              if (clock.now() < 1e6) setImmediate(tick);
            };
            tick();
            return new Promise(() => undefined);
          },
        }),
      request: { seconds: 5 },
    });
    expect(outcome).toEqual(ok(null));
    expect(resultOf(events, 'cpu', 'fvsbn', 'score').ok).toBe(true);
    expect(resultOf(events, 'webgpu', 'independent', 'score')).toEqual(fail('out of time'));
    expect(clock.now()).toBeGreaterThan(0);
  });

  it('of a model that opens late is waited for: the family is measured by its next work', async () => {
    let opened = 0;
    const { events } = await run({
      webgpu: (clock, log) => {
        const backend = timedBackend('webgpu', clock, CHEAP, log);
        return ok({
          ...backend,
          open: (model) => {
            opened++;
            if (opened > 1) return backend.open(model);
            // Longer than a measurement may take, shorter than two.
            return new Promise((resolve) => {
              const tick = (left: number) => {
                clock.pass(100);
                if (left > 0) setImmediate(() => tick(left - 1));
                else resolve(backend.open(model));
              };
              tick(50);
            });
          },
        });
      },
    });
    expect(resultOf(events, 'webgpu', 'independent', 'score')).toEqual(fail('out of time'));
    expect(rates(events).filter(({ backend, result }) => backend === 'webgpu' && result.ok)).not.toHaveLength(
      0,
    );
  });

  it('is shared evenly by what is left, up to its end', () => {
    const clock = new FakeClock();
    const budget = new Budget(clock, 10);
    expect(budget.next(10)).toEqual({ share: 1000, ends: 1000, until: 4000 });
    clock.pass(6000);
    expect(budget.next(2)).toEqual({ share: 2000, ends: 8000, until: 10_500 });
    clock.pass(4000);
    expect(budget.next(1)).toBeNull();
  });
});

describe('cancelling', () => {
  it('rejects with the reason, ends both backends and measures nothing more', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped by the visitor');
    const { events, outcome, destroyed } = await run({
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'rate' && event.family === 'independent') controller.abort(reason);
      },
    });
    expect(outcome).toBe(reason);
    expect(rates(events).filter(({ family }) => family === 'independent')).toHaveLength(1);
    expect(destroyed).toEqual([true]);
  });

  it('ends a call that never returns', async () => {
    const controller = new AbortController();
    const running = run({
      signal: controller.signal,
      webgpu: (clock, log) =>
        ok({
          ...timedBackend('webgpu', clock, CHEAP, log),
          matrixProduct: () => new Promise(() => undefined),
        }),
      onEvent: (event) => {
        if (event.type === 'begun' && event.backend === 'webgpu') setImmediate(() => controller.abort());
      },
    });
    expect((await running).outcome).toBeInstanceOf(DOMException);
  });

  it('before it begins opens nothing', async () => {
    const { outcome, destroyed } = await run({ signal: AbortSignal.abort() });
    expect(outcome).toBeInstanceOf(DOMException);
    expect(destroyed).toEqual([]);
  });
});

describe('what fails', () => {
  it('a lost device is the reason of one rate, and another device measures the next', async () => {
    let devices = 0;
    const { events, destroyed } = await run({
      webgpu: (clock, log) => {
        const backend = timedBackend('webgpu', clock, CHEAP, log);
        return devices++ === 0
          ? ok({ ...backend, open: () => Promise.reject(new DeviceLostError('unplugged')) })
          : ok(backend);
      },
    });
    expect(resultOf(events, 'webgpu', 'independent', 'score')).toEqual(
      fail('the device was lost: unplugged'),
    );
    expect(resultOf(events, 'webgpu', 'independent', 'sample').ok).toBe(true);
    expect(devices).toBe(2);
    expect(destroyed.length).toBe(3);
  });

  it('an error is the reason of one rate', async () => {
    const { events } = await run({
      webgpu: (clock, log) => {
        const backend = timedBackend('webgpu', clock, CHEAP, log);
        return ok({
          ...backend,
          learner: () => Promise.reject(new Error('fvsbn.weights: 10 bytes exceed the limit of 5')),
        });
      },
    });
    expect(resultOf(events, 'webgpu', 'fvsbn', 'train')).toEqual(
      fail('fvsbn.weights: 10 bytes exceed the limit of 5'),
    );
    expect(resultOf(events, 'webgpu', 'fvsbn', 'sample').ok).toBe(true);
  });
});

describe('one rate', () => {
  /** Calls that take, one after the other, as long as `milliseconds` says. */
  async function rateOf(milliseconds: (call: number, size: number) => number, share = 800, resolution = 0) {
    const clock = new FakeClock();
    const calls: { size: number; times: number }[] = [];
    const subject: Subject = {
      sizes: [1, 4, 16],
      most: 1 / 4,
      unitsOf: (size) => size,
      run: (size, times) => {
        calls.push({ size, times });
        clock.pass(times * milliseconds(calls.length, size));
        return Promise.resolve();
      },
      close: () => undefined,
    };
    const coarse = {
      ...{ sleep: clock.sleep, turn: clock.turn },
      now: () => (resolution === 0 ? clock.now() : Math.floor(clock.now() / resolution) * resolution),
    };
    const allowance = { share, ends: share, until: 1e9 };
    const rate = await measureRate(subject, coarse, allowance, (work) => work());
    return { rate, calls, clock };
  }

  it('runs every size once untimed, and takes the largest that there is time for', async () => {
    const { calls, rate } = await rateOf((_, size) => size);
    expect(calls.slice(0, 6).map(({ size }) => size)).toEqual([1, 1, 4, 4, 16, 16]);
    expect(rate).toMatchObject({ size: 16, median: 1000 });
    // 4 images take 80 ms: 16 would take more than a quarter of the share.
    expect((await rateOf((_, size) => 20 * size)).rate).toMatchObject({ size: 4, median: 50 });
  });

  it('is the median, with quartiles, of what comes after the warm-up', async () => {
    // The untimed calls are a hundred times as slow as those that count.
    const { rate } = await rateOf((call) => (call <= 6 ? 2 : [20, 40, 25][call % 3]), 400);
    expect(rate.repetitions).toBeGreaterThanOrEqual(3);
    expect(rate.low).toBeLessThanOrEqual(rate.median);
    expect(rate.high).toBeGreaterThanOrEqual(rate.median);
    expect([16 / 0.02, 16 / 0.04, 16 / 0.025]).toContainEqual(rate.median);
  });

  it('makes as many calls together as a clock of 100 ms can tell apart', async () => {
    const { rate, calls } = await rateOf(() => 0.01, 2000, 100);
    expect(calls.at(-1)!.times).toBeGreaterThan(100);
    expect(Number.isFinite(rate.median)).toBe(true);
  });

  it('of one slow call is that call', async () => {
    const { rate, calls } = await rateOf(() => 700);
    expect(rate).toEqual({ median: 1 / 0.7, low: 1 / 0.7, high: 1 / 0.7, repetitions: 1, size: 1 });
    expect(calls).toHaveLength(2);
  });

  it('ends with its share', async () => {
    const { clock, rate } = await rateOf((_, size) => size, 800);
    expect(clock.now()).toBeLessThan(950);
    expect(rate.repetitions).toBeGreaterThan(3);
  });
});

describe('what takes too long', () => {
  it('leaves the repetitions that were made before', async () => {
    const clock = new FakeClock();
    const allowance = { share: 100, ends: 100, until: 130 };
    let calls = 0;
    const subject: Subject = {
      sizes: [1],
      most: 1,
      unitsOf: () => 1,
      // The fifth call does not return.
      run: () => {
        clock.pass(20);
        return ++calls < 5 ? Promise.resolve() : new Promise(() => undefined);
      },
      close: () => undefined,
    };
    const measuring = within(clock, allowance, undefined, async (guard) =>
      ok(await measureRate(subject, clock, allowance, guard)),
    );
    while (calls < 5) await clock.turn();
    clock.pass(100);
    expect(await measuring).toMatchObject({ ok: true, value: { median: 50, repetitions: 2 } });
  });

  it('is given up at the end of its time, and its late failure is heard by no one', async () => {
    const clock = new FakeClock();
    const allowance = { share: 10, ends: 10, until: 50 };
    let reject: (error: Error) => void = () => undefined;
    const result = within(clock, allowance, undefined, async (guard) => {
      await guard(() => new Promise((_, no) => (reject = no)));
      return ok(1);
    });
    clock.pass(50);
    expect(await result).toEqual(fail('out of time'));
    reject(new Error('too late'));
    await clock.turn();
  });
});
