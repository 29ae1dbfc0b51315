import { describe, expect, it } from 'vitest';
import { exactCases, orderPair } from '../../../src/app/exactness/cases.ts';
import { chiSquaredTest } from '../../../src/stats/chi-squared.ts';
import { allImages, histogram } from '../../../src/data/enumerate.ts';
import {
  CLASSES,
  getPixel,
  type Grid,
  type PackedImages,
  pixelCount,
  setPixel,
} from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import type { Evaluator } from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { posteriorOf } from '../../../src/models/shared/class-likelihood.ts';
import { logBernoulli, sigmoid } from '../../../src/models/shared/math.ts';
import { families, isClassConditional, ordersOf } from '../../../src/models/registry.ts';
import type { Model } from '../../../src/models/model.ts';
import { randomImages, randomModel } from '../models/families.ts';

const backend = createCpuBackend();
const GRID = { width: 3, height: 3 };
/** Significance level. The seeds are fixed, so that every run gives the same p-value. */
const SIGNIFICANCE = 1e-5;

const cases = exactCases(families, GRID)
  .filter(({ refusal }) => refusal === null)
  .map((row) => [`${row.family} ${row.settings}`, row] as const);

function totalOf(logs: Float64Array): number {
  return logs.reduce((sum, nats) => sum + Math.exp(nats), 0);
}

async function samplesOf(evaluator: Evaluator, count: number, n: number): Promise<PackedImages> {
  const sampler = await evaluator.sampler({ seed: 8, indices: indexRange(0, count), temperature: 1 });
  await sampler.advance(n);
  return await sampler.images();
}

describe.each(cases)('%s', (_, { family, hyper }) => {
  const model = (grid: Grid, scale = 1.5): Model => randomModel(family, grid, scale, 4, hyper);

  it('sums to 1 over all images of 2x2, 3x2 and 3x3 pixels', async () => {
    for (const grid of [{ width: 2, height: 2 }, { width: 3, height: 2 }, GRID]) {
      const evaluator = await backend.open(model(grid));
      expect(Math.abs(totalOf(await evaluator.logLikelihood(allImages(grid))) - 1)).toBeLessThan(1e-6);
    }
  });

  it('draws every image of 3x3 pixels as often as it is probable', async () => {
    // With large weights a deep network gives one image almost all probability, which would leave too few cells for the test.
    const evaluator = await backend.open(model(GRID, 0.4));
    const table = (await evaluator.logLikelihood(allImages(GRID))).map((nats) => Math.exp(nats));
    const seen = histogram(await samplesOf(evaluator, 60_000, 9));
    const { p, degrees } = chiSquaredTest(seen, table);
    expect(degrees).toBeGreaterThan(20);
    expect(p).toBeGreaterThan(SIGNIFICANCE);
  });

  if (ordersOf(model(GRID)).length === 1) {
    it('has conditionals that depend on no later pixel, bit for bit, and whose product is p(x)', async () => {
      const evaluator = await backend.open(model(GRID));
      const [order] = ordersOf(model(GRID));
      const images = randomImages(GRID, 40, 0.5);
      const before = await evaluator.conditionalLogits(images);
      for (let place = 0; place < 9; place++) {
        const flipped = { ...images, words: images.words.slice() };
        for (let m = 0; m < images.count; m++)
          setPixel(flipped, m, order[place], getPixel(images, m, order[place]) ? 0 : 1);
        const after = await evaluator.conditionalLogits(flipped);
        for (let m = 0; m < images.count; m++)
          for (const pixel of order.subarray(0, place + 1))
            expect(after[m * 9 + pixel]).toBe(before[m * 9 + pixel]);
      }
      (await evaluator.logLikelihood(images)).forEach((nats, m) => {
        let sum = 0;
        for (let i = 0; i < 9; i++) sum += logBernoulli(getPixel(images, m, i), before[m * 9 + i]);
        expect(Math.abs(sum - nats)).toBeLessThan(1e-4);
      });
    });
  }

  if (isClassConditional({ family, hyper })) {
    it('equals the sum over its classes, and its posterior sums to 1', async () => {
      const evaluator = await backend.open(model(GRID));
      const images = randomImages(GRID, 20, 0.5);
      const joint = await evaluator.classLogits!(images);
      (await evaluator.logLikelihood(images)).forEach((nats, m) => {
        expect(totalOf(joint.subarray(m * CLASSES, (m + 1) * CLASSES))).toBeCloseTo(Math.exp(nats), 10);
      });
      const posterior = posteriorOf(joint);
      for (let m = 0; m < images.count; m++) {
        const own = posterior.subarray(m * CLASSES, (m + 1) * CLASSES);
        expect(own.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
      }
    });
  } else {
    it('sums to 1 over all 65,536 images of 4x4 pixels', async () => {
      const grid = { width: 4, height: 4 };
      const evaluator = await backend.open(model(grid, 0.8));
      expect(Math.abs(totalOf(await evaluator.logLikelihood(allImages(grid))) - 1)).toBeLessThan(1e-5);
    });
  }
});

describe('the checks themselves', () => {
  const pair = orderPair(families, GRID)!;
  const own = randomModel(pair.spec.id, GRID, 1.5, 4, pair.own);
  const other = { ...own, hyper: pair.other };

  it('catch an ensemble that averages logits', async () => {
    const images = allImages(GRID);
    const [a, b] = await Promise.all(
      [own, other].map(async (model) => await (await backend.open(model)).conditionalLogits(images)),
    );
    let total = 0;
    for (let m = 0; m < images.count; m++) {
      let p = 1;
      for (let i = 0; i < pixelCount(GRID); i++) {
        const on = sigmoid((a[m * 9 + i] + b[m * 9 + i]) / 2);
        p *= getPixel(images, m, i) ? on : 1 - on;
      }
      total += p;
    }
    expect(Math.abs(total - 1)).toBeGreaterThan(1e-3);
  });

  it('catch a sampler whose order is not that of the score', async () => {
    const drawn = histogram(await samplesOf(await backend.open(own), 60_000, 9));
    const scored = await (await backend.open(other)).logLikelihood(allImages(GRID));
    const { p } = chiSquaredTest(
      drawn,
      scored.map((nats) => Math.exp(nats)),
    );
    expect(p).toBeLessThan(SIGNIFICANCE);
  });
});
