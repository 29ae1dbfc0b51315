import { pixelCount, wordsPerImage } from '../../data/images.ts';
import { Stream, streamKey } from '../../data/rng.ts';
import type { Program, ProgramScope } from '../program.ts';
import { placesOf } from './layout.ts';
import { tableOfCounts } from './cpu.ts';

/** Pixels that one dispatch of the sampler decides at most: bounds the time of a single workgroup. */
const PIXELS_PER_DISPATCH = 128;

/** One thread looks up one pixel of one image. */
export const program: Program = {
  kernels: [
    'texture/score.wgsl',
    'texture/conditional-logits.wgsl',
    'texture/sample.wgsl',
    'texture/count.wgsl',
  ],

  evaluator(scope, { images, capacity }) {
    const parts = scope.constant('texture/score.wgsl', 'parts');
    const partial = scope.arena.storage('partial', parts * capacity * 4);
    const buffers = { places: places(scope), logit: scope.tensors.logit, images, partial };
    const score = scope.bind('texture/score.wgsl', buffers);
    return {
      parts,
      partial,
      logLikelihood: (count) => [score.dispatch({ ...sizes(scope), images: count }, [count])],
    };
  },

  logits(scope, { images, out }) {
    const buffers = { places: places(scope), logit: scope.tensors.logit, images, out };
    const logits = scope.bind('texture/conditional-logits.wgsl', buffers);
    return {
      conditionalLogits: (count) => [
        logits.dispatch(
          { ...sizes(scope), images: count },
          perPixel(scope, count, logits.constant('threads')),
        ),
      ],
    };
  },

  sampler(scope, { images, indices, given, request }) {
    const count = request.indices.length;
    const sample = scope.bind('texture/sample.wgsl', {
      places: places(scope),
      logit: scope.tensors.logit,
      indices,
      images,
      given,
    });
    return {
      advance(from, to) {
        const starts = Array.from(
          { length: Math.ceil((to - from) / PIXELS_PER_DISPATCH) },
          (_, i) => from + i * PIXELS_PER_DISPATCH,
        );
        return starts.map((first_pixel) => {
          const end_pixel = Math.min(to, first_pixel + PIXELS_PER_DISPATCH);
          const params = {
            ...sizes(scope),
            images: count,
            first_pixel,
            end_pixel,
            seed: request.seed,
            key: streamKey(Stream.sample),
            temperature: request.temperature,
          };
          const groups = Math.ceil(count / sample.constant('threads'));
          return sample.dispatch(params, [groups], end_pixel - first_pixel);
        });
      },
    };
  },

  counter(scope, { images }) {
    const { grid, hyper, arena } = scope;
    const states = 2 ** (hyper.k + 1);
    const counts = arena.storage('counts', states * 4);
    const total = arena.storage('total', 4);
    const count = scope.bind('texture/count.wgsl', { places: places(scope), images, counts, total });
    return {
      add: (added) => [
        count.dispatch({ ...sizes(scope), images: added }, perPixel(scope, added, count.constant('threads'))),
      ],
      counts: { counts, total },
      finish(read) {
        const all = read.counts.slice(0, states);
        // Most pixels are off among pixels that are off: they are not counted but found by subtraction.
        all[0] = read.total[0] * pixelCount(grid) - all.reduce((sum, seen) => sum + seen, 0);
        return tableOfCounts(all, hyper);
      },
    };
  },
};

/** Rows down and columns to the right of every place, [k, 2] i32, on the device. */
function places({ arena, hyper }: ProgramScope) {
  return arena.filled('places', Int32Array.from(placesOf(hyper.k).flat()));
}

function sizes({ grid, hyper }: ProgramScope) {
  return {
    width: grid.width,
    pixels: pixelCount(grid),
    words_per_image: wordsPerImage(grid),
    k: hyper.k,
  };
}

function perPixel({ grid }: ProgramScope, count: number, threads: number): [number] {
  return [Math.ceil((count * pixelCount(grid)) / threads)];
}
