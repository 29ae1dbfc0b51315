import { pixelCount } from '../../data/images.ts';
import type { GpuBuffer } from '../../gpu/arena.ts';
import type { BoundKernel, Dispatch } from '../../gpu/kernel.ts';
import type { Program, ProgramGradient, ProgramScope } from '../program.ts';
import { pieceSize, piecesOf } from '../shared/pieces.ts';
import { CHANNELS, HIDDEN, QUIET_FEATURES, QUIET_HIDDEN } from './layout.ts';
import { featureBytes, FORWARD, Forward } from './program-forward.ts';
import { Likelihood, LIKELIHOOD } from './program-likelihood.ts';
import { DEEP, type Net, Piece, QUIET_NET } from './program-pieces.ts';
import { openChunkSums, openTransposed, readoutGradients, WEIGHTS } from './program-weights.ts';

type GradientProgram = NonNullable<Program['gradient']>;

const pathOf = (name: string) => `sparse-pixelcnn/${name}.wgsl`;
const [HEAD_BACK, BLOCK_BACK, QUIET_BACK] = ['head-back', 'block-back', 'quiet-back'].map(pathOf);
const [BLOCK_WEIGHTS, QUIET_WEIGHTS] = ['block-weights', 'quiet-weights'].map(pathOf);
const [PIXELS, WINDOW, SUFFIX, ABSOLUTE] = ['pixels', 'window', 'suffix', 'absolute'].map(pathOf);

export const GRADIENT: readonly string[] = [
  ...FORWARD,
  LIKELIHOOD,
  ...WEIGHTS,
  HEAD_BACK,
  BLOCK_BACK,
  QUIET_BACK,
  BLOCK_WEIGHTS,
  QUIET_WEIGHTS,
  PIXELS,
  WINDOW,
  SUFFIX,
  ABSOLUTE,
];

/** Derivatives of one pixel: by the stream in turn, by the layers inside blocks, by those of a quiet pixel. */
const DERIVATIVES = { d: 2 * CHANNELS, d_inner: 3 * HIDDEN, quiet_d: QUIET_HIDDEN + QUIET_FEATURES };

/**
 * The forward pass keeps the features between and within the blocks. A batch goes through in pieces of as many images as have
 * theirs in `maxBytes`, all pixels being active, and the gradients add up.
 */
export function gradientWithin(maxBytes: number): GradientProgram {
  return (scope, io) => {
    const { capacity } = io;
    const numbers = DERIVATIVES.d + DERIVATIVES.d_inner + DERIVATIVES.quiet_d + 1;
    const bytes = featureBytes(scope, true) + pixelCount(scope.grid) * numbers * 4;
    return openGradient(scope, io, pieceSize(capacity, bytes, maxBytes));
  };
}

/** `size`: images of a piece at most. */
function openGradient(
  scope: ProgramScope,
  { images, targets, capacity, gradients }: Parameters<GradientProgram>[1],
  size: number,
): ProgramGradient {
  const { arena, grid } = scope;
  const { blocks } = scope.hyper;
  const positions = size * pixelCount(grid);
  const slopes = arena.storage('slopes', positions * 4);
  const forward = new Forward(scope, images, slopes, size, true);
  const likelihood = new Likelihood(scope, { images, targets, logits: slopes, capacity });
  const d = arena.storage('d', positions * DERIVATIVES.d * 4);
  const d_inner = arena.storage('d_inner', positions * DERIVATIVES.d_inner * 4);
  const quiet_d = arena.storage('quiet_d', positions * DERIVATIVES.quiet_d * 4);

  const { places, rows, stream, inner, scales, features } = forward;
  const transposed = openTransposed(scope);
  const chunks = scope.constant(BLOCK_WEIGHTS, 'chunks');
  const sums = openChunkSums(scope, gradients, chunks);
  const deep = { places, rows, stream, inner, scales, d, d_inner };
  const blockBack = scope.bind(BLOCK_BACK, { ...deep, transposed: transposed.weights });
  const sumBlock = scope.bind(BLOCK_WEIGHTS, { ...deep, sums: sums.deep });
  const quiet = { places, features, d: quiet_d };
  const quietBack = scope.bind(QUIET_BACK, { ...quiet, transposed: transposed.weights });
  const sumQuiet = scope.bind(QUIET_WEIGHTS, { ...quiet, sums: sums.quiet });
  const ends = [
    openEnds(scope, { net: DEEP, forward, images, slopes, d, gradients }),
    openEnds(scope, { net: QUIET_NET, forward, images, slopes, d: quiet_d, gradients }),
  ];

  const readout = readoutGradients(scope, gradients);

  function overChunks(kernel: BoundKernel, piece: Piece, own: { quiet?: number; block?: number }): Dispatch {
    return piece.over(kernel, chunks * kernel.constant('slices'), own);
  }

  function back(piece: Piece): Dispatch[] {
    const dispatches = [...ends.map(({ top }) => top(piece)), piece.overTiles(blockBack, { block: blocks })];
    for (let block = blocks - 1; block >= 0; block--)
      dispatches.push(piece.overTiles(blockBack, { block }), overChunks(sumBlock, piece, { block }));
    dispatches.push(
      piece.overTiles(quietBack, QUIET_NET, quietBack.constant('column_tiles')),
      overChunks(sumQuiet, piece, QUIET_NET),
    );
    return [...dispatches, ...ends.flatMap(({ bottom }) => bottom(piece))];
  }

  return {
    parts: likelihood.parts,
    partial: likelihood.partial,
    gradient: (batch) => [
      transposed.dispatch,
      ...piecesOf(batch, size).flatMap(({ first, images: together }) => {
        const piece = new Piece(scope, { images: together, first, batch, kept: true, firstOut: 0 });
        return [
          ...forward.through(piece),
          likelihood.of(piece.shape, true),
          ...back(piece),
          sums.gather(batch, first > 0),
        ];
      }),
      readout,
    ],
  };
}

/** Backpropagation at the two ends of one net. */
interface Ends {
  /** From the logits to what they are read off. */
  readonly top: (piece: Piece) => Dispatch;
  /** From the first layer to its weights and to what every pixel has of its own; it overwrites the derivatives by the first layer. */
  readonly bottom: (piece: Piece) => Dispatch[];
}

function openEnds(
  scope: ProgramScope,
  {
    net,
    forward,
    images,
    slopes,
    d,
    gradients,
  }: {
    net: Net;
    forward: Forward;
    images: GpuBuffer;
    slopes: GpuBuffer;
    d: GpuBuffer;
    gradients: Readonly<Record<string, GpuBuffer>>;
  },
): Ends {
  const { places, scales } = forward;
  const headBack = scope.bind(HEAD_BACK, { ...forward.readout(net), slopes, d });
  const pixels = scope.bind(PIXELS, {
    places,
    slopes,
    features: forward.readout(net).features,
    scales,
    d,
    position_gradient: gradients[net.position],
    readout_gradient: gradients[net.readoutPosition],
    bias_gradient: gradients[net.bias],
  });
  const offsets = scope.bind(WINDOW, { places, images, d, gradient: gradients[net.relative] });
  const suffix = scope.bind(SUFFIX, { places, d });
  const absolute = scope.bind(ABSOLUTE, { places, images, suffixes: d, gradient: gradients[net.absolute] });
  /** 16 vectors of 4 channels at a time. */
  const times = net.quads / 16;
  return {
    top: (piece) => piece.overRows(headBack, net),
    bottom: (piece) => [
      piece.overPixels(pixels, net),
      piece.over(offsets, offsets.constant('offsets') * times, net, piece.shape.images),
      piece.overImages(suffix, net, times),
      piece.overPixels(absolute, net, times),
    ],
  };
}
