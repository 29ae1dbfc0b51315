import { pixelCount, wordsPerImage } from '../../data/images.ts';
import type { BoundKernel, Dispatch, Params } from '../../gpu/kernel.ts';
import type { ProgramScope } from '../program.ts';

/** Dispatches over the images `first` to `first + images - 1` of a batch of `batch`. */
export class Piece {
  private readonly positions: number;
  private readonly params: Params;

  constructor(
    private readonly scope: ProgramScope,
    first: number,
    readonly images: number,
    batch: number,
  ) {
    const { grid, hyper } = scope;
    this.positions = pixelCount(grid);
    this.params = {
      width: grid.width,
      height: grid.height,
      words_per_image: wordsPerImage(grid),
      images,
      first_image: first,
      batch,
      blocks: hyper.blocks,
      block: 0,
      source: 0,
      destination: 0,
      d_source: 0,
      d_destination: 0,
    };
  }

  /** A thread a position. */
  overPositions(kernel: BoundKernel, params: Params): Dispatch {
    return kernel.dispatch({ ...this.params, ...params }, [this.images * kernel.groups(this.positions)]);
  }

  /** A workgroup a tile of positions. */
  overTiles(kernel: BoundKernel, params: Params): Dispatch {
    const { width, height } = this.scope.grid;
    const tiles = kernel.groups(width, 'tile_columns') * kernel.groups(height, 'tile_rows');
    return kernel.dispatch({ ...this.params, ...params }, [this.images * tiles]);
  }

  /** Chunks of positions that gradients are summed over. */
  chunks(kernel: BoundKernel): number {
    return kernel.groups(this.images * this.positions, 'chunk_positions');
  }

  /** A workgroup a chunk of positions and a slice of the weights. */
  overChunks(kernel: BoundKernel, params: Params): Dispatch {
    const workgroups = this.chunks(kernel) * kernel.constant('slices');
    return kernel.dispatch({ ...this.params, ...params }, [workgroups]);
  }
}
