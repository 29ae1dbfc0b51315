import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MNIST_GRID, sliceImages } from '../../../src/data/images.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { openSampler } from '../../../src/engine/backends/webgpu/sampler.ts';
import { LogitReader, Scorer } from '../../../src/engine/backends/webgpu/scorer.ts';
import { openScope, type OpenScope } from '../../../src/engine/backends/webgpu/scope.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import type { Device } from '../../../src/gpu/device.ts';
import type { ShaderSources } from '../../../src/gpu/wgsl.ts';
import type { Model } from '../../../src/models/model.ts';
import { gradientErrors, readingErrors, sampleErrors } from '../comparison.ts';
import {
  mutate,
  openTestBackend,
  openTestDevice,
  randomImages,
  randomModel,
  rowOf,
  sizesAround,
  withDevice,
} from '../setup.ts';

/** Compiling is what takes long here: a check of its own compiles no more than it runs. */
const READ = ['nade/states.wgsl', 'nade/score.wgsl', 'nade/conditional-logits.wgsl'];
const SAMPLE = ['nade/sample.wgsl', 'ops/pack-rows.wgsl'];
const DESCEND = [
  ...['states', 'delta', 'back', 'errors', 'weight-gradient'].map((name) => `nade/${name}.wgsl`),
  'ops/bias-gradient.wgsl',
];

const SMALL = { width: 7, height: 5 };
/** Pixels are taken 32 at a time, images by 4 and, of the gradient, in slices of 32; hidden units by 64, and by 128 in samplers. */
const PIXELS = sizesAround(32);
const IMAGES = sizesAround(4);
const HIDDEN = [...new Set([...sizesAround(64), 127, 128, 129, 397, 500])];
const DESCENT_IMAGES = [...new Set([...IMAGES, 31, 32, 33, 67])];

let backend: WebGpuBackend;
let device: Device;
beforeAll(async () => {
  backend = await openTestBackend();
  device = await openTestDevice();
});
afterAll(() => {
  backend.destroy();
  device.destroy();
});

/** Weights small enough that the units are neither all shut nor all open. */
function model(grid: { width: number; height: number }, hidden: number, seed: number): Model {
  return randomModel('nade', grid, { hidden }, seed, 0.7, 0);
}

describe('log p and logits against plain loops in f64', () => {
  const check = async (tested: Model, count: number, ink = 0.3) => {
    const evaluator = await backend.open(tested);
    const errors = await readingErrors(evaluator, tested, randomImages(tested.grid, count, 3, ink));
    evaluator.destroy();
    return errors;
  };

  it.each(IMAGES)('%i images', async (count) => {
    const errors = await check(model(SMALL, 20, 1), count);
    expect(errors.logLikelihood).toBeLessThan(2e-5);
    expect(errors.logits).toBeLessThan(1e-5);
  });

  it.each(PIXELS)('%i pixels', async (pixels) => {
    const errors = await check(model(rowOf(pixels), 20, 2), 9);
    expect(errors.logLikelihood).toBeLessThan(5e-5);
    expect(errors.logits).toBeLessThan(1e-5);
  });

  it.each(HIDDEN)('%i hidden units', async (hidden) => {
    const errors = await check(model(SMALL, hidden, 3), 9);
    expect(errors.logLikelihood).toBeLessThan(1e-4);
    expect(errors.logits).toBeLessThan(3e-5);
  });

  it.each([0, 0.13, 1])('28 x 28 with 500 hidden units, ink %f', async (ink) => {
    const tested = randomModel('nade', MNIST_GRID, { hidden: 500 }, 4, 0.2, 0);
    const errors = await check(tested, 5, ink);
    expect(errors.logLikelihood).toBeLessThan(5e-4);
    expect(errors.logits).toBeLessThan(5e-5);
  });

  it('more images than fit in one pass', async () => {
    // 4 words of 500 units: 1,048 images.
    const errors = await check(model(rowOf(100), 500, 5), 1050, 0.1);
    expect(errors.logLikelihood).toBeLessThan(2e-4);
    expect(errors.logits).toBeLessThan(3e-5);
  });

  it('finite and no more than 0 for weights up to 1e4', async () => {
    const evaluator = await backend.open(randomModel('nade', SMALL, { hidden: 30 }, 6, 1e4, 0));
    const images = randomImages(SMALL, 70, 7);
    for (const nats of await evaluator.logLikelihood(images)) {
      expect(Number.isFinite(nats)).toBe(true);
      expect(nats).toBeLessThanOrEqual(0);
    }
    evaluator.destroy();
  });

  it('the same bits again and again, alone and in a batch', async () => {
    const evaluator = await backend.open(model(SMALL, 70, 8));
    const images = randomImages(SMALL, 9, 9);
    const first = await evaluator.logLikelihood(images);
    for (let i = 0; i < 20; i++) expect(await evaluator.logLikelihood(images)).toEqual(first);
    expect(await evaluator.logLikelihood(sliceImages(images, 5, 1))).toEqual(first.slice(5, 6));
    evaluator.destroy();
  });
});

describe('samples against ancestral sampling in f64', () => {
  const check = async (tested: Model, count: number, steps: readonly number[], temperature = 1) => {
    const evaluator = await backend.open(tested);
    const errors = await sampleErrors(
      (request) => evaluator.sampler(request),
      tested,
      count,
      steps,
      temperature,
    );
    evaluator.destroy();
    expect(errors.wrong).toBe(0);
    expect(errors.ties).toBeLessThanOrEqual(1);
  };

  it.each([...new Set([...sizesAround(16), ...PIXELS])])('%i pixels', (pixels) =>
    check(model(rowOf(pixels), 20, 10), 10, [pixels]),
  );

  it.each(HIDDEN)('%i hidden units', (hidden) => check(model(SMALL, hidden, 11), 10, [1000]));

  it.each(IMAGES)('%i images, cut anywhere, at another temperature', (count) =>
    check(model(SMALL, 20, 12), count, [1, 0, 6, 13, 1000], 0.7),
  );

  it('28 x 28 with 500 hidden units, the images of the cpu', async () => {
    const tested = randomModel('nade', MNIST_GRID, { hidden: 500 }, 13, 0.15, -0.01);
    await check(tested, 4, [100, 28, 400, 300]);
    const request = { seed: 5, indices: Uint32Array.of(3, 8, 1_000_000), temperature: 1 };
    const [gpu, cpu] = await Promise.all(
      [backend, createCpuBackend()].map(async (each) => {
        const sampler = await (await each.open(tested)).sampler(request);
        await sampler.advance(784);
        return (await sampler.images()).words;
      }),
    );
    expect(gpu).toEqual(cpu);
  });
});

describe('gradient against plain loops in f64', () => {
  it.each(DESCENT_IMAGES)('%i images', async (count) => {
    const errors = await gradientErrors(device, model(SMALL, 20, 14), randomImages(SMALL, count, 15));
    expect(errors.gradient).toBeLessThan(1e-5);
    expect(errors.loss).toBeLessThan(1e-6);
  });

  it.each(PIXELS)('%i pixels', async (pixels) => {
    const grid = rowOf(pixels);
    const errors = await gradientErrors(device, model(grid, 20, 16), randomImages(grid, 7, 17));
    expect(errors.gradient).toBeLessThan(2e-5);
    expect(errors.loss).toBeLessThan(1e-6);
  });

  it.each(HIDDEN)('%i hidden units', async (hidden) => {
    const errors = await gradientErrors(device, model(SMALL, hidden, 18), randomImages(SMALL, 9, 19));
    expect(errors.gradient).toBeLessThan(2e-5);
    expect(errors.loss).toBeLessThan(1e-5);
  });

  it('28 x 28 with 500 hidden units', async () => {
    const tested = randomModel('nade', MNIST_GRID, { hidden: 500 }, 20, 0.1, 0);
    const errors = await gradientErrors(device, tested, randomImages(MNIST_GRID, 12, 21, 0.13));
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-5);
  });

  it('more images than fit in one pass', async () => {
    const grid = rowOf(100);
    const errors = await gradientErrors(device, model(grid, 500, 22), randomImages(grid, 1050, 23, 0.1));
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.loss).toBeLessThan(1e-5);
  });
});

describe('the comparisons can fail', () => {
  const GRID = { width: 11, height: 7 };
  const tested = model(GRID, 70, 24);
  const images = randomImages(GRID, 10, 25, 0.2);

  const withScope = (
    sources: ShaderSources | undefined,
    kernels: readonly string[],
    check: (scope: OpenScope) => Promise<boolean>,
  ): Promise<boolean> =>
    // Without subgroups, whose kernels sampler-variants.test.ts plants errors in.
    withDevice(sources, async (own) => check(await openScope(own, tested, tested.tensors, [], kernels)), {
      subgroups: false,
    });

  const checks: Record<string, (sources?: ShaderSources) => Promise<boolean>> = {
    reads: (sources) =>
      withScope(sources, READ, async (scope) => {
        const scorer = new Scorer(scope);
        const reader = new LogitReader(scope);
        const errors = await readingErrors(
          {
            logLikelihood: (read) => scorer.logLikelihood(read),
            conditionalLogits: (read) => reader.conditionalLogits(read),
          },
          tested,
          images,
        );
        return errors.logLikelihood < 1e-4 && errors.logits < 2e-5;
      }),
    samples: (sources) =>
      withScope(
        sources,
        SAMPLE,
        async (scope) =>
          (await sampleErrors((request) => openSampler(scope, request), tested, 30, [30, 100], 0.8)).wrong ===
          0,
      ),
    descends: (sources) =>
      withDevice(sources, async (own) => {
        const errors = await gradientErrors(own, tested, images, DESCEND);
        return errors.gradient < 2e-5 && errors.loss < 1e-6;
      }),
  };

  it.each(Object.keys(checks))('%s: passes as it is', async (name) => {
    expect(await checks[name]()).toBe(true);
  });

  it.each([
    [
      'reads',
      'a pixel that sees itself',
      'nade/states.wgsl',
      '= a;',
      '= a + input[word * 32u * params.hidden + unit];',
    ],
    [
      'reads',
      'another image of the tile',
      'nade/lib/outputs.wgsl',
      'if ((word_3 & mask)',
      'if ((word_2 & mask)',
    ],
    ['reads', 'units left out', 'nade/lib/outputs.wgsl', 'dot(h.low, v.low) + ', ''],
    [
      'reads',
      'shares left out',
      'nade/lib/outputs.wgsl',
      'var k = 0u; k < 8u; k++) {\n      part',
      'var k = 0u; k < 7u; k++) {\n      part',
    ],
    [
      'reads',
      'units that there are not',
      'nade/lib/outputs.wgsl',
      '< vec4<u32>(params.hidden)',
      '<= vec4<u32>(params.hidden)',
    ],
    [
      'reads',
      'the other two images of the tile',
      'nade/lib/likelihood.wgsl',
      'four.xy, four.zw',
      'four.zw, four.xy',
    ],
    [
      'reads',
      'padding pixels counted',
      'nade/lib/likelihood.wgsl',
      '< params.pixels;',
      '< params.pixels + 4u;',
    ],
    [
      'samples',
      'a pixel that is passed over',
      'nade/sample.wgsl',
      'cursor = fired + 1u;',
      'cursor = fired + 2u;',
    ],
    [
      'samples',
      'a pixel that is passed over where many are off',
      'nade/sample.wgsl',
      'cursor += ahead;',
      'cursor += ahead + 1u;',
    ],
    ['samples', 'parts of a logit left out', 'nade/lib/ahead.wgsl', 'part < count', 'part + 1u < count'],
    [
      'samples',
      'units left out',
      'nade/lib/ahead.wgsl',
      '(sum.x + sum.y) + (sum.z + sum.w)',
      'sum.x + sum.y',
    ],
    [
      'samples',
      'a later pixel before the first',
      'nade/lib/ahead.wgsl',
      'let first = min(',
      'let first = max(',
    ],
    [
      'samples',
      'other units than the weights are of',
      'nade/lib/ahead.wgsl',
      'units[2u * chunk] * v.low',
      'units[2u * chunk] * v.high',
    ],
    ['samples', 'no temperature', 'lib/sampling.wgsl', 'params.temperature * logit_of(u)', 'logit_of(u)'],
    ['samples', 'states that are not carried over', 'nade/lib/carried.wgsl', '= a;', '= vec4<f32>();'],
    [
      'descends',
      'the slope of the sigmoid',
      'nade/back.wgsl',
      'added += run * h * (1.0 - h);\n        run',
      'added += run * h;\n        run',
    ],
    ['descends', 'an output counted twice', 'nade/back.wgsl', 'run = vec4<f32>();\n        input', 'input'],
    [
      'descends',
      'the last outputs of a word left out',
      'nade/back.wgsl',
      'added += run * h * (1.0 - h);\n    for',
      'for',
    ],
    [
      'descends',
      'a pixel that is on in another image',
      'nade/back.wgsl',
      'a += on * input',
      'a += on.yxzw * input',
    ],
    ['descends', 'a word left out', 'nade/errors.wgsl', 'word > 0u;', 'word > 1u;'],
    ['descends', 'later words left out', 'nade/errors.wgsl', 'error += errors', 'error = errors'],
    [
      'descends',
      'a slice of images left out',
      'nade/weight-gradient.wgsl',
      'slice * slice_images < params.images',
      '(slice + 1u) * slice_images < params.images',
    ],
    [
      'descends',
      'parts added that are to be taken away',
      'nade/weight-gradient.wgsl',
      'by_input -= slices',
      'by_input += slices',
    ],
    [
      'descends',
      'images of a tile left out of the biases',
      'nade/weight-gradient.wgsl',
      'vec4<f32>(1.0)',
      'vec4<f32>(1.0, 1.0, 1.0, 0.0)',
    ],
    ['descends', 'images beyond the last', 'nade/delta.wgsl', 'place.image + own < params.images', 'true'],
    ['descends', 'a sum for a mean', 'ops/bias-gradient.wgsl', 'sum / f32(params.divisor)', 'sum'],
    [
      'descends',
      'the last image left out',
      'nade/weight-gradient.wgsl',
      'image < params.images;',
      'image + 1u < params.images;',
    ],
  ])('%s: catches %s', async (check, _what, file, text, replacement) => {
    expect(await checks[check](mutate(file, text, replacement))).toBe(false);
  });
});
