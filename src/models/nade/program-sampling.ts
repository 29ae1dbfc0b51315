import { pixelCount, wordsPerImage } from '../../data/images.ts';
import { Stream, streamKey } from '../../data/rng.ts';
import type { GpuBuffer } from '../../gpu/arena.ts';
import { inRanges } from '../shared/ranges.ts';
import type { Program, ProgramScope } from '../program.ts';
import type { SampleRequest } from '../types.ts';

/**
 * Bounds the time of a single workgroup. An iteration of first firing reads the outputs up to the next pixel that turns on; eight
 * may read all of them, about as much as three dispatches of pixels.
 */
const PIXELS_PER_DISPATCH = 128;
const ITERATIONS_PER_DISPATCH = 8;

export const samplingKernels = ['nade/ancestral.wgsl', 'nade/first-firing.wgsl'] as const;

export const plainSampler: NonNullable<Program['plainSampler']> = (scope, { images, indices, request }) => {
  const count = request.indices.length;
  const buffers = { ...weights(scope), state: statesOf(scope, count), indices, images };
  const decide = scope.bind('nade/ancestral.wgsl', buffers);
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
  const cursors = scope.arena.storage('cursors', count * 4);
  const state = statesOf(scope, count);
  const buffers = { ...weights(scope), state, indices, cursors, images, finished };
  const jump = scope.bind('nade/first-firing.wgsl', buffers);
  return {
    advance: (iterations, done) =>
      inRanges(done, done + iterations, ITERATIONS_PER_DISPATCH, (first, end) =>
        jump.dispatch({ ...common(scope, request), done: first, passes: end - first }, [count], end - first),
      ),
  };
};

/** The inputs of the hidden units of blank images, [count, hidden]. */
function statesOf({ arena, hyper, uploaded }: ProgramScope, count: number): GpuBuffer {
  const states = new Float32Array(count * hyper.hidden);
  for (let m = 0; m < count; m++) states.set(uploaded.hidden_bias, m * hyper.hidden);
  return arena.filled('state', states);
}

function weights({ tensors }: ProgramScope) {
  return { bias: tensors.bias, input: tensors.input, output: tensors.output };
}

function common({ grid, hyper }: ProgramScope, { seed, temperature }: SampleRequest) {
  return {
    pixels: pixelCount(grid),
    words_per_image: wordsPerImage(grid),
    hidden: hyper.hidden,
    seed,
    key: streamKey(Stream.sample),
    temperature,
  };
}
