/** Proof that the comparisons of sparse-pixelcnn.test.ts can fail: the same ones over kernels with one planted error each. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '../../../src/gpu/device.ts';
import { gradientErrors } from '../comparison.ts';
import { mutate, openTestDevice, randomImages, randomSource, withDevice } from '../setup.ts';
import { DESCEND, modelOf, readings, samples } from './sparse-pixelcnn.ts';

const GRID = { width: 9, height: 11 };
const images = randomImages(GRID, 4, 2, 0.06);
const random = randomSource(3);
const levels = Uint8Array.from({ length: 4 * 99 }, () => Math.floor(random() * 256));

const CHECKS: Record<string, (device: Device) => Promise<boolean>> = {
  reads: async (device) => {
    const errors = await readings(device, modelOf(GRID, 2, 1), images);
    return errors.logits < 1e-5 && errors.logLikelihood < 5e-5;
  },
  samples: async (device) =>
    (await samples(device, modelOf(GRID, 2, 11, 0.35, -1.5), 5, [30, 69])).wrong === 0,
  descends: async (device) => {
    const errors = await gradientErrors(device, modelOf(GRID, 2, 13), images, DESCEND, null, levels);
    return errors.gradient < 1e-4 && errors.loss < 1e-5;
  },
};

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

describe('a planted error is caught:', () => {
  it.each([
    ['reads', 'ink two columns away unseen', 'lib/bits.wgsl', 'column, 2u, 1u)', 'column, 1u, 1u)'],
    [
      'reads',
      'a window that sees the pixel itself',
      'lib/bits.wgsl',
      'select(column, min',
      'select(column + 1u, min',
    ],
    [
      'reads',
      'carried sums that begin anew with every word',
      'begin.wgsl',
      'sum += absolute_of',
      'sum = absolute_of',
    ],
    [
      'reads',
      'carried sums of the other net',
      'lib/states.wgsl',
      'row * 32u, is_quiet',
      'row * 16u, is_quiet',
    ],
    ['reads', 'the wrong neighbour above', 'lib/taps.wgsl', 'i32(tap) - 3, above', 'i32(tap) - 2, above'],
    ['reads', 'dilation 1 everywhere', 'lib/taps.wgsl', '1 + i32(block & 1u)', '1'],
    ['reads', 'quiet neighbours that have rows', 'lib/taps.wgsl', '(place & 1u) == 1u', 'true'],
    ['reads', 'no bias of the middle layer', 'block.wgsl', 'b * 161u + 160u', 'b * 161u + 159u'],
    ['reads', 'a row without its block before', 'block.wgsl', 'sum.c + bias', 'bias'],
    ['reads', 'quiet pixels without a relu', 'quiet.wgsl', 'max(g, vec4<f32>())', 'g'],
    [
      'reads',
      'no weights of a pixel’s own',
      'head.wgsl',
      'readout[k] + readout_position[pixel * 16u + k]',
      'readout[k]',
    ],
    [
      'samples',
      'a ring that is too short',
      'lib/sample-active.wgsl',
      '2u * params.width + 3u;',
      'params.width + 2u;',
    ],
    [
      'samples',
      'quiet pixels taken for active ones',
      'lib/sample-active.wgsl',
      ' && is_active(image, row, column)',
      '',
    ],
    ['samples', 'a run that goes on behind ink', 'sample.wgsl', 'min(fired + 1u, computed)', 'computed'],
    [
      'descends',
      'the bit instead of its soft target',
      'likelihood.wgsl',
      'params.soft == 1u',
      'params.soft == 2u',
    ],
    [
      'descends',
      'the residual passed back twice',
      'block-back.wgsl',
      'within(past + scale',
      'within(2.0 * past + scale',
    ],
    [
      'descends',
      'a root mean square without a derivative',
      'block-back.wgsl',
      'by_y - scale * h * along',
      'by_y',
    ],
    [
      'descends',
      'rows behind the last',
      'lib/outer.wgsl',
      'tiles / chunks) * tile_rows);',
      'tiles / chunks) * tile_rows) + 1u;',
    ],
    [
      'descends',
      'a quiet pixel’s relu ignored',
      'quiet-back.wgsl',
      'rectified_back(f, features',
      'max(f, features',
    ],
    [
      'descends',
      'the window mirrored',
      'window.wgsl',
      'params.width + reach - side',
      'params.width + side - reach',
    ],
    ['descends', 'carried sums that reach their own pixel', 'absolute.wgsl', 'pixel + 1u)', 'pixel)'],
    ['descends', 'an image left out', 'pixels.wgsl', 'image < params.images', 'image + 1u < params.images'],
    ['descends', 'weights not transposed', 'transposed.wgsl', '(own % rows) * columns + own / rows', 'own'],
    [
      'descends',
      'weights of the first block alone',
      'transposed.wgsl',
      'let copy = at / (rows * columns)',
      'let copy = 0u',
    ],
    [
      'descends',
      'gradients of the wrong layer',
      'gather.wgsl',
      'middle_start + params.blocks * middle_size',
      'middle_start + params.blocks * up_size',
    ],
    ['descends', 'a group of pixels left out', 'readout.wgsl', 'var group = 0u', 'var group = 1u'],
    ['descends', 'a readout of the other net', 'readout.wgsl', 'sum += quiet_own[at]', 'sum += own[at]'],
    ['descends', 'quiet weights of half of the features', 'quiet-weights.wgsl', '(slice & 1u) * 8u', '0u'],
    [
      'reads',
      'rows of quiet pixels in the wrong order',
      'list.wgsl',
      'all + position - before',
      'all + position - before_image',
    ],
  ])('%s: %s', async (check, _what, file, text, replacement) => {
    const mutated = mutate(`sparse-pixelcnn/${file}`, text, replacement);
    expect(await withDevice(mutated, CHECKS[check])).toBe(false);
  });

  it('and none is found in the kernels as they are', async () => {
    for (const check of Object.values(CHECKS)) expect(await check(device)).toBe(true);
  });
});
