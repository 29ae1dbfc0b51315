import { pixelCount, wordsPerImage } from '../../data/images.ts';
import type { GpuBuffer } from '../../gpu/arena.ts';
import type { BoundKernel, Dispatch } from '../../gpu/kernel.ts';
import type { ProgramScope } from '../program.ts';
import { CHANNELS, HIDDEN, QUIET_FEATURES, QUIET_HIDDEN } from './layout.ts';
import type { Net, Piece } from './program-pieces.ts';
import { DEEP, QUIET_NET } from './program-pieces.ts';

export const FORWARD = ['begin', 'list', 'first', 'block', 'quiet', 'head'].map(
  (name) => `sparse-pixelcnn/${name}.wgsl`,
);

/** Sets of features: of every block where they are kept for backpropagation, else no more than a block reads and writes. */
function setsOf(blocks: number, kept: boolean) {
  return { stream: kept ? blocks + 1 : 1, inner: kept ? 2 * blocks : 3 };
}

/** Bytes of the features of one image, were all of its pixels active or all quiet. */
export function featureBytes({ grid, hyper }: Pick<ProgramScope, 'grid' | 'hyper'>, kept: boolean): number {
  const { stream, inner } = setsOf(hyper.blocks, kept);
  const numbers = stream * (CHANNELS + 1) + inner * HIDDEN + QUIET_HIDDEN + QUIET_FEATURES + 2;
  return pixelCount(grid) * numbers * 4;
}

/** Both nets from the pixels to the logits, over pieces of at most `size` images. */
export class Forward {
  readonly rows: GpuBuffer;
  readonly places: GpuBuffer;
  readonly stream: GpuBuffer;
  readonly inner: GpuBuffer;
  readonly scales: GpuBuffer;
  /** Of quiet pixels. */
  readonly features: GpuBuffer;
  private readonly begin: BoundKernel;
  private readonly list: BoundKernel;
  private readonly firsts: readonly {
    net: Net;
    first: BoundKernel;
    head: BoundKernel;
  }[];
  private readonly block: BoundKernel;
  private readonly quiet: BoundKernel;

  constructor(
    private readonly scope: ProgramScope,
    images: GpuBuffer,
    out: GpuBuffer,
    size: number,
    kept: boolean,
  ) {
    const { arena, grid, hyper, tensors } = scope;
    const positions = size * pixelCount(grid);
    const words = size * wordsPerImage(grid);
    const sets = setsOf(hyper.blocks, kept);
    this.rows = arena.storage('rows', positions * 4);
    this.places = arena.storage('places', (positions + 1) * 4);
    this.stream = arena.storage('stream', sets.stream * positions * CHANNELS * 4);
    this.inner = arena.storage('inner', sets.inner * positions * HIDDEN * 4);
    this.scales = arena.storage('scales', sets.stream * positions * 4);
    this.features = arena.storage('features', positions * (QUIET_HIDDEN + QUIET_FEATURES) * 4);
    const masks = arena.storage('masks', words * 4);
    const states = arena.storage('states', words * (CHANNELS + QUIET_HIDDEN) * 4);
    const { rows, places, stream, inner, scales, features } = this;
    const { down, middle, up, quiet_hidden } = tensors;
    const { absolute, quiet_absolute } = tensors;
    const fromPixels = { images, absolute, quiet_absolute, states, masks };
    this.begin = scope.bind('sparse-pixelcnn/begin.wgsl', fromPixels);
    this.list = scope.bind('sparse-pixelcnn/list.wgsl', { masks, places, rows });
    this.firsts = [DEEP, QUIET_NET].map((net) => {
      const [relative, position] = [tensors[net.relative], tensors[net.position]];
      const own = net.quiet ? features : stream;
      const sum = {
        places,
        rows,
        images,
        states,
        relative,
        absolute: tensors[net.absolute],
        position,
        out: own,
      };
      return {
        net,
        first: scope.bind('sparse-pixelcnn/first.wgsl', sum),
        head: scope.bind('sparse-pixelcnn/head.wgsl', { ...this.readout(net), bias: tensors[net.bias], out }),
      };
    });
    const net = { places, rows, down, middle, up, stream, inner, scales };
    this.block = scope.bind('sparse-pixelcnn/block.wgsl', net);
    this.quiet = scope.bind('sparse-pixelcnn/quiet.wgsl', { places, quiet_hidden, features });
  }

  /** What the kernels at a net's logits read. */
  readout(net: Net) {
    const { places, rows, scales } = this;
    const { tensors } = this.scope;
    return {
      places,
      rows,
      features: net.quiet ? this.features : this.stream,
      scales,
      readout: tensors[net.readout],
      readout_position: tensors[net.readoutPosition],
    };
  }

  /** All dispatches of a piece: 8 and one a block. */
  through(piece: Piece): Dispatch[] {
    const { blocks } = this.scope.hyper;
    const each = this.scope.constant('sparse-pixelcnn/first.wgsl', 'each');
    return [
      piece.overWords(this.begin, DEEP.quads + QUIET_NET.quads),
      piece.overImages(this.list, {}),
      ...this.firsts.map(({ net, first }) => piece.overRows(first, net, net.quads, each)),
      ...Array.from({ length: blocks + 1 }, (_, block) => piece.overTiles(this.block, { block })),
      piece.overTiles(this.quiet, QUIET_NET, this.quiet.constant('column_tiles')),
      ...this.firsts.map(({ net, head }) => piece.overRows(head, net)),
    ];
  }
}
