import type { GpuBuffer } from '../../gpu/arena.ts';
import type { BoundKernel, Dispatch } from '../../gpu/kernel.ts';
import type { ProgramScope } from '../program.ts';
import { BIAS_GRADIENT, biasGradient } from '../program-params.ts';
import { CHANNELS, DOWN, type Layer, layerSize, MIDDLE, type Name, QUIET, UP } from './layout.ts';

export const TRANSPOSE = 'sparse-pixelcnn/transpose.wgsl';

/** The three layers of a block, in the order in which they lie in buffers that hold all. */
const LAYERS: readonly { readonly name: Name; readonly layer: Layer }[] = [
  { name: 'down', layer: DOWN },
  { name: 'middle', layer: MIDDLE },
  { name: 'up', layer: UP },
];

/** Weights as backpropagation reads them, [outputs, inputs] without the biases; `dispatches` write them anew. */
export interface Transposed {
  /** Of all blocks: down, middle, up. */
  readonly deep: GpuBuffer;
  readonly quiet: GpuBuffer;
  readonly dispatches: Dispatch[];
}

export function openTransposed(scope: ProgramScope): Transposed {
  const { arena, tensors, hyper } = scope;
  const weights = ({ inputs, outputs }: Layer) => inputs * outputs;
  const dispatches: Dispatch[] = [];
  const write = (name: Name, layer: Layer, out: GpuBuffer, copies: number, start: number): void => {
    const kernel = scope.bind(TRANSPOSE, { values: tensors[name], out });
    const params = { copies, rows: layer.inputs, columns: layer.outputs, stride: layerSize(layer), start };
    dispatches.push(kernel.dispatch(params, [kernel.groups(copies * weights(layer))]));
  };
  const quiet = arena.storage('quiet_transposed', weights(QUIET) * 4);
  write('quiet_hidden', QUIET, quiet, 1, 0);
  const numbers = LAYERS.reduce((sum, { layer }) => sum + weights(layer), 0);
  const deep = arena.storage('transposed', hyper.blocks * numbers * 4);
  let start = 0;
  for (const { name, layer } of LAYERS) {
    write(name, layer, deep, hyper.blocks, start);
    start += hyper.blocks * weights(layer);
  }
  return { deep, quiet, dispatches };
}

/** Sums of weights' gradients over chunks of rows, and what adds the chunks. */
export interface ChunkSums {
  /** [chunks, parameters]: of all blocks down, middle, up. */
  readonly deep: GpuBuffer;
  readonly quiet: GpuBuffer;
  /** The mean over `batch` images; `later` pieces add to earlier ones. */
  gather(batch: number, later: boolean): Dispatch[];
}

export function openChunkSums(
  scope: ProgramScope,
  gradients: Readonly<Record<string, GpuBuffer>>,
  chunks: number,
): ChunkSums {
  const { blocks } = scope.hyper;
  const parameters = LAYERS.reduce((sum, { layer }) => sum + blocks * layerSize(layer), 0);
  const deep = scope.arena.storage('sums', chunks * parameters * 4);
  const quiet = scope.arena.storage('quiet_sums', chunks * layerSize(QUIET) * 4);
  const ofQuiet = { values: quiet, gradient: gradients.quiet_hidden };
  const parts = [
    {
      kernel: scope.bind(BIAS_GRADIENT, ofQuiet),
      length: layerSize(QUIET),
      start: 0,
      stride: layerSize(QUIET),
    },
  ];
  let start = 0;
  for (const { name, layer } of LAYERS) {
    const kernel = scope.bind(BIAS_GRADIENT, { values: deep, gradient: gradients[name] });
    parts.push({ kernel, length: blocks * layerSize(layer), start, stride: parameters });
    start += blocks * layerSize(layer);
  }
  return {
    deep,
    quiet,
    gather: (batch, later) =>
      parts.map(({ kernel, length, start: from, stride }) =>
        biasGradient(kernel, length, chunks, { start: from, stride, divisor: batch, later }),
      ),
  };
}

/**
 * The readout's gradient, which is that of all pixels' own together: [n, 64] added up along the rows of the grid, then along
 * its columns.
 */
export function readoutGradient(scope: ProgramScope, own: GpuBuffer, gradient: GpuBuffer): Dispatch[] {
  const { width, height } = scope.grid;
  const columns = scope.arena.storage('columns', width * CHANNELS * 4);
  const add = (values: GpuBuffer, out: GpuBuffer, length: number, rows: number): Dispatch => {
    const kernel: BoundKernel = scope.bind(BIAS_GRADIENT, { values, gradient: out });
    return biasGradient(kernel, length, rows, { divisor: 1 });
  };
  return [add(own, columns, width * CHANNELS, height), add(columns, gradient, CHANNELS, width)];
}
