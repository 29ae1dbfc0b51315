/**
 * The samplers' kernels around pixels that are given, beside the references, which are held to what sampling means elsewhere.
 * Orders and classes are taken care of above both backends by the same code, so one order without classes will do.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exactCases } from '../../../src/app/exactness/cases.ts';
import { knownPixelsOf, maskOf } from '../../../src/data/known-pixels.ts';
import { type Grid, type PackedImages, sliceImages, wordsPerImage } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import { referenceOf } from '../../../src/engine/backends/references.ts';
import { openSampler } from '../../../src/engine/backends/webgpu/sampler.ts';
import { openScope } from '../../../src/engine/backends/webgpu/scope.ts';
import type { Device } from '../../../src/gpu/device.ts';
import type { BoundKernel } from '../../../src/gpu/kernel.ts';
import { families, isClassConditional } from '../../../src/models/registry.ts';
import type { Hyper, Model } from '../../../src/models/model.ts';
import type { SampleRequest } from '../../../src/models/sampling.ts';
import { openTestDevice, randomImages, randomModel, randomSource } from '../setup.ts';
import { keepsKnown } from '../../keeps-known.ts';

const SMALL = { width: 3, height: 3 };
/** Neither whole words nor whole tiles, and more than a workgroup's threads. */
const ODD = { width: 11, height: 7 };
let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

const cases = exactCases(families, SMALL)
  .filter((row) => row.refusal === null && !isClassConditional(row) && !row.hyper.order)
  .map(({ family, settings, hyper }) => [`${family} ${settings}`, family, hyper] as const);

function oddOf(family: string, hyper: Hyper): Grid {
  const spec = families.find(({ id }) => id === family);
  return spec?.refuses?.(ODD, hyper) ? { width: 5, height: 3 } : ODD;
}

const STEPS = [1, 9, 30, 1000];

async function draw(model: Model, requests: readonly SampleRequest[]): Promise<PackedImages[]> {
  const scope = await openScope(device, model, model.tensors, [], await samplerKernels(model));
  const drawn: PackedImages[] = [];
  for (const request of requests) {
    const sampler = await openSampler(scope, request);
    for (const pixels of STEPS) await sampler.advance(pixels);
    drawn.push(await sampler.images());
    sampler.destroy();
  }
  scope.arena.destroy();
  return drawn;
}

/** The kernels that the family's sampler binds: to compile all of them takes a software adapter long. */
async function samplerKernels(model: Model): Promise<readonly string[]> {
  const scope = await openScope(device, model, model.tensors, [], []);
  const bound = new Set<string>();
  const constant = (kernel: string): number => {
    bound.add(kernel);
    return 64;
  };
  const bind = (kernel: string): BoundKernel => {
    bound.add(kernel);
    return { constant: () => 64, groups: () => 1, dispatch: () => null } as unknown as BoundKernel;
  };
  const buffer = scope.arena.storage('nothing', 16);
  const io = { images: buffer, indices: buffer, given: buffer };
  const request = { seed: 1, indices: indexRange(0, 1), temperature: 1 };
  scope.program.sampler?.({ ...scope, bind, constant }, { ...io, request });
  scope.arena.destroy();
  return [...bound];
}

function drawOnCpu(model: Model, request: SampleRequest): PackedImages {
  const sampler = referenceOf(model.family).open(model).sampler(request);
  for (const pixels of STEPS) sampler.advance(pixels);
  return sampler.images;
}

function differing(a: PackedImages, b: PackedImages): number {
  const stride = wordsPerImage(a.grid);
  return indexRange(0, a.count).filter((m) =>
    a.words.subarray(m * stride, (m + 1) * stride).some((word, at) => word !== b.words[m * stride + at]),
  ).length;
}

describe.each(cases)('%s', (_, family, hyper) => {
  it('keeps what is given, and draws the rest as the reference does, but for near-ties', async () => {
    const grid = oddOf(family, hyper);
    const model = randomModel(family, grid, hyper, 2, 0.8);
    const random = randomSource(31);
    const given = knownPixelsOf(
      randomImages(grid, 1, 4, 0.5),
      maskOf(grid, () => random() < 1 / 3),
    );
    const nothing = knownPixelsOf(
      given.image,
      maskOf(grid, () => false),
    );
    const request = { seed: 4_000_000_001, indices: indexRange(100, 33).reverse(), temperature: 0.9 };
    const [free, unmoved, found] = await draw(model, [
      request,
      { ...request, given: nothing },
      { ...request, given },
    ]);
    expect(unmoved.words).toEqual(free.words);
    expect(keepsKnown(found, given)).toBe(true);
    const expected = drawOnCpu(model, { ...request, given });
    // A tie |u - p| < 1e-6 falls on one of some 1,700 pixels once in hundreds of runs.
    expect(differing(found, expected)).toBeLessThanOrEqual(1);
    // However sure it is of the opposite.
    const [extreme] = await draw(randomModel(family, grid, hyper, 2, 1e4), [{ ...request, given }]);
    expect(keepsKnown(extreme, given)).toBe(true);
    const own = sliceImages(free, 5, 1);
    const part = knownPixelsOf(own, given.known);
    const [again] = await draw(model, [{ ...request, indices: request.indices.slice(5, 6), given: part }]);
    expect(again.words).toEqual(own.words);
  });
});

it('refuses known pixels of an image of another size', async () => {
  const [, family, hyper] = cases[0];
  const other = randomImages({ width: 4, height: 3 }, 1, 4);
  const request = {
    seed: 1,
    indices: indexRange(0, 1),
    temperature: 1,
    given: { image: other, known: other },
  };
  await expect(draw(randomModel(family, SMALL, hyper, 2), [request])).rejects.toThrow(/given: 4x3 pixels/);
});
