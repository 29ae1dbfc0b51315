import { pixelCount } from '../../data/images.ts';
import type { GpuBuffer } from '../../gpu/arena.ts';
import type { Dispatch } from '../../gpu/kernel.ts';
import type { Program, ProgramScope } from '../program.ts';
import { pieceSize, piecesOf } from '../shared/pieces.ts';
import { featureBytes, Forward } from './program-forward.ts';
import { GRADIENT, gradientWithin } from './program-gradient.ts';
import { Likelihood } from './program-likelihood.ts';
import { Piece } from './program-pieces.ts';
import { SAMPLE, sampler } from './program-sampler.ts';

/** Features of the images that are read at a time: 58 digits, were all of their pixels active. */
const READING_BYTES = 2 ** 26;
/** The same for training, with all blocks' features and derivatives: 37 digits with 8 blocks. */
const GRADIENT_BYTES = 3 * 2 ** 26;

/** Both nets as dispatches over rows, which are the active and the quiet pixels of a piece of the images. */
export const program: Program = {
  kernels: [...new Set([...GRADIENT, ...SAMPLE])],
  packsWeights: true,

  evaluator: evaluatorWithin(READING_BYTES),

  logits(scope, { images, out, capacity }) {
    const size = pieceSize(capacity, featureBytes(scope, false), READING_BYTES);
    const forward = new Forward(scope, images, out, size, false);
    return {
      conditionalLogits: (count) => overPieces(scope, count, size, true, (piece) => forward.through(piece)),
    };
  },

  sampler,

  gradient: gradientWithin(GRADIENT_BYTES),
};

/** Scoring in pieces of as many images as have their features in `maxBytes`. */
export function evaluatorWithin(maxBytes: number): NonNullable<Program['evaluator']> {
  return (scope, { images, capacity }) => {
    const size = pieceSize(capacity, featureBytes(scope, false), maxBytes);
    const logits: GpuBuffer = scope.arena.storage('logits', size * pixelCount(scope.grid) * 4);
    const forward = new Forward(scope, images, logits, size, false);
    const likelihood = new Likelihood(scope, { images, targets: images, logits, capacity });
    return {
      parts: likelihood.parts,
      partial: likelihood.partial,
      logLikelihood: (count) =>
        overPieces(scope, count, size, false, (piece) => [
          ...forward.through(piece),
          likelihood.of(piece.shape, false),
        ]),
    };
  };
}

/** Dispatches of all pieces of `count` images. `whole`: whether `out` holds all images, rather than those of a piece. */
function overPieces(
  scope: ProgramScope,
  count: number,
  size: number,
  whole: boolean,
  dispatches: (piece: Piece) => Dispatch[],
): Dispatch[] {
  return piecesOf(count, size).flatMap(({ first, images }) =>
    dispatches(new Piece(scope, { images, first, batch: count, kept: false, firstOut: whole ? first : 0 })),
  );
}
