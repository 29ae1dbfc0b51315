import { beforeAll, describe, expect, it } from 'vitest';
import { exactCases } from '../../../src/app/exactness/cases.ts';
import { allImages } from '../../../src/data/enumerate.ts';
import { knownPixelsOf, maskOf } from '../../../src/data/known-pixels.ts';
import { CLASSES, type Grid, type PackedImages, pixelCount, sliceImages } from '../../../src/data/images.ts';
import { fail } from '../../../src/data/result.ts';
import type { ClassReading } from '../../../src/engine/queries/api.ts';
import { SAMPLES } from '../../../src/engine/queries/classify/strategy.ts';
import type { Backend } from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { EngineSession } from '../../../src/engine/session.ts';
import { logSoftmax, logSumExp } from '../../../src/models/shared/math.ts';
import { families, findFamily, isClassConditional, ordersOf } from '../../../src/models/registry.ts';
import type { Model } from '../../../src/models/model.ts';
import { engineWithoutWebGpu } from './host-without-webgpu.ts';
import { randomImages, randomModel } from '../models/families.ts';

const GRID = { width: 3, height: 3 };

async function loaded(model: Model, createCpu = createCpuBackend): Promise<EngineSession> {
  const engine = engineWithoutWebGpu({ createCpu });
  expect(await engine.load('model', model)).toEqual({ ok: true, value: null });
  return engine;
}

async function read(
  engine: EngineSession,
  image: PackedImages,
  known: PackedImages,
  onPart: (reading: ClassReading) => void = () => undefined,
): Promise<ClassReading> {
  const reading = await engine.classify.read('model', knownPixelsOf(image, known), onPart);
  if (!reading.ok) throw new Error(reading.reason);
  return reading.value;
}

/** log p(x, y) of all images, [2^n, CLASSES]. */
async function jointOf(model: Model): Promise<Float64Array> {
  const evaluator = await createCpuBackend().open(model);
  return await evaluator.classLogits!(allImages(model.grid));
}

/** log p(y, known) of one image, [CLASSES], by summing over all images that share its known pixels. */
function enumeratedJoint(joint: Float64Array, image: PackedImages, known: PackedImages): Float64Array {
  const { words } = allImages(image.grid);
  const same = [...words.keys()].filter((m) => ((words[m] ^ image.words[0]) & known.words[0]) === 0);
  return Float64Array.from({ length: CLASSES }, (_, y) =>
    logSumExp(Float64Array.from(same, (m) => joint[m * CLASSES + y])),
  );
}

function largest(own: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(own.length).toBe(expected.length);
  return Array.from(own).reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
}

/** Prior and contributions of every class added up, [CLASSES]. */
function sums({ prior, contributions }: ClassReading): Float64Array {
  const n = contributions.length / CLASSES;
  return prior.map((own, y) => contributions.subarray(y * n, (y + 1) * n).reduce((a, b) => a + b, own));
}

const masks: readonly [string, (pixel: number) => boolean][] = [
  ['nothing hidden', () => true],
  ['the bottom hidden', (pixel) => pixel < 6],
  ['the right hidden', (pixel) => pixel % 3 === 0],
  ['the top hidden', (pixel) => pixel > 3],
  ['everything hidden', () => false],
];

const cases = exactCases(families, GRID)
  .filter(({ refusal, family, hyper }) => refusal === null && isClassConditional({ family, hyper }))
  .map(({ family, hyper, settings }) => ({
    name: `${family} ${settings}`,
    model: randomModel(family, GRID, 1.5, 4, hyper),
  }));

describe.each(cases)('$name', ({ model }) => {
  let joint: Float64Array;
  beforeAll(async () => {
    joint = await jointOf(model);
  });

  it.each(masks)('gives p(y | known) and the contribution of every pixel: %s', async (_, is) => {
    const engine = await loaded(model);
    const image = randomImages(GRID, 1, 0.5, 7);
    const known = maskOf(GRID, is);
    const expected = enumeratedJoint(joint, image, known);
    const reading = await read(engine, image, known);
    expect(reading.exact).toBe(true);
    expect(largest(reading.posterior, logSoftmax(expected).map(Math.exp))).toBeLessThan(1e-5);
    if (reading.split) expect(largest(sums(reading), expected)).toBeLessThan(1e-4);
    else {
      // Only an ensemble over several orders has no contributions.
      expect(ordersOf(model).length).toBeGreaterThan(1);
      expect(reading.contributions.every((nats) => nats === 0)).toBe(true);
    }
    const n = pixelCount(GRID);
    reading.contributions.forEach((nats, at) => {
      if (!is(at % n)) expect(nats).toBe(0);
    });
  });
});

it('reads many images as it reads one', async () => {
  const images = randomImages(GRID, 2, 0.5, 3);
  for (const { model } of cases) {
    const engine = await loaded(model);
    for (const [, is] of masks.slice(0, 3)) {
      const known = maskOf(GRID, is);
      const all = await engine.classify.posteriors('model', images, known);
      if (!all.ok) throw new Error(all.reason);
      for (let m = 0; m < images.count; m++) {
        const { posterior, exact } = await read(engine, sliceImages(images, m, 1), known);
        expect(all.value.exact).toBe(exact);
        const own = all.value.logPosteriors.subarray(m * CLASSES, (m + 1) * CLASSES);
        expect(largest(own.map(Math.exp), posterior)).toBeLessThan(1e-6);
      }
    }
  }
});

it('reads whole images by the backend that runs, and sums over hidden pixels beside it', async () => {
  const { model } = cases[0];
  let asked = 0;
  const counting = (): Backend => {
    const backend = createCpuBackend();
    return {
      ...backend,
      open: async (each) => {
        const evaluator = await backend.open(each);
        const classLogits = (images: PackedImages) => {
          asked++;
          return evaluator.classLogits!(images);
        };
        return { ...evaluator, classLogits };
      },
    };
  };
  const engine = await loaded(model, counting);
  const images = randomImages(GRID, 2, 0.5, 3);
  const plain = await loaded(model);
  for (const [is, calls] of [
    [() => true, 1],
    [(pixel: number) => pixel < 6, 1],
  ] as const) {
    const known = maskOf(GRID, is);
    const answer = await engine.classify.posteriors('model', images, known);
    expect(answer).toEqual(await plain.classify.posteriors('model', images, known));
    expect(answer).toMatchObject({ value: { exact: true } });
    expect(asked).toBe(calls);
  }
});

describe('pixels that can only be sampled', () => {
  const grid: Grid = { width: 4, height: 3 };
  const last = maskOf(grid, (pixel) => pixel === 11);
  const sampled = cases
    .map(({ model: { family, hyper } }) => randomModel(family, grid, 1, 4, hyper))
    .filter(({ family, hyper, grid: own }) => !findFamily(family)?.refuses?.(own, hyper));

  it('are estimated within 0.05 and described as sampled, or refused with a reason', async () => {
    const kinds = { exact: 0, sampled: 0, refused: 0 };
    for (const model of sampled) {
      if (Math.min(...Object.values(kinds)) > 0) break;
      const engine = await loaded(model);
      const image = randomImages(grid, 1, 0.6, 5);
      const answer = await engine.classify.read('model', knownPixelsOf(image, last), () => undefined);
      if (!answer.ok) {
        kinds.refused++;
        expect(answer.reason).toMatch(/several orders/);
        continue;
      }
      kinds[answer.value.exact ? 'exact' : 'sampled']++;
      const expected = enumeratedJoint(await jointOf(model), image, last);
      const { posterior, exact, how, split } = answer.value;
      const error = largest(posterior, logSoftmax(expected).map(Math.exp));
      expect(error).toBeLessThan(exact ? 1e-5 : 0.05);
      expect(split).toBe(true);
      expect(largest(logSoftmax(sums(answer.value)).map(Math.exp), posterior)).toBeLessThan(1e-5);
      if (!exact) expect(how).toContain(`${SAMPLES} times`);
    }
    for (const count of Object.values(kinds)) expect(count).toBeGreaterThan(0);
  });
});

describe('a classifier', () => {
  const spec = families.find((each) => each.task === 'classifier');
  if (!spec) throw new Error('no classifier');
  const model = randomModel(spec.id, GRID, 1, 2);
  const image = randomImages(GRID, 1, 0.6, 4);

  it('has contributions of pixels that add up to its logits', async () => {
    const engine = await loaded(model);
    const reading = await read(
      engine,
      image,
      maskOf(GRID, () => true),
    );
    const logits = await engine.classLogits('model', image);
    if (!logits.ok) throw new Error(logits.reason);
    expect(reading).toMatchObject({ exact: true, split: true });
    expect(largest(sums(reading), logits.value)).toBeLessThan(1e-5);
    expect(largest(reading.posterior, logSoftmax(logits.value).map(Math.exp))).toBeLessThan(1e-6);
  });

  it('takes hidden pixels for blank ones, and says so', async () => {
    const engine = await loaded(model);
    const known = maskOf(GRID, (pixel) => pixel < 4);
    const reading = await read(engine, image, known);
    expect(reading.exact).toBe(false);
    expect(reading.how).toContain('paper');
    const { image: blank } = knownPixelsOf(image, known);
    const blanked = await read(
      engine,
      blank,
      maskOf(GRID, () => true),
    );
    expect(reading.posterior).toEqual(blanked.posterior);
    const all = await engine.classify.posteriors('model', image, known);
    if (!all.ok) throw new Error(all.reason);
    expect(all.value.exact).toBe(false);
    expect(largest(all.value.logPosteriors.map(Math.exp), reading.posterior)).toBeLessThan(1e-9);
  });
});

describe('a query', () => {
  const { model } = cases[0];
  const image = randomImages(GRID, 1, 0.5, 7);

  it('ends where its signal is aborted', async () => {
    const engine = await loaded(model);
    const known = maskOf(GRID, (pixel) => pixel % 3 === 0);
    const older = new AbortController();
    const knownPixels = knownPixelsOf(image, known);
    const unwanted = engine.classify.read('model', knownPixels, () => undefined, older.signal);
    // More than one slice.
    const images = randomImages(GRID, 20_000, 0.5);
    const posteriors = engine.classify.posteriors('model', images, known, older.signal);
    const newer = engine.classify.read('model', knownPixels, () => undefined);
    older.abort();
    await expect(unwanted).rejects.toBe(older.signal.reason);
    await expect(posteriors).rejects.toBe(older.signal.reason);
    expect(await newer).toMatchObject({ ok: true });
  });

  it('reports the posterior before the contributions of the pixels', async () => {
    const forest = cases.find(({ model: { family } }) => findFamily(family)?.classes === 'always');
    if (!forest) throw new Error('no model that sums over unknown pixels');
    const engine = await loaded(forest.model);
    const parts: ClassReading[] = [];
    const known = maskOf(GRID, (pixel) => pixel % 3 === 0);
    const reading = await read(engine, image, known, (part) => parts.push(part));
    expect(parts.map(({ split }) => split)).toEqual([false]);
    expect(parts[0].posterior).toEqual(reading.posterior);
    expect(reading.split).toBe(true);
  });

  it('is refused by a model without classes', async () => {
    const plain = families.find((spec) => spec.task === 'density' && spec.classes !== 'always');
    if (!plain) throw new Error('no density');
    const engine = await loaded(randomModel(plain.id, GRID, 1));
    const known = maskOf(GRID, () => true);
    const answer = await engine.classify.read('model', knownPixelsOf(image, known), () => undefined);
    expect(answer).toEqual(fail('model: "model" knows no classes'));
    expect(await engine.classify.posteriors('model', image, known)).toEqual(answer);
  });
});
