import { pixelCount } from '../../data/images.ts';
import type { Program } from '../program.ts';
import { inSteps } from '../program-params.ts';

/** Bounds the time of a single workgroup: an iteration of first firing costs one row of weights. */
const ITERATIONS_PER_DISPATCH = 32;

export const samplingKernels = ['fvsbn/ancestral.wgsl', 'fvsbn/first-firing-iterations.wgsl'] as const;

export const plainSampler: NonNullable<Program['plainSampler']> = (scope, { images, indices, request }) => {
  const count = request.indices.length;
  const state = scope.arena.storage('state', count * pixelCount(scope.grid) * 4);
  const { bias, weight } = scope.tensors;
  const decide = scope.bind('fvsbn/ancestral.wgsl', { bias, weight, state, indices, images });
  return { advance: inSteps(scope, request, decide) };
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
  const jump = scope.bind('fvsbn/first-firing-iterations.wgsl', buffers);
  const iterate = inSteps(scope, request, jump, { most: ITERATIONS_PER_DISPATCH });
  return { advance: (iterations, done) => iterate(done, done + iterations) };
};
