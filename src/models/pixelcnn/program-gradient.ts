import type { Dispatch } from '../../gpu/kernel.ts';
import type { Program, ProgramGradient, ProgramScope } from '../program.ts';
import { pieceSize, piecesOf } from '../shared/pieces.ts';
import { CHANNELS, HIDDEN, layerSize, layersOf, planeSize } from './layout.ts';
import { Piece, stacksOfImage } from './program-pieces.ts';

type GradientProgram = NonNullable<Program['gradient']>;

/**
 * The forward pass keeps all features. A batch goes through in pieces of as many images as have those between blocks in
 * `maxBytes`, and the gradients add up.
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
  const size = pieceSize(capacity, (blocks + 1) * planeSize(scope.grid, 1) * CHANNELS * 4, maxBytes);
  const parts = Math.ceil(stacksOfImage(scope) / scope.constant('pixelcnn/head-back.wgsl', 'threads'));
  const partial = arena.storage('partial', parts * capacity * 4);

  const plane = planeSize(scope.grid, size);
  const wide = plane * CHANNELS * 4;
  const narrow = plane * HIDDEN * 4;
  const stream = arena.storage('stream', (blocks + 1) * wide);
  const inside = arena.storage('inside', blocks * 2 * narrow);
  const d = arena.storage('d', 2 * wide);
  const d_inside = arena.storage('d_inside', 3 * narrow);
  const channels = arena.storage('channels', wide);
  const dz = arena.storage('dz', plane * 4);
  const layers = layersOf(blocks);
  const parameters = layers.reduce((sum, { layer, copies }) => sum + copies * layerSize(layer), 0);
  const chunks = Math.ceil(plane / scope.constant('pixelcnn/block-weights.wgsl', 'chunk_positions'));
  const sums = arena.storage('sums', chunks * parameters * 4);

  const { first, down, middle, up, last, logit } = tensors;
  const look = scope.bind('pixelcnn/first.wgsl', { images, first, down, stream, inside });
  const block = scope.bind('pixelcnn/block.wgsl', { down, middle, up, stream, inside });
  const turn = { targets, stream, last, logit, partial, channels, dz, d };
  const turnBack = scope.bind('pixelcnn/head-back.wgsl', turn);
  const sumHead = scope.bind('pixelcnn/head-weights.wgsl', { sums, stream, channels, dz, logit });
  const upBack = scope.bind('pixelcnn/up-back.wgsl', { up, inside, d, d_inside });
  const back = { down, middle, up, stream, inside, d, d_inside };
  const blockBack = scope.bind('pixelcnn/block-back.wgsl', back);
  const sumBlock = scope.bind('pixelcnn/block-weights.wgsl', { sums, stream, inside, d, d_inside });
  const sumFirst = scope.bind('pixelcnn/first-weights.wgsl', { images, sums, d });
  let start = 0;
  const gathers = layers.map(({ name, layer, copies }) => {
    const count = copies * layerSize(layer);
    const kernel = scope.bind('pixelcnn/gather.wgsl', { sums, gradient: gradients[name] });
    start += count;
    return { kernel, count, start: start - count };
  });

  // Where sets of features begin, in planes of 4 channels.
  /** The stream before block `b`. */
  const source = (b: number) => (b * CHANNELS) / 4;
  /** Inside block `b`. */
  const hidden = (b: number) => (b * 2 * HIDDEN) / 4;
  /** Derivatives by `source(b)`. */
  const d_source = (b: number) => ((b % 2) * CHANNELS) / 4;
  /** Derivatives by the output of the convolution in block `b`. */
  const d_mixed = (b: number) => ((b % 2) * HIDDEN) / 4;

  function there(piece: Piece): Dispatch[] {
    return [
      piece.overStacks(look, { destination: source(0), next_hidden: hidden(0) }),
      ...Array.from({ length: blocks }, (_, b) =>
        piece.overStacks(block, {
          block: b,
          source: source(b),
          destination: source(b + 1),
          hidden: hidden(b),
          next_hidden: hidden(b + 1),
          keeps_mixed: 1,
        }),
      ),
    ];
  }

  function andBack(piece: Piece): Dispatch[] {
    const behind = { source: source(blocks), d_destination: d_source(blocks) };
    const inLast = { next_hidden: hidden(blocks - 1), next_d_mixed: d_mixed(blocks - 1) };
    const dispatches = [
      piece.overParts(turnBack, behind),
      piece.overChunks(sumHead, behind),
      piece.overStacks(upBack, { ...behind, ...inLast }),
    ];
    for (let b = blocks - 1; b >= 0; b--) {
      const params = {
        block: b,
        source: source(b),
        hidden: hidden(b),
        next_hidden: b > 0 ? hidden(b - 1) : 0,
        d_source: d_source(b + 1),
        d_destination: d_source(b),
        d_mixed: d_mixed(b),
        next_d_mixed: d_mixed(b + 1),
      };
      dispatches.push(piece.overStacks(blockBack, params), piece.overChunks(sumBlock, params));
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
      piecesOf(count, size).flatMap((together) => {
        const piece = new Piece(scope, together, count, plane);
        return [...there(piece), ...andBack(piece), ...gather(piece, count, together.first > 0)];
      }),
  };
}
