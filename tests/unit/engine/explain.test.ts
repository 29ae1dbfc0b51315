import { describe, expect, it, vi } from 'vitest';
import {
  getPixel,
  type Grid,
  type PackedImages,
  pixelCount,
  sliceImages,
  unpackImage,
} from '../../../src/data/images.ts';
import { inverseOrder } from '../../../src/data/orders.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import type { Attribution } from '../../../src/engine/queries/api.ts';
import { ExplainQueries } from '../../../src/engine/queries/explain/queries.ts';
import { type Backend, DeviceLostError } from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { BackendHost } from '../../../src/engine/backend-host.ts';
import { LoadedModels } from '../../../src/engine/queries/loaded-models.ts';
import { logSumExp } from '../../../src/models/shared/math.ts';
import { families, ordersOf } from '../../../src/models/registry.ts';
import type { Hyper, Model } from '../../../src/models/model.ts';
import {
  allImages,
  definitionOf,
  nameOf,
  randomImages,
  randomModel,
  smallHyper,
} from '../models/families.ts';

const TINY = { width: 3, height: 3 };
const SMALL = { width: 5, height: 4 };

/** Queries with one model under the name "model". */
async function queriesOf(
  model: Model,
  gpu: Result<Backend> = fail('none here'),
): Promise<{ queries: ExplainQueries; models: LoadedModels }> {
  const host = new BackendHost({
    createCpu: createCpuBackend,
    createWebGpu: () => Promise.resolve(gpu),
    isSoftware: () => Promise.resolve(gpu.ok ? ok(false) : gpu),
    sleep: () => new Promise((resolve) => setTimeout(resolve, 0)),
    now: () => 0,
  });
  await host.ready();
  const models = new LoadedModels(host);
  const loaded = models.load('model', model);
  if (!loaded.ok) throw new Error(loaded.reason);
  return { queries: new ExplainQueries(models), models };
}

async function attributionOf(model: Model, image: PackedImages, pixel: number): Promise<Attribution> {
  const { queries } = await queriesOf(model);
  const answer = await queries.attribute('model', image, pixel, () => undefined);
  if (!answer.ok) throw new Error(answer.reason);
  return answer.value;
}

const variants = families
  .filter((spec) => spec.task === 'density')
  .flatMap((spec) => {
    const base = smallHyper(spec);
    const has = (name: string) => spec.hyperparameters.some((p) => p.name === name);
    const all: Hyper[] = ['orders' in base ? { ...base, orders: 1 } : base];
    if (has('order')) all.push({ ...base, order: 1 }, { ...base, order: 3 });
    if (has('class-conditional')) all.push({ ...all[0], 'class-conditional': 1 });
    return all.map((hyper) => [nameOf(spec, hyper), spec.id, hyper] as const);
  })
  .filter(([, id, hyper]) => ordersOf(randomModel(id, TINY, 1, 1, hyper)).length === 1);

describe.each(variants)('%s', (_, id, hyper) => {
  const scale = id === 'pixelcnn' ? 0.4 : 1.5;

  it('changes the logit by a flip as sums over all images of a 3x3 grid do', async () => {
    const model = randomModel(id, TINY, scale, 1, hyper);
    const [order] = ordersOf(model);
    const evaluator = await createCpuBackend().open(model);
    const logs = await evaluator.logLikelihood(allImages(TINY));
    /** log p(x_order[t] = 1 | the places before) - log p(x_order[t] = 0 | them), image x being a number. */
    const logit = (x: number, t: number) => {
      const before = order.subarray(0, t).reduce((mask, pixel) => mask | (1 << pixel), 0);
      const share = (bit: number) =>
        logSumExp(logs.filter((_, m) => (m & before) === (x & before) && ((m >> order[t]) & 1) === bit));
      return share(1) - share(0);
    };
    const x = 0b101100110;
    const image = sliceImages(allImages(TINY), x, 1);
    for (const t of [4, 8]) {
      const answer = await attributionOf(model, image, order[t]);
      expect(answer.logit).toBeCloseTo(logit(x, t), 4);
      for (let j = 0; j < 9; j++)
        expect(Math.abs(answer.flips[j] - (logit(x ^ (1 << j), t) - logit(x, t)))).toBeLessThan(1e-4);
    }
  });

  it('does not depend on later pixels: their effect is exactly 0', async () => {
    const model = randomModel(id, TINY, scale, 2, hyper);
    const [order] = ordersOf(model);
    const image = randomImages(TINY, 1, 0.4, 4);
    for (const t of [0, 3, 7]) {
      const { flips, gradient, done } = await attributionOf(model, image, order[t]);
      expect(done).toBe(true);
      for (const later of order.subarray(t)) {
        expect(flips[later]).toBe(0);
        expect(gradient?.[later] ?? 0).toBe(0);
      }
    }
  });
});

it('has the effects of flips of the definition in plain loops', async () => {
  for (const id of ['neighbours', 'fvsbn', 'nade', 'pixelcnn']) {
    const model = randomModel(id, SMALL, id === 'pixelcnn' ? 0.4 : 1.5, 3, { hidden: 9, blocks: 2 });
    const image = randomImages(SMALL, 1, 0.4, 6);
    const { flips, logit } = await attributionOf(model, image, 13);
    const x = unpackImage(image, 0);
    const plain = (own: Uint8Array) => definitionOf(id).logits(model, own)[13];
    expect(logit).toBeCloseTo(plain(x), 4);
    flips.forEach((flip, j) => {
      const expected = plain(x.with(j, 1 - x[j])) - plain(x);
      expect(Math.abs(flip - expected)).toBeLessThan(1e-4);
    });
  }
});

it('has gradients in raster order, whatever the model order: those of a regression equal its flips', async () => {
  for (const order of [0, 1, 4]) {
    const model = randomModel('fvsbn', SMALL, 2, 5, { order });
    const image = randomImages(SMALL, 1, 0.5, 7);
    const pixel = ordersOf(model)[0][15];
    const { flips, gradient } = await attributionOf(model, image, pixel);
    expect(gradient!.filter((value) => value !== 0)).toHaveLength(15);
    flips.forEach((flip, j) => expect(flip).toBeCloseTo(gradient![j] * (getPixel(image, 0, j) ? -1 : 1), 4));
  }
});

it('has no gradient for a class-conditional model', async () => {
  const model = randomModel('fvsbn', TINY, 1, 1, { 'class-conditional': 1 });
  expect((await attributionOf(model, randomImages(TINY, 1, 0.5), 5)).gradient).toBeNull();
});

it('shows the blind spot of masked convolutions, nearer than pixels that they depend on', async () => {
  const grid = { width: 7, height: 7 };
  const model = randomModel('pixelcnn', grid, 0.4, 2, { blocks: 6 });
  const at = (row: number, column: number) => row * grid.width + column;
  const { flips, gradient } = await attributionOf(model, randomImages(grid, 1, 0.4, 3), at(3, 1));
  for (const blind of [at(2, 5), at(2, 6)]) {
    expect(flips[blind]).toBe(0);
    expect(gradient![blind]).toBe(0);
  }
  // Further away, and with an effect.
  for (const seen of [at(2, 4), at(1, 5), at(0, 6)]) expect(flips[seen]).not.toBe(0);
});

describe('a query', () => {
  const grid: Grid = { width: 9, height: 9 };
  const model = randomModel('fvsbn', grid, 1);
  const image = randomImages(grid, 1, 0.4);

  it('reports partial results, unknown flips being NaN', async () => {
    const { queries } = await queriesOf(model);
    // Between two looks at the clock passes more time than between two reports.
    let clock = 0;
    const looks = vi.spyOn(performance, 'now').mockImplementation(() => (clock += 60));
    const parts: Attribution[] = [];
    const answer = await queries.attribute('model', image, 80, (part) => parts.push(part));
    looks.mockRestore();
    if (!answer.ok) throw new Error(answer.reason);
    expect(parts.length).toBeGreaterThan(0);
    const known = (part: Attribution) => part.flips.filter((flip) => !Number.isNaN(flip)).length;
    expect(known(parts[0])).toBeLessThan(81);
    expect(Number.isNaN(parts[0].flips[79])).toBe(false);
    expect(parts[0]).toMatchObject({ pixel: 80, done: false, logit: answer.value.logit });
    expect(known(answer.value)).toBe(81);
  });

  it('ends where its signal is aborted', async () => {
    const { queries } = await queriesOf(model);
    const older = new AbortController();
    const parts: Attribution[] = [];
    const unwanted = queries.attribute('model', image, 80, (part) => parts.push(part), older.signal);
    const newer = queries.attribute('model', image, 40, () => undefined, new AbortController().signal);
    older.abort();
    await expect(unwanted).rejects.toBe(older.signal.reason);
    expect(parts).toEqual([]);
    expect((await newer).ok).toBe(true);
  });

  it('is refused where there is no conditional', async () => {
    const reasonOf = async (model: Model, pixel = 3) => {
      const { queries } = await queriesOf(model);
      const answer = await queries.attribute(
        'model',
        randomImages(model.grid, 1, 0.5),
        pixel,
        () => undefined,
      );
      return answer.ok ? '' : answer.reason;
    };
    expect(await reasonOf(randomModel('logistic-regression', TINY, 1))).toMatch(/^model: .* classifier/);
    expect(await reasonOf(randomModel('made', TINY, 1, 1, { hidden: 5 }))).toMatch(/several orders/);
    for (const pixel of [-1, 9, 2.5, NaN])
      expect(await reasonOf(randomModel('fvsbn', TINY, 1), pixel)).toMatch(/^pixel: /);
    const { queries } = await queriesOf(model);
    expect(await queries.attribute('model', randomImages(TINY, 1, 0.5), 3, () => undefined)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^image: 3x3/) as string,
    });
    expect((await queries.attribute('other', image, 3, () => undefined)).ok).toBe(false);
  });

  it('survives the loss of the device, and takes both terms of every difference from one backend', async () => {
    const flaky = flakyBackend(3);
    const { queries } = await queriesOf(model, ok(flaky.backend));
    const answer = await queries.attribute('model', image, 80, () => undefined);
    expect(flaky.calls()).toBe(3);
    if (!answer.ok) throw new Error(answer.reason);
    const [order] = ordersOf(model);
    const place = inverseOrder(order)[80];
    const plain = await attributionOf(model, image, 80);
    answer.value.flips.forEach((flip, j) => expect(flip).toBeCloseTo(plain.flips[j], 4));
    expect(answer.value.flips.filter((flip) => flip !== 0)).toHaveLength(place);
    expect(answer.value.logit).toBe(plain.logit);
    expect(pixelCount(grid)).toBe(81);
  });
});

/** The CPU backend with all logits a quarter too high, whose device is lost at call number `last`. */
function flakyBackend(last: number): { backend: Backend; calls: () => number } {
  const cpu = createCpuBackend();
  let calls = 0;
  let lose: (reason: string) => void = () => undefined;
  const lost = new Promise<string>((resolve) => {
    lose = resolve;
  });
  const backend: Backend = {
    ...cpu,
    kind: 'webgpu',
    lost,
    async open(model) {
      const evaluator = await cpu.open(model);
      return {
        ...evaluator,
        conditionalLogits: async (images) => {
          if (++calls === last) {
            lose('gone');
            throw new DeviceLostError('gone');
          }
          return (await evaluator.conditionalLogits(images)).map((z) => z + 0.25);
        },
      };
    },
    destroy: () => undefined,
  };
  return { backend, calls: () => calls };
}
