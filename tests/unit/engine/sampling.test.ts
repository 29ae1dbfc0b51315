/** Sampling methods draw the same image in the number of iterations that the theory gives; planted errors are detected. */
import { describe, expect, it, vi } from 'vitest';
import { type Grid, type PackedImages, pixelCount } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import type { SampleMethod } from '../../../src/engine/backends/backend.ts';
import { SamplingQueries } from '../../../src/engine/queries/sampling/queries.ts';
import type { BackendHost } from '../../../src/engine/backend-host.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { LoadedModels, openCpuModels } from '../../../src/engine/queries/loaded-models.ts';
import { agreementOf } from '../../../src/engine/queries/sampling/agreement.ts';
import { openFixedPoint } from '../../../src/engine/backends/sampling/fixed-point.ts';
import { METHODS, methodsOf } from '../../../src/engine/backends/sampling/methods.ts';
import { referenceOf } from '../../../src/engine/backends/references.ts';
import { completeHyper, families, findFamily, folderSpec } from '../../../src/models/registry.ts';
import type { Hyper, Model } from '../../../src/models/model.ts';
import type { SampleRequest } from '../../../src/models/sampling.ts';
import { nameOf, randomModel, smallHyper } from '../models/families.ts';

const GRID = { width: 5, height: 3 };
const backend = createCpuBackend();
const request = { seed: 11, indices: indexRange(40, 24), temperature: 1 };

interface Drawn {
  readonly images: PackedImages;
  readonly finished: Uint32Array;
  readonly iterations: number;
}

async function draw(model: Model, method: SampleMethod, sampled: SampleRequest, step = 3): Promise<Drawn> {
  const evaluator = await backend.open(model);
  const sampler = await evaluator.iterativeSampler(method, sampled);
  for (let turn = 0; turn < 1000 && sampler.finished.includes(0); turn++) await sampler.advance(step);
  return { images: await sampler.images(), finished: sampler.finished, iterations: sampler.iterations };
}

/** The images of `Evaluator.sampler`. */
async function expected(model: Model, sampled: SampleRequest): Promise<PackedImages> {
  const sampler = await (await backend.open(model)).sampler(sampled);
  await sampler.advance(pixelCount(model.grid));
  return await sampler.images();
}

/** Hyper-parameters of every density: a single model, a class-conditional one, other orders. */
const cases = families
  .filter((spec) => spec.task === 'density')
  .flatMap((spec) => {
    const base: Hyper = {
      ...smallHyper(folderSpec(spec.id)),
      ...('orders' in completeHyper(spec) && { orders: 1 }),
    };
    const whole = completeHyper(spec, base);
    return [
      whole,
      ...('class-conditional' in whole ? [{ ...whole, 'class-conditional': 1 }] : []),
      ...('order' in whole
        ? [
            { ...whole, order: 1 },
            { ...whole, order: 4 },
          ]
        : []),
    ].map((hyper) => [nameOf(spec, hyper), randomModel(spec.id, GRID, 2, 3, hyper)] as const);
  });

describe.each(cases)('%s', (_, model) => {
  const supported = METHODS.filter((method) => methodsOf(model)[method] === null);
  const n = pixelCount(GRID);

  it('draws the same images by every method that it supports', async () => {
    const images = await expected(model, request);
    for (const method of supported) {
      const drawn = await draw(model, method, request);
      expect([...drawn.images.words], method).toEqual([...images.words]);
      expect(Math.max(...drawn.finished)).toBe(drawn.iterations);
      expect(Math.max(...drawn.finished)).toBeLessThanOrEqual(method === 'first-firing' ? n + 1 : n);
    }
  });

  it('draws them at another temperature, whatever the batch and the steps', async () => {
    const warm = { ...request, temperature: 1.7 };
    const images = await expected(model, warm);
    for (const method of supported) {
      const alone = await draw(model, method, { ...warm, indices: warm.indices.slice(5, 6) }, 1);
      const all = await draw(model, method, warm, 100);
      expect([...all.images.words], method).toEqual([...images.words]);
      expect(alone.images.words[0]).toBe(images.words[5]);
      expect(alone.finished[0]).toBe(all.finished[5]);
    }
  });
});

describe('iterations', () => {
  it('of the fixed point: two for independent pixels, of which the last changes nothing; one for a blank image', async () => {
    const grid = { width: 28, height: 28 };
    const model = randomModel('independent', grid, 2);
    const { finished } = await draw(model, 'fixed-point', request);
    expect([...finished]).toEqual(Array.from({ length: 24 }, () => 2));
    const blank: Model = { ...model, tensors: { logit: new Float32Array(784).fill(-40) } };
    expect([...(await draw(blank, 'fixed-point', request)).finished]).toEqual(Array(24).fill(1));
  });

  it('of the fixed point: as many as pixels where each one copies the one before', async () => {
    const grid: Grid = { width: 6, height: 4 };
    const spec = findFamily('chain')!;
    const hyper = completeHyper(spec);
    // Off after off, on after on, and the first one on: the change travels one pixel per iteration.
    const logit = new Float32Array(47).map((_, at) => (at === 0 || at % 2 === 0 ? 40 : -40));
    const model = { family: 'chain', grid, hyper, tensors: { logit } };
    const { finished, images } = await draw(model, 'fixed-point', request);
    expect(images.words[0]).toBe(2 ** 24 - 1);
    expect([...finished]).toEqual(Array(24).fill(24));
  });

  it('of first firing: the pixels that are on, and one that finds no more', async () => {
    for (const family of ['fvsbn', 'nade']) {
      const { images, finished } = await draw(randomModel(family, GRID, 2, 5), 'first-firing', request);
      const on = Array.from(images.words, (word) => word.toString(2).replaceAll('0', '').length);
      expect([...finished]).toEqual(on.map((count) => count + 1));
    }
  });

  it('ancestral: one a pixel', async () => {
    const { finished } = await draw(randomModel('nade', GRID, 2, 5), 'ancestral', request);
    expect([...finished]).toEqual(Array(24).fill(15));
  });
});

describe('methodsOf', () => {
  it('allows first firing where the spec and the reference have it', () => {
    for (const { id } of families.filter((spec) => spec.task === 'density')) {
      const spec = folderSpec(id);
      const cpu = referenceOf(id).open(randomModel(id, GRID, 1, 1, smallHyper(spec)));
      expect(cpu.firstFiring !== undefined, id).toBe(spec.jumps === true);
    }
  });

  it('refuses the fixed point of mixtures, ensembles and classifiers', () => {
    const reason = (family: string, hyper: Hyper = {}) =>
      methodsOf(randomModel(family, GRID, 1, 1, hyper))['fixed-point'];
    expect(reason('mixture')).toMatch(/one of its components/);
    expect(reason('made', { hidden: 8, orders: 3 })).toMatch(/3 orders/);
    expect(reason('logistic-regression')).toMatch(/no images/);
    expect(reason('pixelcnn', { blocks: 1 })).toBeNull();
  });
});

describe('agreementOf', () => {
  const model = randomModel('neighbours', GRID, 2, 3);
  const cpuModels = openCpuModels(model);
  const compare = (one: PackedImages, other: PackedImages) =>
    agreementOf(model, cpuModels, request, one, other);

  it('finds no difference between correct images', async () => {
    const images = await expected(model, request);
    expect(compare(images, (await draw(model, 'fixed-point', request)).images)).toEqual({
      images: 24,
      different: 0,
      ties: 0,
    });
  });

  it('detects another random word', async () => {
    const images = await expected(model, request);
    const wrong = await draw(model, 'fixed-point', { ...request, indices: indexRange(41, 24) });
    const { different, ties } = compare(images, wrong.images);
    expect(different).toBeGreaterThan(20);
    expect(ties).toBe(0);
  });

  it('detects an image that leaves the batch two iterations early', async () => {
    const images = await expected(model, request);
    const { finished } = await draw(model, 'fixed-point', request);
    // The last iteration of an image may change nothing; two iterations early, some image is wrong.
    const early = openFixedPoint(model, referenceOf(model.family).open(model), request);
    await early.advance(Math.max(...finished) - 2);
    expect(compare(images, await early.images()).different).toBeGreaterThan(0);
  });

  it('distinguishes a tie from an error', async () => {
    const one = await expected(model, request);
    const other = { ...one, words: one.words.slice() };
    other.words[3] ^= 1;
    expect(compare(one, other)).toEqual({ images: 24, different: 1, ties: 0 });
    const cpu = cpuModels.models[0];
    // A model whose first probability is the random number itself.
    const words = (await import('../../../src/data/rng.ts')).randomWords;
    const drawn = new Uint32Array(1);
    words(request.seed, 0, request.indices[3], drawn);
    const u = ((drawn[0] >>> 9) + 0.5) / 8388608;
    const conditionalLogits = vi.fn((images: PackedImages) => {
      const logits = cpu.conditionalLogits(images);
      logits[0] = Math.log(u / (1 - u));
      return logits;
    });
    const tied = { ...cpuModels, models: [{ ...cpu, conditionalLogits }] };
    expect(agreementOf(model, tied, request, one, other)).toEqual({ images: 24, different: 1, ties: 1 });
  });
});

describe('SamplingQueries', () => {
  const host = { now: () => backend } as unknown as BackendHost;
  const models = new LoadedModels(host);
  const queries = new SamplingQueries(models);
  models.load('a', randomModel('fvsbn', GRID, 2));
  models.load('m', randomModel('mixture', GRID, 2));

  it('advances method runs, counts their iterations and compares them', async () => {
    for (const method of METHODS) {
      const begun = await queries.start(method, 'a', method, request);
      expect(begun.ok && begun.value.iterations).toBe(0);
      const frame = await queries.advance(method, 16);
      if (!frame.ok) throw new Error(frame.reason);
      expect(frame.value.finished.every((iterations) => iterations > 0 && iterations <= 16)).toBe(true);
      expect(frame.value.seconds).toBeGreaterThan(0);
    }
    const agreed = await queries.compare('ancestral', 'fixed-point');
    expect(agreed).toEqual({ ok: true, value: { images: 24, different: 0, ties: 0 } });
  });

  it('fails with a reason', async () => {
    expect(await queries.start('x', 'm', 'fixed-point', request)).toMatchObject({ ok: false });
    expect(await queries.start('x', 'none', 'ancestral', request)).toMatchObject({ ok: false });
    expect(await queries.start('x', 'a', 'ancestral', { ...request, temperature: 0 })).toEqual({
      ok: false,
      reason: 'temperature: 0 is not above 0',
    });
    expect(await queries.advance('x', 1)).toMatchObject({ ok: false });
    models.load('a', randomModel('fvsbn', GRID, 1));
    expect(await queries.advance('ancestral', 1)).toMatchObject({ ok: false });
  });
});
