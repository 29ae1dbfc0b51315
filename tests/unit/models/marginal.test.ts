import { describe, expect, it } from 'vitest';
import { exactCases } from '../../../src/app/exactness/cases.ts';
import { chiSquaredTest } from '../../../src/stats/chi-squared.ts';
import { allImages, histogram } from '../../../src/data/enumerate.ts';
import { knownPixelsOf, knownComeFirst } from '../../../src/data/known-pixels.ts';
import { CLASSES, type PackedImages, sliceImages } from '../../../src/data/images.ts';
import { rasterOrder } from '../../../src/data/orders.ts';
import { indexRange } from '../../../src/data/rng.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { openCpuModels } from '../../../src/engine/queries/loaded-models.ts';
import { jointOfAll } from '../../../src/engine/queries/classify/class-reading.ts';
import { marginalOf } from '../../../src/engine/queries/complete/marginal.ts';
import { logSumExp } from '../../../src/models/shared/math.ts';
import { families, folderSpec, isClassConditional, ordersOf } from '../../../src/models/registry.ts';
import type { Model } from '../../../src/models/model.ts';
import { numbers, randomModel } from './families.ts';

const backend = createCpuBackend();
const GRID = { width: 3, height: 3 };
const ALL = allImages(GRID);
/** A statistic this large occurs once in a hundred thousand tests; it is the same in every run. */
const AUDIT = 1e-5;

/** Nothing known, everything known, and thirty masks in between. */
const masks = [0, 511, ...Array.from({ length: 30 }, numbers(5)).map((u) => Math.floor(u * 512))];

function imageOf(number: number): PackedImages {
  return sliceImages(ALL, number, 1);
}

/** The largest distance between two lists, where the second is above `least`. */
function apart(own: ArrayLike<number>, due: Float64Array, least = -Infinity): number {
  return due.reduce((most, nats, x) => (nats > least ? Math.max(most, Math.abs(own[x] - nats)) : most), 0);
}

/** log p of the known pixels of every image, by adding up all images that share them, out of log p of all images. */
function addedUp(logs: Float64Array, known: number): Float64Array {
  const sums = new Float64Array(512);
  logs.forEach((nats, x) => (sums[x & known] += Math.exp(nats)));
  return sums.map((_, x) => Math.log(sums[x & known]));
}

/** log p(y, known pixels), [count, CLASSES]. */
async function natsOf(...query: Parameters<typeof jointOfAll>): Promise<Float64Array> {
  const joint = await jointOfAll(...query);
  if (!joint.ok) throw new Error(joint.reason);
  return joint.value.nats;
}

const cases = exactCases(families, GRID)
  .filter(({ refusal, family }) => refusal === null && folderSpec(family).task === 'density')
  .map(({ family, hyper, settings }) => ({
    name: `${family} ${settings}`,
    model: (scale: number): Model => randomModel(family, GRID, scale, 4, hyper),
  }))
  .filter(({ model }) => marginalOf(openCpuModels(model(1)), model(1)) !== null);

it('there are families that can sum over unknown pixels, with and without classes, and mixtures that split the sum by pixels', () => {
  expect(cases.length).toBeGreaterThan(6);
  const split = cases.filter(({ model }) => openCpuModels(model(1)).models[0].marginal?.contributions);
  expect(new Set(split.map(({ model }) => model(1).family))).toEqual(new Set(['mixture', 'tree-mixture']));
});

describe.each(cases.map((row) => [row.name, row] as const))('%s', (_, { model: modelOf }) => {
  it.each([1.5, 40])('knows p of any known pixels, parameters up to %d', async (scale) => {
    const model = modelOf(scale);
    const marginal = marginalOf(openCpuModels(model), model)!;
    const evaluator = await backend.open(model);
    const logs = await evaluator.logLikelihood(ALL);
    for (const mask of masks) {
      const own = marginal.logMarginal(ALL, imageOf(mask));
      // Adding up loses the digits of an image of probability 1e-300; the model does not.
      expect(apart(own, addedUp(logs, mask), -600)).toBeLessThan(1e-8);
    }
  });

  it.each([1.5, 40])('knows what every known pixel adds, in any order, parameters up to %d', (scale) => {
    const { models } = openCpuModels(modelOf(scale));
    const order = rasterOrder(GRID).toReversed();
    for (const { marginal } of models.slice(0, 2)) {
      if (!marginal?.contributions) return;
      for (const [turn, mask] of masks.slice(0, 8).entries()) {
        const given = knownPixelsOf(imageOf((turn * 83) % 512), imageOf(mask));
        const own = marginal.contributions(given, order);
        let seen = 0;
        for (const pixel of order) {
          const before = seen;
          seen |= mask & (1 << pixel);
          const [from, to] = [before, seen].map(
            (known) => marginal.logMarginal(given.image, imageOf(known))[0],
          );
          expect(Math.abs(own[pixel] - (to - from))).toBeLessThan(1e-8);
        }
      }
    }
  });

  it('knows p of the class and any known pixels, where it knows classes', async () => {
    const model = modelOf(1.5);
    const { classLogits } = await backend.open(model);
    expect(isClassConditional(model)).toBe(classLogits !== null);
    if (!classLogits) return;
    const joint = await classLogits(ALL);
    for (const mask of masks.slice(0, 8)) {
      const known = imageOf(mask);
      const own = await natsOf(openCpuModels(model), model, ALL, known);
      // Known pixels that come first are read from the conditionals, which are f32.
      const first = ordersOf(model).every((order) => knownComeFirst(order, { known }));
      for (let y = 0; y < CLASSES; y++) {
        const ofClass = (values: Float64Array) =>
          Float64Array.from(ALL.words, (x) => values[x * CLASSES + y]);
        expect(apart(ofClass(own), addedUp(ofClass(joint), mask))).toBeLessThan(first ? 1e-5 : 1e-8);
      }
    }
  });

  it('draws every completion as often as it is probable, the known pixels unchanged', async () => {
    const model = modelOf(1);
    const marginal = marginalOf(openCpuModels(model), model)!;
    const logs = await (await backend.open(model)).logLikelihood(ALL);
    // The last pixels of the first two rows, and one in the middle of the last: later than most that are unknown.
    for (const [mask, image] of [
      [0b010100100, 0b010000100],
      [0b110000000, 0b100000000],
    ]) {
      const given = knownPixelsOf(imageOf(image), imageOf(mask));
      const drawn = marginal.complete({
        seed: 3,
        indices: indexRange(0, 20_000),
        temperature: 1,
        given,
      });
      expect(drawn.words.every((x) => (x & mask) === image)).toBe(true);
      const fits = logs.map((nats, x) => ((x & mask) === image ? nats : -Infinity));
      const total = logSumExp(fits);
      const { p, degrees } = chiSquaredTest(
        histogram(drawn),
        fits.map((nats) => Math.exp(nats - total)),
      );
      expect(degrees).toBeGreaterThan(20);
      expect(p).toBeGreaterThan(AUDIT);
    }
  });

  it('draws an image that depends on seed and index alone, and with nothing known is the one that its sampler draws', async () => {
    const model = modelOf(1);
    const marginal = marginalOf(openCpuModels(model), model)!;
    const nothing = knownPixelsOf(imageOf(0), imageOf(0));
    const request = { seed: 9, indices: indexRange(10, 50), temperature: 1, given: nothing };
    const all = marginal.complete(request).words;
    expect(marginal.complete({ ...request, indices: indexRange(20, 40) }).words).toEqual(all.subarray(10));
    if (marginal.how.includes('its table')) return;
    const sampler = await (await backend.open(model)).sampler({ ...request, given: null });
    await sampler.advance(9);
    expect((await sampler.images()).words).toEqual(all);
  });
});
