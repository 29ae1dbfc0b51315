/**
 * Samplers around pixels that are given: every density of the registry in every order, as an ensemble and as a model of
 * every class.
 */
import { describe, expect, it } from 'vitest';
import { exactCases } from '../../../src/app/exactness/cases.ts';
import { chiSquaredTest } from '../../../src/stats/chi-squared.ts';
import { allImages, histogram } from '../../../src/data/enumerate.ts';
import { knownPixelsOf, maskOf } from '../../../src/data/known-pixels.ts';
import { getPixel, type Grid, pixelCount, type PackedImages, sliceImages } from '../../../src/data/images.ts';
import { indexRange, randomWords, Stream, streamKey, uniform } from '../../../src/data/rng.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { fires } from '../../../src/models/shared/ancestral.ts';
import { families, isClassConditional, ordersOf } from '../../../src/models/registry.ts';
import type { Hyper, Model } from '../../../src/models/model.ts';
import type { SampleRequest } from '../../../src/models/sampling.ts';
import { numbers, randomImages, randomModel } from './families.ts';
import { keepsKnown } from '../../keeps-known.ts';

const SMALL = { width: 3, height: 3 };
/** Neither whole words nor whole blocks. */
const ODD = { width: 13, height: 9 };
const TEMPERATURE = 0.9;
const backend = createCpuBackend();

const possible = exactCases(families, SMALL).filter(({ refusal }) => refusal === null);
const trainingOf = (family: string) => families.find(({ id }) => id === family)?.training;
/** Models of every class run the same code above every family: one of each way to learn will do. */
const cases = possible
  .filter(
    (row) =>
      !isClassConditional(row) ||
      row ===
        possible.find(
          (each) => isClassConditional(each) && trainingOf(each.family) === trainingOf(row.family),
        ),
  )
  .map(({ family, settings, hyper }) => [`${family} ${settings}`, family, hyper] as const);

function oddOf(family: string, hyper: Hyper): Grid {
  const spec = families.find(({ id }) => id === family);
  return spec?.refuses?.(ODD, hyper) ? { width: 5, height: 3 } : ODD;
}

/** Every pixel with a third's chance, in no order. */
function someOf(grid: Grid): PackedImages {
  const next = numbers(31);
  return maskOf(grid, () => next() < 1 / 3);
}

async function draw(model: Model, request: SampleRequest, steps = [1000]): Promise<PackedImages> {
  const evaluator = await backend.open(model);
  const sampler = await evaluator.sampler(request);
  for (const pixels of steps) await sampler.advance(pixels);
  const images = await sampler.images();
  sampler.destroy();
  evaluator.destroy();
  return images;
}

/** Whether every pixel that is not given is what its uniform number and the pixels before it make of it. */
async function follows(model: Model, images: PackedImages, request: SampleRequest): Promise<boolean> {
  const [order] = ordersOf(model);
  const n = pixelCount(model.grid);
  const evaluator = await backend.open(model);
  const logits = await evaluator.conditionalLogits(images);
  evaluator.destroy();
  const words = new Uint32Array(n);
  for (let m = 0; m < images.count; m++) {
    randomWords(request.seed, streamKey(Stream.sample), request.indices[m], words);
    for (let place = 0; place < n; place++) {
      const pixel = order[place];
      if (getPixel(request.given!.known, 0, pixel)) continue;
      const due = fires(logits[m * n + pixel] / request.temperature, uniform(words[place]));
      if (due !== (getPixel(images, m, pixel) === 1)) return false;
    }
  }
  return true;
}

describe.each(cases)('%s', (_, family, hyper) => {
  const grid = oddOf(family, hyper);
  const model = randomModel(family, grid, 2, 1, hyper);
  const spec = families.find(({ id }) => id === family)!;
  /** One order and nothing drawn before the first pixel. */
  const plain = ordersOf(model).length === 1 && !isClassConditional(model) && spec.latent === undefined;
  const request = { seed: 4_000_000_001, indices: indexRange(100, 40).reverse(), temperature: TEMPERATURE };

  it('keeps what is given, and draws the rest with the uniforms that it always has', async () => {
    const given = knownPixelsOf(randomImages(grid, 1, 0.5), someOf(grid));
    const images = await draw(model, { ...request, given }, [1, 6, 31, 1000]);
    expect(keepsKnown(images, given)).toBe(true);
    if (plain) expect(await follows(model, images, { ...request, given })).toBe(true);
    // However sure it is of the opposite.
    const extreme = randomModel(family, grid, 1e4, 1, hyper);
    expect(keepsKnown(await draw(extreme, { ...request, given }), given)).toBe(true);
  });

  it('draws the same images where nothing is given, or only what it draws anyway', async () => {
    const free = await draw(model, request);
    const nothing = knownPixelsOf(
      randomImages(grid, 1, 0.5),
      maskOf(grid, () => false),
    );
    expect((await draw(model, { ...request, given: nothing })).words).toEqual(free.words);
    expect((await draw(model, { ...request, given: null })).words).toEqual(free.words);
    for (const m of [0, 7, 39]) {
      const own = sliceImages(free, m, 1);
      const given = knownPixelsOf(own, someOf(grid));
      const again = await draw(model, { ...request, indices: request.indices.slice(m, m + 1), given });
      expect(again.words).toEqual(own.words);
    }
  });

  if (plain) {
    it('draws 3x3 images from p(x | the first pixels)', async () => {
      const small = randomModel(family, SMALL, 1.2, 3, hyper);
      const [order] = ordersOf(small);
      const first = new Set(order.subarray(0, 4));
      const given = knownPixelsOf(
        randomImages(SMALL, 1, 0.5, 5),
        maskOf(SMALL, (pixel) => first.has(pixel)),
      );
      const images = await draw(small, { seed: 8, indices: indexRange(0, 4000), temperature: 1, given });
      const evaluator = await backend.open(small);
      const logs = await evaluator.logLikelihood(allImages(SMALL));
      const joint = logs.map((nats, x) =>
        keepsKnown(sliceImages(allImages(SMALL), x, 1), given) ? Math.exp(nats) : 0,
      );
      const total = joint.reduce((sum, p) => sum + p, 0);
      expect(
        chiSquaredTest(
          histogram(images),
          joint.map((p) => p / total),
        ).p,
      ).toBeGreaterThan(1e-3);
    });
  }
});

it('refuses known pixels of an image of another size', async () => {
  const [, family, hyper] = cases[0];
  const given = knownPixelsOf(
    randomImages({ width: 4, height: 3 }, 1, 0.5),
    maskOf({ width: 4, height: 3 }, () => true),
  );
  const request = { seed: 1, indices: indexRange(0, 1), temperature: 1, given };
  await expect(draw(randomModel(family, SMALL, 1, 1, hyper), request)).rejects.toThrow(/given: 4x3 pixels/);
});
