import { pixelCount, wordsPerImage } from '../../data/images.ts';
import type { GpuBuffer } from '../../gpu/arena.ts';
import type { BoundKernel, Dispatch } from '../../gpu/kernel.ts';
import type { Program, ProgramScope } from '../program.ts';
import { batchParams, BIAS_GRADIENT, biasGradient } from '../program-params.ts';
import { PACK_ROWS } from '../program-weights.ts';
import { firstFiring, plainSampler, sampler, samplingKernels } from './program-sampling.ts';

/** Numbers in `states` at most, 8 MiB: more images than fit go in several passes. 164 digits under 500 units. */
const MAX_STATES = 2 ** 21;

/** NADE as dispatches: sums of the hidden units before every word of pixels, then all words of all images at once. */
export const program: Program = {
  kernels: [
    'nade/states.wgsl',
    'nade/score.wgsl',
    'nade/conditional-logits.wgsl',
    'nade/delta.wgsl',
    'nade/back.wgsl',
    'nade/errors.wgsl',
    'nade/weight-gradient.wgsl',
    BIAS_GRADIENT,
    'nade/sample.wgsl',
    PACK_ROWS,
  ],
  packsWeights: true,
  samplingKernels,
  sampler,
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

  gradient(scope, { images, targets, capacity, gradients }) {
    const pixels = pixelCount(scope.grid);
    const parts = wordsPerImage(scope.grid);
    const { hidden } = scope.hyper;
    const { input, output } = scope.tensors;
    const partial = scope.arena.storage('partial', parts * capacity * 4);
    // Four images lie together, the last of them with zeros: see shaders/nade/delta.wgsl.
    const delta = scope.arena.storage('delta', Math.ceil(capacity / 4) * 4 * pixels * 4);
    const { states, imagesPerPass, write } = statesOf(scope, images, capacity);
    const errors = scope.arena.storage('errors', imagesPerPass * parts * hidden * 4);
    const perSlice = scope.constant('nade/back.wgsl', 'slice_images');
    const slices = scope.arena.storage(
      'slices',
      Math.ceil(imagesPerPass / perSlice) * 2 * pixels * hidden * 4,
    );
    const writeDelta = scope.bind('nade/delta.wgsl', {
      images,
      targets,
      states,
      ...weights(scope),
      partial,
      delta,
    });
    const goBack = scope.bind('nade/back.wgsl', { images, states, input, output, delta, errors, slices });
    const addLater = scope.bind('nade/errors.wgsl', { images, errors });
    const weightGradient = scope.bind('nade/weight-gradient.wgsl', {
      images,
      delta,
      errors,
      slices,
      input_gradient: gradients.input,
      output_gradient: gradients.output,
      bias_gradient: gradients.bias,
    });
    const hiddenBias = scope.bind(BIAS_GRADIENT, { values: errors, gradient: gradients.hidden_bias });
    return {
      parts,
      partial,
      gradient: (count) =>
        passes(scope, count, imagesPerPass, (pass) => {
          const tiles = parts * goBack.groups(hidden);
          return [
            overUnits(write, pass),
            overWords(writeDelta, pass),
            goBack.dispatch(pass, [goBack.groups(pass.images, 'slice_images') * tiles], perSlice),
            overUnits(addLater, pass),
            weightGradient.dispatch(pass, [tiles], pass.images),
            biasGradient(hiddenBias, hidden, pass.images, {
              stride: parts * hidden,
              divisor: count,
              later: pass.first_image > 0,
            }),
          ];
        }),
    };
  },
};

/** The params of shaders/nade/lib/shape.wgsl: the images of one pass. */
interface Pass extends Readonly<Record<string, number>> {
  readonly words_per_image: number;
  readonly hidden: number;
  readonly first_image: number;
  readonly images: number;
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
      ...batchParams(scope, Math.min(imagesPerPass, count - first)),
      hidden: scope.hyper.hidden,
      first_image: first,
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
  // Whole tiles of four images.
  const most = Math.max(4, Math.floor(MAX_STATES / numbers / 4) * 4);
  const imagesPerPass = Math.min(capacity, most);
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

function overUnits(kernel: BoundKernel, pass: Pass): Dispatch {
  return kernel.dispatch(pass, [pass.images * kernel.groups(pass.hidden)], pass.words_per_image);
}

function overWords(kernel: BoundKernel, pass: Pass): Dispatch {
  return kernel.dispatch(pass, [kernel.groups(pass.images, 'tile_images') * pass.words_per_image]);
}
