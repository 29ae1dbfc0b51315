import type { GpuBuffer } from '../../gpu/arena.ts';
import type { Program, ProgramScope } from '../program.ts';
import { inSteps } from '../program-params.ts';

/**
 * Bounds the time of a single workgroup. An iteration of first firing reads the outputs up to the next pixel that turns on; eight
 * may read all of them, about as much as three dispatches of pixels.
 */
const ITERATIONS_PER_DISPATCH = 8;

export const samplingKernels = ['nade/ancestral.wgsl', 'nade/first-firing-iterations.wgsl'] as const;

export const plainSampler: NonNullable<Program['plainSampler']> = (scope, { images, indices, request }) => {
  const count = request.indices.length;
  const buffers = { ...weights(scope), state: statesOf(scope, count), indices, images };
  const decide = scope.bind('nade/ancestral.wgsl', buffers);
  const { hidden } = scope.hyper;
  return { advance: inSteps(scope, request, decide, { own: { hidden } }) };
};

export const firstFiring: NonNullable<Program['firstFiring']> = (
  scope,
  { images, indices, finished, request },
) => {
  const count = request.indices.length;
  const cursors = scope.arena.storage('cursors', count * 4);
  const state = statesOf(scope, count);
  const buffers = { ...weights(scope), state, indices, cursors, images, finished };
  const jump = scope.bind('nade/first-firing-iterations.wgsl', buffers);
  const { hidden } = scope.hyper;
  const iterate = inSteps(scope, request, jump, { own: { hidden }, most: ITERATIONS_PER_DISPATCH });
  return { advance: (iterations, done) => iterate(done, done + iterations) };
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
