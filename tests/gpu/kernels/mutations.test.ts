/**
 * Proof that the comparisons can fail: the same ones as in families.test.ts, over kernels with one planted error each.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '../../../src/gpu/device.ts';
import { openSampler } from '../../../src/engine/backends/webgpu/sampler.ts';
import { LogitReader, Scorer } from '../../../src/engine/backends/webgpu/scorer.ts';
import { openScope, type OpenScope } from '../../../src/engine/backends/webgpu/scope.ts';
import type { PackedImages } from '../../../src/data/images.ts';
import type { Model } from '../../../src/models/model.ts';
import type { SampleRequest } from '../../../src/models/sampling.ts';
import type { ShaderSources } from '../../../src/gpu/wgsl.ts';
import { countErrors, gradientErrors, readingErrors, sampleErrors } from '../comparison.ts';
import {
  mutate,
  openTestBackend,
  openTestDevice,
  randomImages,
  randomModel,
  withBackend,
  withDevice,
} from '../setup.ts';

const GRID = { width: 11, height: 7 };
const HYPER = { k: 10, strength: 1, prior: 0 };
/** Few pixels are on, so that some are on in one image alone. */
const images = randomImages(GRID, 70, 1, 0.05);

type Check = (sources: ShaderSources | undefined) => Promise<boolean>;

/** A scope with no more kernels than the check needs. */
const withScope = (
  sources: ShaderSources | undefined,
  model: Model,
  kernels: readonly string[],
  check: (scope: OpenScope) => Promise<boolean>,
): Promise<boolean> =>
  // Without subgroups, whose kernels sampler-variants.test.ts plants errors in.
  withDevice(sources, async (device) => check(await openScope(device, model, model.tensors, [], kernels)), {
    subgroups: false,
  });

const reads = (folder: string, family: string): Check => {
  const model = randomModel(family, GRID, HYPER, 2);
  return (sources) =>
    withScope(
      sources,
      model,
      [`${folder}/score.wgsl`, `${folder}/conditional-logits.wgsl`],
      async (scope) => {
        const scorer = new Scorer(scope);
        const reader = new LogitReader(scope);
        const evaluator = {
          logLikelihood: (read: PackedImages) => scorer.logLikelihood(read),
          conditionalLogits: (read: PackedImages) => reader.conditionalLogits(read),
        };
        const errors = await readingErrors(evaluator, model, images);
        return errors.logLikelihood < 1e-4 && errors.logits < 2e-5;
      },
    );
};

const samples = (folder: string, family: string): Check => {
  const model = randomModel(family, GRID, HYPER, 3);
  return (sources) =>
    withScope(sources, model, [`${folder}/sample.wgsl`], async (scope) => {
      const open = (request: SampleRequest) => openSampler(scope, request);
      return (await sampleErrors(open, model, 70, [30, 100], 0.8)).wrong === 0;
    });
};

const counts: Check = (sources) =>
  withBackend(
    sources,
    async (backend) => (await countErrors(backend, 'neighbours', GRID, HYPER, [images])) < 1e-6,
  );

const DESCENT = ['fvsbn/delta.wgsl', 'fvsbn/gradient.wgsl', 'ops/bias-gradient.wgsl'];
const descends: Check = (sources) =>
  withDevice(sources, async (device) => {
    const errors = await gradientErrors(device, randomModel('fvsbn', GRID, {}, 4), images, DESCENT);
    return errors.gradient < 1e-5 && errors.loss < 1e-6;
  });

const CHECKS: Record<string, Check> = {
  'fvsbn reads': reads('fvsbn', 'fvsbn'),
  'fvsbn samples': samples('fvsbn', 'fvsbn'),
  'fvsbn descends': descends,
  'neighbours reads': reads('bayes-net', 'neighbours'),
  'neighbours samples': samples('bayes-net', 'neighbours'),
  'neighbours counts': counts,
};

describe('the checks pass on the kernels as they are', () => {
  it.each(Object.keys(CHECKS))('%s', async (name) => {
    expect(await CHECKS[name](undefined)).toBe(true);
  });

  it('fvsbn samples, where workgroup memory has room for some of the pixels only', async () => {
    const little = mutate('fvsbn/lib/sampler.wgsl', 'near_pixels = 1024u', 'near_pixels = 40u');
    expect(await CHECKS['fvsbn samples'](little)).toBe(true);
  });
});

describe('and catch', () => {
  it.each([
    [
      'fvsbn reads',
      'a weight from a pixel to itself',
      'fvsbn/lib/tile.wgsl',
      'input < pixel &&',
      'input <= pixel &&',
    ],
    [
      'fvsbn reads',
      'rows packed one off',
      'fvsbn/lib/packing.wgsl',
      '+ pixel - input - 1u',
      '+ pixel - input',
    ],
    [
      'fvsbn reads',
      'the last word of inputs left out',
      'fvsbn/lib/logits.wgsl',
      '2u * tile.pixel + 2u',
      '2u * tile.pixel + 1u',
    ],
    [
      'fvsbn reads',
      'half the images mixed up',
      'fvsbn/lib/logits.wgsl',
      'let x_5 = bit_of(word_5, mask)',
      'let x_5 = bit_of(word_4, mask)',
    ],
    ['fvsbn reads', 'no bias', 'fvsbn/lib/tile.wgsl', 'bias[pixel], pixel <', '0.0, pixel <'],
    [
      'fvsbn reads',
      'the likelihood of the other image',
      'lib/math.wgsl',
      '(ink * logit - max',
      '((1.0 - ink) * logit - max',
    ],
    [
      'fvsbn reads',
      'padding pixels counted',
      'fvsbn/lib/likelihood.wgsl',
      'if (pixel + c < params.pixels)',
      'if (pixel + c <= params.pixels)',
    ],
    [
      'fvsbn reads',
      'images skipped that are not blank',
      'fvsbn/lib/logits.wgsl',
      'word_5 | word_6 | word_7;',
      'word_5 | word_6;',
    ],
    [
      'fvsbn samples',
      'a pixel that fires twice',
      'fvsbn/lib/sampler.wgsl',
      'cursor = fired + 1u;',
      'cursor = fired + 2u;',
    ],
    [
      'fvsbn samples',
      'logits that are not carried over',
      'fvsbn/lib/sampler.wgsl',
      'state[base + pixel] = above(base, pixel);',
      'state[base + pixel] = 0.0;',
    ],
    [
      'fvsbn samples',
      'no temperature',
      'lib/sampling.wgsl',
      'params.temperature * logit_of(u)',
      'logit_of(u)',
    ],
    [
      'fvsbn samples',
      'another stream of random numbers',
      'lib/rng.wgsl',
      '(position & 1u) == 1u',
      '(position & 1u) == 0u',
    ],
    [
      'fvsbn descends',
      'gradients of the blank image',
      'fvsbn/delta.wgsl',
      'sigmoid(logits[c]) - ink[c]',
      'sigmoid(logits[c])',
    ],
    ['fvsbn descends', 'a sum for a mean', 'fvsbn/gradient.wgsl', '1.0 / f32(params.images)', '1.0'],
    [
      'fvsbn descends',
      'the last image left out',
      'ops/bias-gradient.wgsl',
      'row < params.rows;',
      'row + 1u < params.rows;',
    ],
    ['fvsbn descends', 'inputs mixed up', 'fvsbn/gradient.wgsl', '(row & 3u) * 8u;', '(row & 1u) * 8u;'],
    [
      'neighbours reads',
      'parents in another order',
      'bayes-net/lib/tables.wgsl',
      '& 1u) << b;',
      '& 1u) << (count - 1u - b);',
    ],
    [
      'neighbours reads',
      'a pixel left out',
      'bayes-net/score.wgsl',
      'var pixel = thread;',
      'var pixel = thread + 1u;',
    ],
    [
      'neighbours samples',
      'the words of the image before',
      'bayes-net/sample.wgsl',
      'indices[image]',
      'indices[0]',
    ],
    [
      'neighbours counts',
      'off counted for on',
      'bayes-net/count.wgsl',
      'if (is_on(base, pixel))',
      'if (!is_on(base, pixel))',
    ],
    [
      'neighbours counts',
      'an image short',
      'bayes-net/count.wgsl',
      'image >= params.images',
      'image + 1u >= params.images',
    ],
  ])('%s: %s', async (check, _what, file, text, replacement) => {
    expect(await CHECKS[check](mutate(file, text, replacement))).toBe(false);
  });
});

describe('a kernel that does not compile', () => {
  let device: Device;
  beforeAll(async () => {
    device = await openTestDevice({
      sources: mutate('fvsbn/lib/likelihood.wgsl', 'var sum = 0.0;\n    for', 'var sum = nothing;\n    for'),
    });
  });
  afterAll(() => device.destroy());

  it('is told with the file and line of the include', async () => {
    await expect(device.kernel('fvsbn/score.wgsl')).rejects.toThrow(
      /^shaders\/fvsbn\/lib\/likelihood\.wgsl:\d+:\d+: .*nothing/,
    );
  });

  it('leaves the others alone', async () => {
    expect((await device.kernel('ops/adam.wgsl')).label).toBe('ops.adam');
  });

  it('makes opening a model fail, and nothing stays allocated', async () => {
    const backend = await openTestBackend({
      sources: mutate('fvsbn/score.wgsl', 'fn score', 'fn score('),
    });
    const before = backend.liveBytes();
    await expect(backend.open(randomModel('fvsbn', GRID, {}, 5))).rejects.toThrow(
      /^shaders\/fvsbn\/score\.wgsl:\d+/,
    );
    expect(backend.liveBytes()).toBe(before);
    backend.destroy();
  });
});
