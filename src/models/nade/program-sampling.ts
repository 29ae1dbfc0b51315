import type { GpuBuffer } from '../../gpu/arena.ts';
import type { BoundKernel, Dispatch } from '../../gpu/kernel.ts';
import { pixelCount } from '../../data/images.ts';
import type { Program, ProgramScope } from '../program.ts';
import { inSteps, type Steps } from '../program-params.ts';
import type { SampleRequest } from '../sampling.ts';
import { chunksOf, PACK_ROWS, packRows, padded } from '../program-weights.ts';

/**
 * Bounds the time of a single workgroup. An iteration of first firing reads the outputs up to the next pixel that turns on; eight
 * may read all of them, about as much as three dispatches of pixels.
 */
const ITERATIONS_PER_DISPATCH = 8;

const SAMPLE = 'nade/sample.wgsl';
export const samplingKernels = [
  'nade/ancestral.wgsl',
  'nade/first-firing-iterations.wgsl',
  PACK_ROWS,
] as const;
export const sampler: NonNullable<Program['sampler']> = (scope, { images, indices, given, request }) => {
  const { arena, uploaded } = scope;
  const rows = rowsOf(scope);
  const hidden_bias = arena.filled('hidden_bias', padded(uploaded.hidden_bias));
  const state = arena.storage('state', request.indices.length * hidden_bias.bytes);
  const sample = scope.bind(SAMPLE, { ...rows.buffers, hidden_bias, state, indices, images, given });
  return { advance: rows.inSteps(request, sample, { most: scope.constant(SAMPLE, 'most_places') }) };
};

export const plainSampler: NonNullable<Program['plainSampler']> = (scope, { images, indices, request }) => {
  const rows = rowsOf(scope);
  const state = statesOf(scope, request.indices.length);
  const decide = scope.bind('nade/ancestral.wgsl', { ...rows.buffers, state, indices, images });
  return { advance: rows.inSteps(request, decide) };
};

export const firstFiring: NonNullable<Program['firstFiring']> = (
  scope,
  { images, indices, finished, request },
) => {
  const count = request.indices.length;
  const cursors = scope.arena.storage('cursors', count * 4);
  const state = statesOf(scope, count);
  const rows = rowsOf(scope);
  const buffers = { ...rows.buffers, state, indices, cursors, images, finished };
  const jump = scope.bind('nade/first-firing-iterations.wgsl', buffers);
  const iterate = rows.inSteps(request, jump, { most: ITERATIONS_PER_DISPATCH });
  return { advance: (iterations, done) => iterate(done, done + iterations) };
};

/** The inputs of the hidden units of blank images, [count, 8 chunks]. */
function statesOf({ arena, uploaded }: ProgramScope, count: number): GpuBuffer {
  const own = padded(uploaded.hidden_bias);
  const states = new Float32Array(count * own.length);
  for (let m = 0; m < count; m++) states.set(own, m * own.length);
  return arena.filled('state', states);
}

/** The weights that samplers read, and dispatches whose first ones pack them. */
function rowsOf(scope: ProgramScope) {
  const { tensors, grid, hyper } = scope;
  const chunks = chunksOf(hyper.hidden);
  const input = packRows(scope, tensors.input, pixelCount(grid), hyper.hidden);
  const output = packRows(scope, tensors.output, pixelCount(grid), hyper.hidden);
  return {
    buffers: { bias: tensors.bias, input: input.packed, output: output.packed },
    inSteps(request: SampleRequest, kernel: BoundKernel, steps: Steps = {}) {
      const decide = inSteps(scope, request, kernel, { own: { chunks }, ...steps });
      return (from: number, to: number): Dispatch[] => [
        ...(from === 0 && to > 0 ? [...input.write, ...output.write] : []),
        ...decide(from, to),
      ];
    },
  };
}
