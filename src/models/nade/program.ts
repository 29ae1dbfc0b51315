import { pixelCount, wordsPerImage } from '../../data/images.ts';
import { Stream, streamKey } from '../../data/rng.ts';
import type { GpuBuffer } from '../../gpu/arena.ts';
import type { BoundKernel, Dispatch } from '../../gpu/kernel.ts';
import type { Program, ProgramScope } from '../program.ts';
import { firstFiring, samplingKernels, plainSampler } from './program-sampling.ts';

/**
 * Pixels that one dispatch of the sampler decides at most: the grid can be cut by images only, so this bounds the
 * time of a single workgroup.
 */
const PIXELS_PER_DISPATCH = 128;

/** Numbers in `states` at most, 8 MiB: more images than fit go in several passes. 167 digits under 500 units. */
const MAX_STATES = 2 ** 21;

/** NADE as dispatches: sums of the hidden units before every word of pixels, then all words of all images at once. */
export const program: Program = {
  kernels: [
    'nade/states.wgsl',
    'nade/score.wgsl',
    'nade/conditional-logits.wgsl',
    'nade/delta.wgsl',
    'nade/errors.wgsl',
    'nade/rows.wgsl',
    'nade/mean.wgsl',
    'nade/sample.wgsl',
  ],
  samplingKernels,
  plainSampler,
  firstFiring,

  evaluator(scope, { images, capacity }) {
    const parts = wordsPerImage(scope.grid);
    const partial = scope.arena.storage('partial', parts * capacity * 4);
    const { states, imagesPerPass, write } = statesOf(scope, images, capacity);
    const score = scope.bind('nade/score.wgsl', { images, states, ...weights(scope), partial });
    return {
      parts,
      partial,
      logLikelihood: (count) =>
        passes(scope, count, imagesPerPass, (pass) => [overUnits(write, pass), overWords(score, pass)]),
    };
  },

  logits(scope, { images, out, capacity }) {
    const { states, imagesPerPass, write } = statesOf(scope, images, capacity);
    const logits = scope.bind('nade/conditional-logits.wgsl', { images, states, ...weights(scope), out });
    return {
      conditionalLogits: (count) =>
        passes(scope, count, imagesPerPass, (pass) => [overUnits(write, pass), overWords(logits, pass)]),
    };
  },

  sampler(scope, { images, indices, given, request }) {
    const count = request.indices.length;
    const { hidden } = scope.hyper;
    const state = scope.arena.storage('state', count * hidden * 4);
    const { hidden_bias } = scope.tensors;
    const sample = scope.bind('nade/sample.wgsl', {
      ...weights(scope),
      hidden_bias,
      state,
      indices,
      images,
      given,
    });
    return {
      advance(from, to) {
        const dispatches: Dispatch[] = [];
        for (let at = from; at < to; at += PIXELS_PER_DISPATCH) {
          const end = Math.min(to, at + PIXELS_PER_DISPATCH);
          const params = {
            pixels: pixelCount(scope.grid),
            words_per_image: wordsPerImage(scope.grid),
            hidden,
            first_pixel: at,
            end_pixel: end,
            seed: request.seed,
            key: streamKey(Stream.sample),
            temperature: request.temperature,
          };
          dispatches.push(sample.dispatch(params, [count], end - at));
        }
        return dispatches;
      },
    };
  },

  gradient(scope, { images, capacity, gradients }) {
    const pixels = pixelCount(scope.grid);
    const parts = wordsPerImage(scope.grid);
    const { hidden } = scope.hyper;
    const { input, output } = scope.tensors;
    const partial = scope.arena.storage('partial', parts * capacity * 4);
    const delta = scope.arena.storage('delta', capacity * pixels * 4);
    const { states, imagesPerPass, write } = statesOf(scope, images, capacity);
    const errors = scope.arena.storage('errors', imagesPerPass * parts * hidden * 4);
    const writeDelta = scope.bind('nade/delta.wgsl', { images, states, ...weights(scope), partial, delta });
    const goBack = scope.bind('nade/errors.wgsl', { images, states, input, output, delta, errors });
    const rows = scope.bind('nade/rows.wgsl', {
      images,
      states,
      input,
      output,
      delta,
      errors,
      input_gradient: gradients.input,
      output_gradient: gradients.output,
    });
    const bias = scope.bind('nade/mean.wgsl', { values: delta, means: gradients.bias });
    const hiddenBias = scope.bind('nade/mean.wgsl', { values: errors, means: gradients.hidden_bias });
    return {
      parts,
      partial,
      gradient: (count) => [
        ...passes(scope, count, imagesPerPass, (pass) => [
          overUnits(write, pass),
          overWords(writeDelta, pass),
          overUnits(goBack, pass),
          rows.dispatch(pass, [parts * tilesOf(rows, hidden)], pass.images),
          mean(hiddenBias, hidden, parts * hidden, pass),
        ]),
        mean(bias, pixels, pixels, { first_image: 0, images: count, all_images: count }),
      ],
    };
  },
};

/** The params of shaders/nade/lib/shape.wgsl: the images of one pass. */
interface Pass extends Readonly<Record<string, number>> {
  readonly words_per_image: number;
  readonly hidden: number;
  readonly first_image: number;
  readonly images: number;
  readonly all_images: number;
}

function passes(
  scope: ProgramScope,
  count: number,
  imagesPerPass: number,
  dispatches: (pass: Pass) => readonly Dispatch[],
): Dispatch[] {
  const all: Dispatch[] = [];
  for (let first = 0; first < count; first += imagesPerPass) {
    const pass = {
      pixels: pixelCount(scope.grid),
      words_per_image: wordsPerImage(scope.grid),
      hidden: scope.hyper.hidden,
      first_image: first,
      images: Math.min(imagesPerPass, count - first),
      all_images: count,
    };
    all.push(...dispatches(pass));
  }
  return all;
}

/** The sums of the hidden units before every word of `imagesPerPass` images, and the kernel that writes them. */
function statesOf(
  scope: ProgramScope,
  images: GpuBuffer,
  capacity: number,
): { states: GpuBuffer; imagesPerPass: number; write: BoundKernel } {
  const numbers = wordsPerImage(scope.grid) * scope.hyper.hidden;
  const imagesPerPass = Math.min(capacity, Math.max(1, Math.floor(MAX_STATES / numbers)));
  const states = scope.arena.storage('states', imagesPerPass * numbers * 4);
  const { hidden_bias, input } = scope.tensors;
  return {
    states,
    imagesPerPass,
    write: scope.bind('nade/states.wgsl', { images, hidden_bias, input, states }),
  };
}

function weights({ tensors }: ProgramScope) {
  return { bias: tensors.bias, input: tensors.input, output: tensors.output };
}

function tilesOf(kernel: BoundKernel, length: number): number {
  return Math.ceil(length / kernel.constant('threads'));
}

function overUnits(kernel: BoundKernel, pass: Pass): Dispatch {
  return kernel.dispatch(pass, [pass.images * tilesOf(kernel, pass.hidden)], pass.words_per_image);
}

function overWords(kernel: BoundKernel, pass: Pass): Dispatch {
  const tiles = Math.ceil(pass.images / kernel.constant('tile_images'));
  return kernel.dispatch(pass, [tiles * pass.words_per_image]);
}

/** Mean of the first `length` of every image's `stride` numbers. */
function mean(
  kernel: BoundKernel,
  length: number,
  stride: number,
  pass: Pick<Pass, 'first_image' | 'images' | 'all_images'>,
): Dispatch {
  const { images, all_images } = pass;
  const params = { length, stride, images, all_images, later: Math.min(pass.first_image, 1) };
  return kernel.dispatch(params, [tilesOf(kernel, length)], images);
}
