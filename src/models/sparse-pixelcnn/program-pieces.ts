import { pixelCount, wordsPerImage } from '../../data/images.ts';
import type { BoundKernel, Dispatch, Params } from '../../gpu/kernel.ts';
import type { ProgramScope } from '../program.ts';
import { CHANNELS, type Name, QUIET_HIDDEN } from './layout.ts';

/** One of the two nets as the kernels of both know it. */
export interface Net {
  readonly quiet: 0 | 1;
  /** Vectors of 4 channels behind the first layer. */
  readonly quads: number;
  readonly relative: Name;
  readonly absolute: Name;
  readonly position: Name;
  readonly readout: Name;
  readonly readoutPosition: Name;
  readonly bias: Name;
}

export const DEEP: Net = {
  quiet: 0,
  quads: CHANNELS / 4,
  relative: 'relative',
  absolute: 'absolute',
  position: 'position',
  readout: 'readout',
  readoutPosition: 'readout_position',
  bias: 'bias',
};

export const QUIET_NET: Net = {
  quiet: 1,
  quads: QUIET_HIDDEN / 4,
  relative: 'quiet_relative',
  absolute: 'quiet_absolute',
  position: 'quiet_position',
  readout: 'quiet_readout',
  readoutPosition: 'quiet_readout_position',
  bias: 'quiet_bias',
};

/** How many rows belong to which net is known on the device alone: every dispatch has room for as many as there are pixels. */
export interface PieceShape {
  /** Images of this piece, from image `first` of the batch on. */
  readonly images: number;
  readonly first: number;
  /** Images of all pieces. */
  readonly batch: number;
  /** Whether the features of all blocks are kept. */
  readonly kept: boolean;
  /** Number in the heads' `out` of the first image. */
  readonly firstOut: number;
}

/** Dispatches over one piece of a batch: shaders/sparse-pixelcnn/lib/net.wgsl. */
export class Piece {
  private readonly pixels: number;
  private readonly words: number;
  private readonly params: Params;

  constructor(
    scope: ProgramScope,
    readonly shape: PieceShape,
  ) {
    const { grid, hyper } = scope;
    this.pixels = pixelCount(grid);
    this.words = wordsPerImage(grid);
    this.params = {
      width: grid.width,
      height: grid.height,
      words_per_image: this.words,
      images: shape.images,
      first_image: shape.first,
      batch: shape.batch,
      first_out: shape.firstOut,
      blocks: hyper.blocks,
      block: 0,
      kept: Number(shape.kept),
      quiet: 0,
    };
  }

  /** `workgroups` of them, for a kernel of one net or of a block. */
  over(kernel: BoundKernel, workgroups: number, { quiet = 0, block = 0 }, work = 1): Dispatch {
    return kernel.dispatch({ ...this.params, quiet, block }, [workgroups], work);
  }

  /** A thread a word of an image, and `more` threads an image. */
  overWords(kernel: BoundKernel, more: number): Dispatch {
    return this.over(kernel, kernel.groups(this.shape.images * (this.words + more)), {}, this.words);
  }

  /** A workgroup an image, for each of `times`. */
  overImages(kernel: BoundKernel, own: { quiet?: number }, times = 1): Dispatch {
    return this.over(kernel, this.shape.images * times, own);
  }

  /** A workgroup a pixel, for each of `times`. */
  overPixels(kernel: BoundKernel, own: { quiet?: number }, times = 1): Dispatch {
    return this.over(kernel, this.pixels * times, own, this.shape.images);
  }

  /** `threads` of them a row. */
  overRows(kernel: BoundKernel, own: { quiet?: number }, threads = 1, each = 1): Dispatch {
    return this.over(
      kernel,
      Math.ceil((this.positions * threads) / (kernel.constant('threads') * each)),
      own,
    );
  }

  /** A workgroup a tile of rows, for each of `times`. */
  overTiles(kernel: BoundKernel, own: { quiet?: number; block?: number }, times = 1): Dispatch {
    return this.over(kernel, kernel.groups(this.positions, 'tile_rows') * times, own);
  }

  private get positions(): number {
    return this.shape.images * this.pixels;
  }
}
