import { pixelCount, wordsPerImage } from '../../data/images.ts';
import { Stream, streamKey } from '../../data/rng.ts';
import type { BoundKernel, Dispatch } from '../../gpu/kernel.ts';
import type { Program, ProgramScope } from '../program.ts';
import { firstFiring, samplingKernels, plainSampler } from './program-sampling.ts';

/**
 * Pixels that one dispatch of the sampler decides at most: the grid can be cut by images only, so this bounds the
 * time of a single workgroup.
 */
const PIXELS_PER_DISPATCH = 128;

/** The FVSBN as dispatches: the formulas of reference.ts as tiled products of bits and weights. */
export const program: Program = {
  kernels: [
    'fvsbn/score.wgsl',
    'fvsbn/conditional-logits.wgsl',
    'fvsbn/delta.wgsl',
    'fvsbn/gradient.wgsl',
    'fvsbn/bias-gradient.wgsl',
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
    const count = request.indices.length;
    const pixels = pixelCount(scope.grid);
    const state = scope.arena.storage('state', count * pixels * 4);
    const sample = scope.bind('fvsbn/sample.wgsl', { ...weights(scope), state, indices, images, given });
    return {
      advance(from, to) {
        const dispatches: Dispatch[] = [];
        for (let at = from; at < to; at += PIXELS_PER_DISPATCH) {
          const end = Math.min(to, at + PIXELS_PER_DISPATCH);
          const params = {
            pixels,
            words_per_image: wordsPerImage(scope.grid),
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
    const words_per_image = wordsPerImage(scope.grid);
    const parts = tilesOf(scope, 'fvsbn/delta.wgsl');
    const partial = scope.arena.storage('partial', parts * capacity * 4);
    const delta = scope.arena.storage('delta', capacity * pixels * 4);
    const writeDelta = scope.bind('fvsbn/delta.wgsl', { images, ...weights(scope), partial, delta });
    const weight = scope.bind('fvsbn/gradient.wgsl', { images, delta, gradient: gradients.weight });
    const bias = scope.bind('fvsbn/bias-gradient.wgsl', { delta, gradient: gradients.bias });
    const tiles = Math.ceil(pixels / weight.constant('tile_pixels'));
    return {
      parts,
      partial,
      gradient: (count) => [
        overTiles(scope, writeDelta, count),
        weight.dispatch(
          { pixels, words_per_image, images: count },
          [(tiles * (tiles + 1)) / 2],
          Math.ceil(count / 32),
        ),
        bias.dispatch({ pixels, images: count }, [Math.ceil(pixels / bias.constant('threads'))], count),
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
  const params = {
    pixels: pixelCount(scope.grid),
    words_per_image: wordsPerImage(scope.grid),
    images: count,
  };
  const images = Math.ceil(count / kernel.constant('tile_images'));
  const tiles = Math.ceil(pixelCount(scope.grid) / kernel.constant('tile_pixels'));
  return kernel.dispatch(params, [images * tiles]);
}
