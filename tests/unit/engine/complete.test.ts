import { describe, expect, it } from 'vitest';
import { exactCases } from '../../../src/app/exactness/cases.ts';
import { knownPixelsOf, type KnownPixels, maskOf } from '../../../src/data/known-pixels.ts';
import type { Grid } from '../../../src/data/images.ts';
import { blankImages, packImages } from '../../../src/data/images.ts';
import type { Result } from '../../../src/data/result.ts';
import { yieldToEventLoop } from '../../../src/data/slices.ts';
import type {
  Completion,
  CompletionFrame,
  CompletionMethod,
  CompletionRequest,
} from '../../../src/engine/queries/api.ts';
import { CompleteQueries } from '../../../src/engine/queries/complete/queries.ts';
import { type Backend, DeviceLostError } from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { LoadedModels } from '../../../src/engine/queries/loaded-models.ts';
import { families, isClassConditional, ordersOf } from '../../../src/models/registry.ts';
import type { Hyper, Model } from '../../../src/models/model.ts';
import { allImages, numbers, randomImages, randomModel } from '../models/families.ts';
import { keepsKnown } from '../../keeps-known.ts';

const GRID = { width: 3, height: 3 };

function queriesOf(model: Model, backend: () => Backend): { queries: CompleteQueries; models: LoadedModels } {
  const models = new LoadedModels({ now: backend });
  const loaded = models.load('it', model);
  if (!loaded.ok) throw new Error(loaded.reason);
  return { queries: new CompleteQueries(models), models };
}

const ignore = () => undefined;

async function completed(queries: CompleteQueries, request: CompletionRequest): Promise<Completion> {
  return valueOf(await queries.complete('it', request, ignore));
}

const cpu = createCpuBackend();
const onCpu = () => cpu;

function knownPixelsAt(grid: Grid, is: (pixel: number) => boolean, seed = 3): KnownPixels {
  return knownPixelsOf(randomImages(grid, 1, 0.5, seed), maskOf(grid, is));
}

function requestFor(knownPixels: KnownPixels, given: Partial<CompletionRequest> = {}): CompletionRequest {
  return { method: 'exact', knownPixels, count: 64, seed: 5, sweeps: 10, proposals: 20, ...given };
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

/** log p of the known pixels in nats, by enumeration. */
async function marginal(model: Model, { image, known }: KnownPixels): Promise<number> {
  const evaluator = await cpu.open(model);
  const all = allImages(model.grid);
  const logs = await evaluator.logLikelihood(all);
  const matching = logs.filter((_, x) => ((x ^ image.words[0]) & known.words[0]) === 0);
  return Math.log(matching.reduce((sum, nats) => sum + Math.exp(nats), 0));
}

const cases = exactCases(families, GRID)
  .filter(({ refusal }) => refusal === null)
  .map(({ family, settings, hyper }) => [`${family} ${settings}`, family, hyper] as const);

function modelOf(family: string, hyper: Hyper): Model {
  return randomModel(family, GRID, 1, 4, hyper);
}

/** The settings that a family has in its first case. */
function small(family: string): Hyper {
  return cases.find(([, id]) => id === family)![2];
}

describe.each(cases)('%s', (_, family, hyper) => {
  const model = modelOf(family, hyper);
  const { queries } = queriesOf(model, onCpu);
  const [order] = ordersOf(model);
  const first = new Set(order.subarray(0, 6));
  const last = new Set([order[0], ...order.subarray(5)]);

  // Exact draws among 8 and 16 completions have a distance of about 0.011.
  it.each([
    ['first', 10_000, knownPixelsAt(GRID, (pixel) => first.has(pixel))],
    ['last', 20_000, knownPixelsAt(GRID, (pixel) => last.has(pixel))],
  ])(
    'completes exactly where the %s pixels are known, and returns log p of them',
    async (_, count, knownPixels) => {
      expect(valueOf(await queries.distance('it', requestFor(knownPixels, { count })))).toBeLessThan(0.02);
      const drawn = await completed(queries, requestFor(knownPixels));
      expect(drawn.exact).toBe(true);
      expect(keepsKnown(drawn.images, knownPixels)).toBe(true);
      expect(Math.abs(drawn.logMarginal! - (await marginal(model, knownPixels)))).toBeLessThan(1e-4);
    },
  );

  it('describes every method, and each keeps the known pixels', async () => {
    const knownPixels = knownPixelsAt(GRID, (pixel) => last.has(pixel));
    for (const info of valueOf(await queries.methods('it', knownPixels))) {
      const { method } = info;
      expect(info.why).toMatch(/^[A-Z].*\.$/);
      const drawn = await queries.complete(
        'it',
        requestFor(knownPixels, { method, sweeps: 1, proposals: 2 }),
        ignore,
      );
      expect(drawn.ok).toBe(info.available);
      if (!drawn.ok) continue;
      expect(drawn.value.exact).toBe(info.exact);
      expect(info.exact).toBe(method === 'exact');
      expect(drawn.value.images.count).toBe(64);
      expect(keepsKnown(drawn.value.images, knownPixels)).toBe(true);
      expect(drawn.value.logMarginal === null).toBe(method === 'forward' || method === 'gibbs');
    }
  });
});

describe('forward sampling', () => {
  const plain = cases.filter(
    ([, family, hyper]) =>
      !isClassConditional({ family, hyper }) && ordersOf(modelOf(family, hyper)).length === 1,
  );

  it('is exact if and only if all known pixels come first and no latent is drawn before them', async () => {
    let exact = 0;
    for (const [, family, hyper] of cases) {
      const model = modelOf(family, hyper);
      const { queries } = queriesOf(model, onCpu);
      const [order] = ordersOf(model);
      const claims = async (known: readonly number[]) => {
        const knownPixels = knownPixelsAt(GRID, (pixel) => known.includes(pixel));
        const [, forward] = valueOf(await queries.methods('it', knownPixels));
        return forward.exact;
      };
      if (await claims([...order.subarray(0, 4)])) exact++;
      expect(await claims([...order.subarray(1, 4)])).toBe(false);
      expect(await claims([])).toBe(true);
      expect(await claims([...order])).toBe(true);
    }
    // All models of one order without classes, but for the mixtures, which draw their component first.
    expect(exact).toBe(plain.length - 2);
  });

  it('has a large distance where later pixels are known', async () => {
    // Two pixels that are nearly always equal; the later one is known to be on.
    const grid = { width: 2, height: 1 };
    const model: Model = {
      family: 'chain',
      grid,
      hyper: { ...small('chain'), direction: 0, 'class-conditional': 0 },
      tensors: { logit: Float32Array.of(0, -3, 3) },
    };
    const { queries } = queriesOf(model, onCpu);
    const knownPixels = knownPixelsOf(
      packImages(grid, [0, 1]),
      maskOf(grid, (pixel) => pixel === 1),
    );
    const distance = async (method: CompletionMethod) =>
      valueOf(await queries.distance('it', requestFor(knownPixels, { method, count: 5000 })));
    // Forward sampling draws the first with p = 0.5; given the second it is 0.953.
    expect(Math.abs((await distance('forward')) - 0.453)).toBeLessThan(0.02);
    for (const method of ['exact', 'importance', 'gibbs'] as const)
      expect(await distance(method)).toBeLessThan(0.02);
  });
});

describe('importance and Gibbs', () => {
  it.each([
    ['fvsbn', 0],
    ['nade', 0],
    ['neighbours', 1],
  ])(
    'come close where forward sampling of %s ignores known pixels, one model per class: %d',
    async (family, classes) => {
      const model = randomModel(family, GRID, 1.5, 4, { ...small(family), 'class-conditional': classes });
      const { queries } = queriesOf(model, onCpu);
      const knownPixels = knownPixelsAt(GRID, (pixel) => pixel > 3);
      // 3,000 exact draws among 16 completions have a distance of about 0.03.
      const settings = { count: 3000, sweeps: 8, proposals: 10 };
      const distance = async (method: CompletionMethod) =>
        valueOf(await queries.distance('it', requestFor(knownPixels, { ...settings, method })));
      expect(await distance('forward')).toBeGreaterThan(0.05);
      expect(await distance('importance')).toBeLessThan(0.05);
      expect(await distance('gibbs')).toBeLessThan(0.05);
      const request = requestFor(knownPixels, { method: 'importance', count: 1000 });
      const { effectiveSamples, logMarginal } = await completed(queries, request);
      expect(effectiveSamples).toBeGreaterThan(1);
      expect(effectiveSamples).toBeLessThan(20_000);
      expect(Math.abs(logMarginal! - (await marginal(model, knownPixels)))).toBeLessThan(0.1);
    },
  );

  it('gives all samples the same weight where no later pixel is known', async () => {
    const model = randomModel('fvsbn', GRID, 1.5);
    const { queries } = queriesOf(model, onCpu);
    const knownPixels = knownPixelsAt(GRID, (pixel) => pixel < 3);
    const drawn = await completed(queries, requestFor(knownPixels, { method: 'importance' }));
    expect(drawn.effectiveSamples).toBeCloseTo(64 * 20, 6);
    expect(drawn.logMarginal).toBeCloseTo(await marginal(model, knownPixels), 5);
  });
});

describe('a completion query', () => {
  const grid = { width: 7, height: 6 };
  const model = randomModel('fvsbn', grid, 1);
  const knownPixels = knownPixelsAt(grid, (pixel) => pixel % 2 === 0);

  it('ends where its signal is aborted', async () => {
    const { queries } = queriesOf(model, onCpu);
    const long = requestFor(knownPixels, { method: 'gibbs', sweeps: 1_000_000 });
    for (const query of [
      (signal: AbortSignal) => queries.complete('it', long, ignore, signal),
      (signal: AbortSignal) =>
        queries.distance('it', { ...long, knownPixels: knownPixelsAt(grid, (pixel) => pixel > 5) }, signal),
    ]) {
      const older = new AbortController();
      const unwanted = query(older.signal);
      await yieldToEventLoop();
      expect((await queries.methods('it', knownPixels)).ok).toBe(true);
      older.abort();
      await expect(unwanted).rejects.toBe(older.signal.reason);
    }
  });

  it('goes on with the model that it began with where that is replaced', async () => {
    const { queries, models } = queriesOf(model, onCpu);
    const request = requestFor(knownPixels, { method: 'gibbs', sweeps: 3 });
    const undisturbed = await completed(queries, request);
    const completion = queries.complete('it', request, ignore);
    await yieldToEventLoop();
    models.load('it', randomModel('chain', grid, 1));
    expect(valueOf(await completion)).toEqual(undisturbed);
  });

  it('sends frames with the known pixels set', async () => {
    const { queries } = queriesOf(model, onCpu);
    for (const method of ['forward', 'importance', 'gibbs'] as const) {
      const frames: CompletionFrame[] = [];
      const request = requestFor(knownPixels, { method, proposals: 10 });
      await queries.complete('it', request, (frame) => frames.push(frame));
      expect(frames.length).toBeGreaterThan(0);
      for (const { images, done } of frames) {
        expect(images.count).toBe(64);
        expect(keepsKnown(images, knownPixels)).toBe(true);
        expect(done).toBeGreaterThanOrEqual(0);
        expect(done).toBeLessThanOrEqual(1);
      }
    }
  });

  it.each(['exact', 'forward', 'importance', 'gibbs'] as const)(
    'gives identical bits where the device is lost repeatedly: %s',
    async (method) => {
      const known = method === 'exact' ? knownPixelsAt(grid, (pixel) => pixel < 20) : knownPixels;
      const request = requestFor(known, { method, sweeps: 2, proposals: 2 });
      const undisturbed = await completed(queriesOf(model, onCpu).queries, request);
      const { now, losses } = losingBackend();
      const recovered = await completed(queriesOf(model, now).queries, request);
      expect(losses()).toBeGreaterThan(0);
      expect(recovered).toEqual(undisturbed);
    },
  );

  it('fails with a reason for invalid requests', async () => {
    const { queries } = queriesOf(model, onCpu);
    const refused = async (request: CompletionRequest) => {
      const answer = await queries.complete('it', request, ignore);
      return answer.ok ? 'answered' : answer.reason;
    };
    expect(await refused(requestFor(knownPixels))).toMatch(/21, and 16 at most/);
    expect(await refused(requestFor(knownPixels, { count: 0 }))).toMatch(/^count: 0/);
    expect(await refused(requestFor(knownPixels, { count: 1e9, method: 'forward' }))).toMatch(
      /^count: .* more than/,
    );
    expect(await refused(requestFor(knownPixels, { method: 'gibbs', sweeps: 0.5 }))).toMatch(/^sweeps: 0.5/);
    expect(await refused(requestFor(knownPixels, { method: 'importance', proposals: 0 }))).toMatch(
      /^proposals: 0/,
    );
    expect(await refused(requestFor(knownPixelsAt(GRID, () => true)))).toMatch(/^image: 3x3/);
    expect(await refused(requestFor({ ...knownPixels, known: blankImages(GRID, 1) }))).toMatch(/^known: 3x3/);
    expect(await refused(requestFor({ ...knownPixels, known: blankImages(grid, 2) }))).toMatch(/one mask/);
    const distance = await queries.distance('it', requestFor(knownPixels, { method: 'forward' }));
    expect(distance.ok ? '' : distance.reason).toMatch(/^known: 21 pixels are unknown/);
    const [exact] = valueOf(await queries.methods('it', knownPixels));
    expect(exact).toMatchObject({ available: false, exact: false });
    const unloaded = await queries.methods('other', knownPixels);
    expect(unloaded.ok ? '' : unloaded.reason).toMatch(/"other" is not loaded/);
    const { queries: classifier } = queriesOf(randomModel('logistic-regression', grid, 1), onCpu);
    const none = await classifier.methods('it', knownPixels);
    expect(none.ok ? '' : none.reason).toMatch(/is a classifier: it has no p\(x\)/);
  });
});

/** A backend whose device is lost at the first call and at about 30 % of the later ones. */
function losingBackend(): { now: () => Backend; losses: () => number } {
  let lost = 0;
  const next = numbers(6);
  const risky = <T>(answer: () => Promise<T>): Promise<T> => {
    if (lost > 0 && next() > 0.3) return answer();
    lost++;
    backend = make();
    return Promise.reject(new DeviceLostError('gone'));
  };
  const make = (): Backend => ({
    ...cpu,
    open: async (model) => {
      const evaluator = await cpu.open(model);
      return {
        ...evaluator,
        logLikelihood: (images) => risky(() => evaluator.logLikelihood(images)),
        conditionalLogits: (images) => risky(() => evaluator.conditionalLogits(images)),
        sampler: async (request) => {
          const sampler = await evaluator.sampler(request);
          return {
            get position() {
              return sampler.position;
            },
            advance: (pixels) => sampler.advance(pixels),
            images: () => risky(() => sampler.images()),
            destroy: () => sampler.destroy(),
          };
        },
      };
    },
  });
  let backend = make();
  return { now: () => backend, losses: () => lost };
}
