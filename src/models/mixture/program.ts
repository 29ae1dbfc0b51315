import { pixelCount, wordsPerImage } from '../../data/images.ts';
import type { Program, ProgramScope } from '../program.ts';
import { batchParams, inSteps } from '../program-params.ts';
import { overImages } from '../program-components.ts';
import { drawComponents } from '../shared/components.ts';
import { VECTOR } from '../shared/integer-nats.ts';
import { fixedPoint, type FixedPoint } from './integer-nats.ts';
import { mStep } from './statistics.ts';

/** The mixture as dispatches: sums over on-pixels in fixed point, responsibilities, and a product of bits with those. */
export const program: Program = {
  kernels: [
    'mixture/score.wgsl',
    'mixture/conditional-logits.wgsl',
    'mixture/sample.wgsl',
    'mixture/responsibilities.wgsl',
    'mixture/statistics.wgsl',
  ],

  evaluator(scope, { images, capacity }) {
    const fixed = fixedPoint(scope.uploaded);
    const parts = scope.constant('mixture/score.wgsl', 'parts');
    const partial = scope.arena.storage('partial', parts * capacity * 4);
    const score = scope.bind('mixture/score.wgsl', { images, ...joint(scope, fixed), partial });
    return { parts, partial, logLikelihood: (count) => [overImages(scope, score, fixed, count)] };
  },

  logits(scope, { images, out }) {
    const { scale, vectors, rows, off, before } = fixedPoint(scope.uploaded);
    const logits = scope.bind('mixture/conditional-logits.wgsl', {
      images,
      rows: scope.arena.filled('reading_rows', rows),
      off: scope.arena.filled('reading_off', off),
      before: scope.arena.filled('reading_before', before),
      out,
    });
    const words_per_image = wordsPerImage(scope.grid);
    const params = {
      pixels: pixelCount(scope.grid),
      words_per_image,
      components: scope.uploaded.weight.length,
      vectors,
      unit: 1 / scale,
    };
    return { conditionalLogits: (count) => [logits.dispatch(params, [count * words_per_image])] };
  },

  sampler(scope, { images, indices, given, request }) {
    const { weight } = scope.uploaded;
    const component = scope.arena.filled('component', drawComponents(weight, request));
    const sample = scope.bind('mixture/sample.wgsl', {
      logit: scope.tensors.logit,
      component,
      indices,
      images,
      given,
    });
    return {
      advance: inSteps(scope, request, sample, {
        own: { components: weight.length },
        groups: sample.groups(request.indices.length * wordsPerImage(scope.grid)),
        // A thread decides its own word's pixels, however many places there are.
        most: pixelCount(scope.grid),
      }),
    };
  },

  emIteration(scope, { images, capacity }) {
    const fixed = fixedPoint(scope.uploaded);
    const { vectors } = fixed;
    const pixels = pixelCount(scope.grid);
    const words_per_image = wordsPerImage(scope.grid);
    const parts = scope.constant('mixture/responsibilities.wgsl', 'parts');
    const partial = scope.arena.storage('partial', parts * capacity * 4);
    const responsibility = scope.arena.storage('responsibility', capacity * vectors * VECTOR * 4);
    const statistics = scope.arena.storage('statistics', (pixels + 1) * vectors * VECTOR * 4);
    const respond = scope.bind('mixture/responsibilities.wgsl', {
      images,
      ...joint(scope, fixed),
      partial,
      responsibility,
    });
    const add = scope.bind('mixture/statistics.wgsl', { images, responsibility, statistics });
    const tiles = (words_per_image + 1) * add.groups(vectors, 'tile_vectors');
    let seen = 0;
    return {
      parts,
      partial,
      add(count) {
        seen += count;
        const params = { ...batchParams(scope, count), vectors };
        return [
          overImages(scope, respond, fixed, count),
          add.dispatch(params, [tiles], Math.max(1, Math.ceil(count / 32))),
        ];
      },
      statistics: { statistics },
      finish(read) {
        const K = scope.uploaded.weight.length;
        const padded = vectors * VECTOR;
        const rowOf = (row: number) => read.statistics.subarray(row * padded, row * padded + K);
        const on = new Float32Array(pixels * K);
        for (let i = 0; i < pixels; i++) on.set(rowOf(i), i * K);
        return mStep(rowOf(pixels), on, seen, scope.hyper.strength);
      },
    };
  },
};

/** What log p(x, k) is the sum of. */
function joint({ arena }: ProgramScope, { rows, blank }: FixedPoint) {
  return { rows: arena.filled('rows', rows), blank: arena.filled('blank', blank) };
}
