import { pixelCount } from '../../data/images.ts';
import type { Dispatch } from '../../gpu/kernel.ts';
import type { Program, ProgramGradient, ProgramScope } from '../program.ts';
import { pieceSize, piecesOf } from '../shared/pieces.ts';
import { CHANNELS, HIDDEN, layerSize, layersOf } from './layout.ts';
import { Piece } from './program-pieces.ts';

type GradientProgram = NonNullable<Program['gradient']>;

/**
 * The forward pass keeps the features between blocks; backpropagation recomputes the layers within a block. A batch
 * goes through in pieces of as many images as have their features in `maxBytes`, and the gradients add up.
 */
export function gradientWithin(maxBytes: number): GradientProgram {
  return (scope, io) => openGradient(scope, io, maxBytes);
}

function openGradient(
  scope: ProgramScope,
  { images, targets, capacity, gradients }: Parameters<GradientProgram>[1],
  maxBytes: number,
): ProgramGradient {
  const { arena, tensors } = scope;
  const { blocks } = scope.hyper;
  const n = pixelCount(scope.grid);
  const size = pieceSize(capacity, (blocks + 1) * n * CHANNELS * 4, maxBytes);
  const parts = Math.ceil(n / scope.constant('pixelcnn/head-back.wgsl', 'threads'));
  const partial = arena.storage('partial', parts * capacity * 4);

  const wide = size * n * CHANNELS;
  const narrow = size * n * HIDDEN;
  const stream = arena.storage('stream', (blocks + 1) * wide * 4);
  const d = arena.storage('d', 2 * wide * 4);
  const channels = arena.storage('channels', wide * 4);
  const dz = arena.storage('dz', size * n * 4);
  const hidden = arena.storage('hidden', narrow * 4);
  const mixed = arena.storage('mixed', narrow * 4);
  const d_hidden = arena.storage('d_hidden', narrow * 4);
  const d_mixed = arena.storage('d_mixed', narrow * 4);
  const layers = layersOf(blocks);
  const parameters = layers.reduce((sum, { layer, copies }) => sum + copies * layerSize(layer), 0);
  const chunks = Math.ceil((size * n) / scope.constant('pixelcnn/block-weights.wgsl', 'chunk_positions'));
  const sums = arena.storage('sums', chunks * parameters * 4);

  const { first, down, middle, up, last, logit } = tensors;
  const look = scope.bind('pixelcnn/first.wgsl', { images, first, stream });
  const block = scope.bind('pixelcnn/block.wgsl', { down, middle, up, stream });
  const turn = { targets, stream, last, logit, partial, channels, dz, d };
  const turnBack = scope.bind('pixelcnn/head-back.wgsl', turn);
  const sumHead = scope.bind('pixelcnn/head-weights.wgsl', { sums, stream, channels, dz, logit });
  const back = { down, middle, up, stream, d, hidden, mixed, d_mixed };
  const blockBack = scope.bind('pixelcnn/block-back.wgsl', back);
  const spread = scope.bind('pixelcnn/spread.wgsl', { down, middle, stream, hidden, d_mixed, d_hidden, d });
  const block_sums = { sums, stream, hidden, mixed, d, d_mixed, d_hidden };
  const sumBlock = scope.bind('pixelcnn/block-weights.wgsl', block_sums);
  const sumFirst = scope.bind('pixelcnn/first-weights.wgsl', { images, sums, d });
  let start = 0;
  const gathers = layers.map(({ name, layer, copies }) => {
    const count = copies * layerSize(layer);
    const kernel = scope.bind('pixelcnn/gather.wgsl', { sums, gradient: gradients[name] });
    start += count;
    return { kernel, count, start: start - count };
  });

  /** Where the features before block `b`, and derivatives by them, lie. */
  const source = (b: number) => (b * wide) / 4;
  const d_source = (b: number) => ((b % 2) * wide) / 4;

  function there(piece: Piece): Dispatch[] {
    return [
      piece.overPositions(look, { destination: source(0) }),
      ...Array.from({ length: blocks }, (_, b) =>
        piece.overTiles(block, { block: b, source: source(b), destination: source(b + 1) }),
      ),
    ];
  }

  function andBack(piece: Piece): Dispatch[] {
    const behind = { source: source(blocks), d_destination: d_source(blocks) };
    const dispatches = [piece.overPositions(turnBack, behind), piece.overChunks(sumHead, behind)];
    for (let b = blocks - 1; b >= 0; b--) {
      const params = {
        block: b,
        source: source(b),
        d_source: d_source(b + 1),
        d_destination: d_source(b),
      };
      dispatches.push(
        piece.overTiles(blockBack, params),
        piece.overPositions(spread, params),
        piece.overChunks(sumBlock, params),
      );
    }
    return [...dispatches, piece.overChunks(sumFirst, { d_source: d_source(0) })];
  }

  function gather(piece: Piece, count: number, add: boolean): Dispatch[] {
    return gathers.map(({ kernel, count: own, start: at }) =>
      kernel.dispatch(
        {
          count: own,
          start: at,
          parameters,
          chunks: piece.chunks(sumBlock),
          add: Number(add),
          scale: 1 / count,
        },
        [kernel.groups(own)],
        piece.chunks(sumBlock),
      ),
    );
  }

  return {
    parts,
    partial,
    gradient: (count) =>
      piecesOf(count, size).flatMap(({ first: at, images: together }) => {
        const piece = new Piece(scope, at, together, count);
        return [...there(piece), ...andBack(piece), ...gather(piece, count, at > 0)];
      }),
  };
}
