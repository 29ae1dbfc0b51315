import type { GpuBuffer } from '../../gpu/arena.ts';
import type { Dispatch } from '../../gpu/kernel.ts';
import { pixelCount } from '../../data/images.ts';
import type { ProgramScope } from '../program.ts';
import { DOWN, type Layer, layerSize, MIDDLE, QUIET, UP } from './layout.ts';

const TRANSPOSED = 'sparse-pixelcnn/transposed.wgsl';
const GATHER = 'sparse-pixelcnn/gather.wgsl';
const READOUT = 'sparse-pixelcnn/readout.wgsl';
export const WEIGHTS: readonly string[] = [TRANSPOSED, GATHER, READOUT];

type Gradients = Readonly<Record<string, GpuBuffer>>;

/** Numbers of all blocks' layers and of the quiet one, each counted by `size`. */
function numbersOf({ hyper }: Pick<ProgramScope, 'hyper'>, size: (layer: Layer) => number) {
  return { deep: hyper.blocks * (size(DOWN) + size(MIDDLE) + size(UP)), quiet: size(QUIET) };
}

/** Weights as backpropagation reads them, [outputs, inputs] without the biases: down, middle, up of all blocks, quiet. */
export function openTransposed(scope: ProgramScope): { weights: GpuBuffer; dispatch: Dispatch } {
  const { deep, quiet } = numbersOf(scope, ({ inputs, outputs }) => inputs * outputs);
  const weights = scope.arena.storage('transposed', (deep + quiet) * 4);
  const { down, middle, up, quiet_hidden } = scope.tensors;
  const kernel = scope.bind(TRANSPOSED, { down, middle, up, quiet_hidden, transposed: weights });
  const { blocks } = scope.hyper;
  return { weights, dispatch: kernel.dispatch({ blocks }, [kernel.groups(deep + quiet)]) };
}

/** Sums of weights' gradients over chunks of rows, and what adds the chunks. */
export interface ChunkSums {
  /** [chunks, parameters]: of all blocks down, middle, up. */
  readonly deep: GpuBuffer;
  readonly quiet: GpuBuffer;
  /** The mean over `batch` images; `later` pieces add to earlier ones. */
  gather(batch: number, later: boolean): Dispatch;
}

export function openChunkSums(scope: ProgramScope, gradients: Gradients, chunks: number): ChunkSums {
  const { blocks } = scope.hyper;
  const numbers = numbersOf(scope, layerSize);
  const deep = scope.arena.storage('sums', chunks * numbers.deep * 4);
  const quiet = scope.arena.storage('quiet_sums', chunks * numbers.quiet * 4);
  const kernel = scope.bind(GATHER, {
    sums: deep,
    quiet_sums: quiet,
    down_gradient: gradients.down,
    middle_gradient: gradients.middle,
    up_gradient: gradients.up,
    quiet_gradient: gradients.quiet_hidden,
  });
  const workgroups = kernel.groups(numbers.deep + numbers.quiet);
  return {
    deep,
    quiet,
    gather: (batch, later) =>
      kernel.dispatch({ blocks, chunks, batch, later: Number(later) }, [workgroups], chunks),
  };
}

/** Gradients of both nets' readout, which are those of all pixels' own together. */
export function readoutGradients(scope: ProgramScope, gradients: Gradients): Dispatch {
  const pixels = pixelCount(scope.grid);
  const kernel = scope.bind(READOUT, {
    own: gradients.readout_position,
    quiet_own: gradients.quiet_readout_position,
    gradient: gradients.readout,
    quiet_gradient: gradients.quiet_readout,
  });
  return kernel.dispatch({ pixels }, [2], pixels / kernel.constant('groups'));
}
