import { pixelCount, wordsPerImage } from '../../../../src/data/images.ts';
import { Stream, streamKey } from '../../../../src/data/rng.ts';
import type { Program, ProgramScope } from '../../../../src/models/program.ts';
import { smoothed } from './reference.ts';

const THREADS = 64;

function sizes({ grid }: ProgramScope, images: number) {
  return { pixels: pixelCount(grid), width: grid.width, words_per_image: wordsPerImage(grid), images };
}

/** One thread per image in every kernel. */
function workgroups(images: number): [number] {
  return [Math.ceil(images / THREADS)];
}

export const program: Program = {
  kernels: ['column/score.wgsl', 'column/logits.wgsl', 'column/sample.wgsl', 'column/count.wgsl'],

  evaluator(scope, { images, capacity }) {
    const partial = scope.arena.storage('partial', capacity * 4);
    const score = scope.bind('column/score.wgsl', { logit: scope.tensors.logit, images, partial });
    return {
      parts: 1,
      partial,
      logLikelihood: (count) => [score.dispatch(sizes(scope, count), workgroups(count))],
    };
  },

  logits(scope, { out }) {
    const logits = scope.bind('column/logits.wgsl', { logit: scope.tensors.logit, out });
    return { conditionalLogits: (count) => [logits.dispatch(sizes(scope, count), workgroups(count))] };
  },

  sampler(scope, { images, indices, request }) {
    const sample = scope.bind('column/sample.wgsl', { logit: scope.tensors.logit, indices, images });
    const count = request.indices.length;
    const { seed, temperature } = request;
    return {
      advance: (from, to) => [
        sample.dispatch(
          {
            ...sizes(scope, count),
            first_pixel: from,
            end_pixel: to,
            seed,
            key: streamKey(Stream.sample),
            temperature,
          },
          workgroups(count),
        ),
      ],
    };
  },

  counter(scope, { images }) {
    const on = scope.arena.storage('on', (scope.grid.width + 1) * 4);
    const count = scope.bind('column/count.wgsl', { images, on });
    return {
      add: (added) => [count.dispatch(sizes(scope, added), workgroups(added))],
      counts: { on },
      finish(counts) {
        const { width, height } = scope.grid;
        const seen = counts.on[width] * height;
        const logit = Float32Array.from(counts.on.subarray(0, width), (ons) =>
          smoothed(ons, seen, scope.hyper.faith),
        );
        return { logit };
      },
    };
  },
};
