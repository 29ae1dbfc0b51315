import { wordsPerImage } from '../../data/images.ts';
import type { BoundKernel, Dispatch, Params } from '../../gpu/kernel.ts';
import type { ProgramScope } from '../program.ts';

/** Positions of a thread: `stack` of shaders/pixelcnn/lib/stacks.wgsl. */
const STACK = 4;

/** Threads that an image takes. */
export function stacksOfImage({ grid: { width, height } }: Pick<ProgramScope, 'grid'>): number {
  return width * Math.ceil(height / STACK);
}

/** Dispatches over the images `first` to `first + images - 1` of a batch of `batch`, with features in planes of `plane` vectors. */
export class Piece {
  private readonly stacks: number;
  private readonly images: number;
  private readonly params: Params;

  constructor(
    private readonly scope: ProgramScope,
    { first, images }: { readonly first: number; readonly images: number },
    batch: number,
    plane: number,
  ) {
    const { grid, hyper } = scope;
    this.stacks = stacksOfImage(scope);
    this.images = images;
    this.params = {
      width: grid.width,
      height: grid.height,
      words_per_image: wordsPerImage(grid),
      images,
      first_image: first,
      batch,
      blocks: hyper.blocks,
      block: 0,
      plane,
      source: 0,
      destination: 0,
      hidden: 0,
      next_hidden: 0,
      keeps_mixed: 0,
      d_source: 0,
      d_destination: 0,
      d_mixed: 0,
      next_d_mixed: 0,
    };
  }

  /** A thread a stack of positions. */
  overStacks(kernel: BoundKernel, params: Params): Dispatch {
    return this.dispatch(kernel, params, kernel.groups(this.images * this.stacks));
  }

  /** The same in workgroups that belong to one image each. */
  overParts(kernel: BoundKernel, params: Params): Dispatch {
    return this.dispatch(kernel, params, this.images * kernel.groups(this.stacks));
  }

  /** Chunks of positions, margins included, that gradients are summed over. */
  chunks(kernel: BoundKernel): number {
    const { width, height } = this.scope.grid;
    return kernel.groups(this.images * (height + 1) * (width + 1), 'chunk_positions');
  }

  /** A workgroup a chunk of positions and a slice of the weights. */
  overChunks(kernel: BoundKernel, params: Params): Dispatch {
    return this.dispatch(kernel, params, this.chunks(kernel) * kernel.constant('slices'));
  }

  private dispatch(kernel: BoundKernel, params: Params, workgroups: number): Dispatch {
    return kernel.dispatch({ ...this.params, ...params }, [workgroups]);
  }
}
