import { pixelCount } from '../../data/images.ts';
import type { BoundKernel, Dispatch } from '../../gpu/kernel.ts';
import type { Program, ProgramScope } from '../program.ts';
import { batchParams, BIAS_GRADIENT, biasGradient, inSteps } from '../program-params.ts';
import { firstFiring, samplingKernels, plainSampler } from './program-sampling.ts';

/** The FVSBN as dispatches: the formulas of reference.ts as tiled products of bits and weights. */
export const program: Program = {
  kernels: [
    'fvsbn/score.wgsl',
    'fvsbn/conditional-logits.wgsl',
    'fvsbn/delta.wgsl',
    'fvsbn/gradient.wgsl',
    BIAS_GRADIENT,
    'fvsbn/sample.wgsl',
  ],
  samplingKernels,
  plainSampler,
  firstFiring,

  evaluator(scope, { images, capacity }) {
    const parts = tilesOf(scope, 'fvsbn/score.wgsl');
    const partial = scope.arena.storage('partial', parts * capacity * 4);
    const score = scope.bind('fvsbn/score.wgsl', { images, ...weights(scope), partial });
    return { parts, partial, logLikelihood: (count) => [overTiles(scope, score, count)] };
  },

  logits(scope, { images, out }) {
    const logits = scope.bind('fvsbn/conditional-logits.wgsl', { images, ...weights(scope), out });
    return { conditionalLogits: (count) => [overTiles(scope, logits, count)] };
  },

  sampler(scope, { images, indices, given, request }) {
    const state = scope.arena.storage('state', request.indices.length * pixelCount(scope.grid) * 4);
    const sample = scope.bind('fvsbn/sample.wgsl', { ...weights(scope), state, indices, images, given });
    return { advance: inSteps(scope, request, sample) };
  },

  gradient(scope, { images, targets, capacity, gradients }) {
    const pixels = pixelCount(scope.grid);
    const parts = tilesOf(scope, 'fvsbn/delta.wgsl');
    const partial = scope.arena.storage('partial', parts * capacity * 4);
    const delta = scope.arena.storage('delta', capacity * pixels * 4);
    const writeDelta = scope.bind('fvsbn/delta.wgsl', {
      images,
      targets,
      ...weights(scope),
      partial,
      delta,
    });
    const weight = scope.bind('fvsbn/gradient.wgsl', { images, delta, gradient: gradients.weight });
    const bias = scope.bind(BIAS_GRADIENT, { values: delta, gradient: gradients.bias });
    const tiles = weight.groups(pixels, 'tile_pixels');
    return {
      parts,
      partial,
      gradient: (count) => [
        overTiles(scope, writeDelta, count),
        weight.dispatch(batchParams(scope, count), [(tiles * (tiles + 1)) / 2], Math.ceil(count / 32)),
        biasGradient(bias, pixels, count),
      ],
    };
  },
};

function weights({ tensors }: ProgramScope) {
  return { bias: tensors.bias, weight: tensors.weight };
}

/** Tiles of pixels as the kernels cut them: what `partial` has rows for. */
function tilesOf(scope: ProgramScope, kernel: string): number {
  return Math.ceil(pixelCount(scope.grid) / scope.constant(kernel, 'tile_pixels'));
}

function overTiles(scope: ProgramScope, kernel: BoundKernel, count: number): Dispatch {
  const tiles = kernel.groups(pixelCount(scope.grid), 'tile_pixels');
  return kernel.dispatch(batchParams(scope, count), [kernel.groups(count, 'tile_images') * tiles]);
}
