/** Weights of forward samples: every density of the registry, its marginals enumerated on a 3x3 grid. */
import { describe, expect, it } from 'vitest';
import { exactCases } from '../../../src/app/exactness/cases.ts';
import { allImages } from '../../../src/data/enumerate.ts';
import { type KnownPixels, knownPixelsOf, maskOf } from '../../../src/data/known-pixels.ts';
import { packImages } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { forwardLogWeights } from '../../../src/engine/queries/complete/forward-weights.ts';
import {
  averagedOrders,
  families,
  isClassConditional,
  folderSpec,
  ordersOf,
} from '../../../src/models/registry.ts';
import type { Model } from '../../../src/models/model.ts';
import { randomModel } from '../models/families.ts';

const GRID = { width: 3, height: 3 };
const COUNT = 3000;
const backend = createCpuBackend();

const possible = exactCases(families, GRID).filter(({ refusal }) => refusal === null);
const trainingOf = (family: string) => folderSpec(family).training;
/** Of models of every class one of each way to learn, and those with orders of their own, which may differ by class. */
const cases = possible
  .filter(
    (row) =>
      !isClassConditional(row) ||
      folderSpec(row.family).orders ||
      row ===
        possible.find(
          (each) => isClassConditional(each) && trainingOf(each.family) === trainingOf(row.family),
        ),
  )
  .map(({ family, settings, hyper }) => [`${family} ${settings}`, family, hyper] as const);

/** Pixels here and there, the last of them behind some that are not known in every order. */
const KNOWN = [0, 4, 5, 8];
const image = packImages(GRID, [1, 1, 0, 0, 0, 1, 0, 0, 1]);
const knownPixels = knownPixelsOf(
  image,
  maskOf(GRID, (pixel) => KNOWN.includes(pixel)),
);

function matches(word: number, { image: own, known }: KnownPixels): boolean {
  return ((word ^ own.words[0]) & known.words[0]) === 0;
}

async function weigh(model: Model, given: KnownPixels, count = COUNT, temperature = 1) {
  const evaluator = await backend.open(model);
  const request = { seed: 12, indices: indexRange(500, count), temperature, given };
  const sampler = await evaluator.sampler(request);
  await sampler.advance(9);
  const logs = await evaluator.logLikelihood(allImages(GRID));
  const exact = logs.reduce((sum, nats, word) => sum + (matches(word, given) ? Math.exp(nats) : 0), 0);
  const weights = await forwardLogWeights(evaluator, model, await sampler.images(), given, request);
  evaluator.destroy();
  return { exact, weights: weights?.map((nats) => Math.exp(nats)) ?? null };
}

describe.each(cases)('%s', (_, family, hyper) => {
  const model = randomModel(family, GRID, 1.2, 4, hyper);

  if (folderSpec(family).latent !== undefined || averagedOrders(model) > 1) {
    it('draws a latent first, so that its samples cannot be weighted', async () => {
      expect((await weigh(model, knownPixels, 5)).weights).toBeNull();
    });
    return;
  }

  it('has weights whose mean is p(known)', async () => {
    const { exact, weights } = await weigh(model, knownPixels);
    const mean = weights!.reduce((sum, w) => sum + w, 0) / COUNT;
    const variance = weights!.reduce((sum, w) => sum + (w - mean) ** 2, 0) / COUNT;
    expect(Math.abs(mean - exact)).toBeLessThan(4 * Math.sqrt(variance / COUNT) + 1e-6 * exact);
  });

  if (!isClassConditional(model)) {
    it('gives every sample the same weight where the known pixels come first', async () => {
      const first = new Set(ordersOf(model)[0].subarray(0, 5));
      const known = maskOf(GRID, (pixel) => first.has(pixel));
      const { exact, weights } = await weigh(model, knownPixelsOf(image, known), 20);
      for (const w of weights!) expect(Math.abs(w / exact - 1)).toBeLessThan(1e-5);
    });
  }
});

it('refuses samples drawn at another temperature', async () => {
  const [, family, hyper] = cases[0];
  await expect(weigh(randomModel(family, GRID, 1.2, 4, hyper), knownPixels, 5, 0.5)).rejects.toThrow(
    /temperature/,
  );
});
