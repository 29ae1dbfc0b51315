import { pixelCount, wordsPerImage } from '../../data/images.ts';
import { Stream, streamKey } from '../../data/rng.ts';
import { logit } from '../math.ts';
import type { Program, ProgramScope } from '../program.ts';
import type { Tensors } from '../types.ts';
import { parentsOf, tableStarts } from './parents.ts';
import { smoothedMean } from './reference.ts';

/** Pixels that one dispatch of the sampler decides at most: bounds the time of a single workgroup. */
const PIXELS_PER_DISPATCH = 128;

/** Bayesian networks as dispatches: one thread looks up one pixel of one image. */
export const program: Program = {
  kernels: [
    'bayes-net/score.wgsl',
    'bayes-net/conditional-logits.wgsl',
    'bayes-net/sample.wgsl',
    'bayes-net/count.wgsl',
  ],

  evaluator(scope, { images, capacity }) {
    const parts = scope.constant('bayes-net/score.wgsl', 'parts');
    const partial = scope.arena.storage('partial', parts * capacity * 4);
    const buffers = { ...network(scope), logit: scope.tensors.logit, images, partial };
    const score = scope.bind('bayes-net/score.wgsl', buffers);
    return {
      parts,
      partial,
      logLikelihood: (count) => [score.dispatch({ ...sizes(scope), images: count }, [count])],
    };
  },

  logits(scope, { images, out }) {
    const buffers = { ...network(scope), logit: scope.tensors.logit, images, out };
    const logits = scope.bind('bayes-net/conditional-logits.wgsl', buffers);
    return {
      conditionalLogits: (count) => [
        logits.dispatch({ ...sizes(scope), images: count }, [
          perPixel(scope, count, logits.constant('threads')),
        ]),
      ],
    };
  },

  sampler(scope, { images, request }) {
    const sample = scope.bind('bayes-net/sample.wgsl', {
      ...network(scope),
      logit: scope.tensors.logit,
      images,
    });
    return {
      advance(from, to) {
        const starts = Array.from(
          { length: Math.ceil((to - from) / PIXELS_PER_DISPATCH) },
          (_, i) => from + i * PIXELS_PER_DISPATCH,
        );
        return starts.map((at) => {
          const end = Math.min(to, at + PIXELS_PER_DISPATCH);
          const params = {
            ...sizes(scope),
            images: request.count,
            first_pixel: at,
            end_pixel: end,
            seed: request.seed,
            key: streamKey(Stream.sample),
            first_image: request.first,
            temperature: request.temperature,
          };
          return sample.dispatch(params, [Math.ceil(request.count / sample.constant('threads'))], end - at);
        });
      },
    };
  },

  counter(scope, { images }) {
    const starts = tableStarts(parentsOf(scope.family, scope.grid, scope.hyper));
    const entries = starts[starts.length - 1];
    const seen = scope.arena.storage('seen', entries * 4);
    const on = scope.arena.storage('on', entries * 4);
    const count = scope.bind('bayes-net/count.wgsl', { ...network(scope), images, seen, on });
    return {
      add: (added) => [
        count.dispatch({ ...sizes(scope), images: added }, [
          perPixel(scope, added, count.constant('threads')),
        ]),
      ],
      counts: { seen, on },
      finish: (counts) => smooth(starts, counts.seen, counts.on, scope),
    };
  },
};

/** The parents lists and tables' starts on the device. */
function network(scope: ProgramScope) {
  const parents = parentsOf(scope.family, scope.grid, scope.hyper);
  const starts = new Uint32Array(parents.length + 1);
  parents.forEach((list, pixel) => (starts[pixel + 1] = starts[pixel] + list.length));
  return {
    parent_start: scope.arena.filled('parent_start', starts),
    parents: scope.arena.filled('parents', Uint32Array.from(parents.flat())),
    table_start: scope.arena.filled('table_start', tableStarts(parents)),
  };
}

function sizes({ grid }: ProgramScope) {
  return { pixels: pixelCount(grid), words_per_image: wordsPerImage(grid) };
}

function perPixel({ grid }: ProgramScope, count: number, threads: number): number {
  return Math.ceil((count * pixelCount(grid)) / threads);
}

/** The formula of countTables in reference.ts, on counts instead of images. */
function smooth(starts: Uint32Array, seen: Uint32Array, on: Uint32Array, { hyper }: ProgramScope): Tensors {
  const table = new Float32Array(seen.length);
  for (let i = 0; i + 1 < starts.length; i++) {
    let images = 0;
    let ons = 0;
    for (let entry = starts[i]; entry < starts[i + 1]; entry++) {
      images += seen[entry];
      ons += on[entry];
    }
    const prior = hyper.prior ? smoothedMean(ons, images, 1, 0.5) : 0.5;
    for (let entry = starts[i]; entry < starts[i + 1]; entry++) {
      table[entry] = logit(smoothedMean(on[entry], seen[entry], hyper.strength, prior));
    }
  }
  return { logit: table };
}
