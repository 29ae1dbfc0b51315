import { pixelCount, wordsPerImage } from '../../data/images.ts';
import { Stream, streamKey } from '../../data/rng.ts';
import { inRanges } from '../shared/ranges.ts';
import type { Program, ProgramScope } from '../program.ts';
import type { SampleRequest } from '../types.ts';

/** Bounds the time of a single workgroup: a pixel costs two barriers, an iteration of first firing one row of weights. */
const PIXELS_PER_DISPATCH = 128;
const ITERATIONS_PER_DISPATCH = 32;

export const samplingKernels = ['fvsbn/ancestral.wgsl', 'fvsbn/first-firing.wgsl'] as const;

export const plainSampler: NonNullable<Program['plainSampler']> = (scope, { images, indices, request }) => {
  const count = request.indices.length;
  const state = scope.arena.storage('state', count * pixelCount(scope.grid) * 4);
  const { bias, weight } = scope.tensors;
  const decide = scope.bind('fvsbn/ancestral.wgsl', { bias, weight, state, indices, images });
  return {
    advance: (from, to) =>
      inRanges(from, to, PIXELS_PER_DISPATCH, (first_pixel, end_pixel) =>
        decide.dispatch(
          { ...common(scope, request), first_pixel, end_pixel },
          [count],
          end_pixel - first_pixel,
        ),
      ),
  };
};

export const firstFiring: NonNullable<Program['firstFiring']> = (
  scope,
  { images, indices, finished, request },
) => {
  const count = request.indices.length;
  const state = scope.arena.storage('state', count * pixelCount(scope.grid) * 4);
  const cursors = scope.arena.storage('cursors', count * 4);
  const { bias, weight } = scope.tensors;
  const buffers = { bias, weight, state, indices, cursors, images, finished };
  const jump = scope.bind('fvsbn/first-firing.wgsl', buffers);
  return {
    advance: (iterations, done) =>
      inRanges(done, done + iterations, ITERATIONS_PER_DISPATCH, (first, end) =>
        jump.dispatch({ ...common(scope, request), done: first, passes: end - first }, [count], end - first),
      ),
  };
};

function common({ grid }: ProgramScope, { seed, temperature }: SampleRequest) {
  return {
    pixels: pixelCount(grid),
    words_per_image: wordsPerImage(grid),
    seed,
    key: streamKey(Stream.sample),
    temperature,
  };
}
