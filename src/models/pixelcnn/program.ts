import { pixelCount } from '../../data/images.ts';
import type { GpuBuffer } from '../../gpu/arena.ts';
import type { BoundKernel, Dispatch } from '../../gpu/kernel.ts';
import type { Program, ProgramScope } from '../program.ts';
import { inSteps } from '../program-params.ts';
import { pieceSize, piecesOf } from '../shared/pieces.ts';
import { CHANNELS, HIDDEN } from './layout.ts';
import { gradientWithin } from './program-gradient.ts';
import { Piece } from './program-pieces.ts';

/** Features of the images that are scored at a time, and of the block before. */
const SCORING_BYTES = 2 ** 24;
/** Features before and behind every block, of the images that are trained on at a time: 41 digits with 15 blocks. */
const STREAM_BYTES = 2 ** 26;
/** Bytes of sampler memory in one buffer; more images get further buffers. */
const MEMORY_BYTES = 2 ** 26;
/**
 * Pixels that one dispatch of the sampler decides at most: the grid can be cut by images only, so this bounds the
 * time of a single workgroup.
 */
const PIXELS_PER_DISPATCH = 16;

/** The PixelCNN as dispatches: a layer or a block each, over all positions of a piece of the images. */
export const program: Program = {
  kernels: [
    'pixelcnn/first.wgsl',
    'pixelcnn/block.wgsl',
    'pixelcnn/score.wgsl',
    'pixelcnn/conditional-logits.wgsl',
    'pixelcnn/head-back.wgsl',
    'pixelcnn/block-back.wgsl',
    'pixelcnn/spread.wgsl',
    'pixelcnn/first-weights.wgsl',
    'pixelcnn/block-weights.wgsl',
    'pixelcnn/head-weights.wgsl',
    'pixelcnn/gather.wgsl',
    'pixelcnn/ends.wgsl',
    'pixelcnn/sample.wgsl',
  ],

  evaluator: evaluatorWithin(SCORING_BYTES),

  logits(scope, { images, out, capacity }) {
    const forward = new Forward(scope, images, capacity, SCORING_BYTES);
    const { last, logit } = scope.tensors;
    const kernel = 'pixelcnn/conditional-logits.wgsl';
    const write = scope.bind(kernel, { stream: forward.stream, last, logit, out });
    return { conditionalLogits: (count) => forward.through(count, write) };
  },

  sampler(scope, { images, indices, given, request }) {
    const { first, down, middle, up, last, logit } = scope.tensors;
    const { width, height } = scope.grid;
    const { blocks } = scope.hyper;
    const count = request.indices.length;
    const bytes = blocks * (width + 1) * HIDDEN * 4;
    const together = Math.max(1, Math.floor(MEMORY_BYTES / bytes));
    const ends = scope.arena.storage('ends', 4 * scope.constant('pixelcnn/ends.wgsl', 'count'));
    const join = scope.bind('pixelcnn/ends.wgsl', { first, last, logit, ends });
    const groups = Array.from({ length: Math.ceil(count / together) }, (_, g) => {
      const own = Math.min(together, count - g * together);
      const memory = scope.arena.storage('memory', own * bytes);
      const buffers = { ends, down, middle, up, indices, memory, images, given };
      return inSteps(scope, request, scope.bind('pixelcnn/sample.wgsl', buffers), {
        images: own,
        own: { width, height, blocks, first_image: g * together },
        most: PIXELS_PER_DISPATCH,
        work: blocks,
      });
    });
    return {
      advance(from, to) {
        const joined = from === 0 ? [join.dispatch({}, [join.groups(join.constant('count'))])] : [];
        return [...joined, ...groups.flatMap((decide) => decide(from, to))];
      },
    };
  },

  gradient: gradientWithin(STREAM_BYTES),
};

/** Scoring in pieces of as many images as have their features in `maxBytes`. */
export function evaluatorWithin(maxBytes: number): NonNullable<Program['evaluator']> {
  return (scope, { images, capacity }) => {
    const parts = Math.ceil(pixelCount(scope.grid) / scope.constant('pixelcnn/score.wgsl', 'threads'));
    const partial = scope.arena.storage('partial', parts * capacity * 4);
    const forward = new Forward(scope, images, capacity, maxBytes);
    const { last, logit } = scope.tensors;
    const score = scope.bind('pixelcnn/score.wgsl', { images, stream: forward.stream, last, logit, partial });
    return { parts, partial, logLikelihood: (count) => forward.through(count, score) };
  };
}

/** The layers up to the last block, alternating between two sets of features. */
class Forward {
  readonly stream: GpuBuffer;
  private readonly size: number;
  private readonly first: BoundKernel;
  private readonly block: BoundKernel;

  constructor(
    private readonly scope: ProgramScope,
    images: GpuBuffer,
    capacity: number,
    maxBytes: number,
  ) {
    const bytes = 2 * pixelCount(scope.grid) * CHANNELS * 4;
    this.size = pieceSize(capacity, bytes, maxBytes);
    const { first, down, middle, up } = scope.tensors;
    this.stream = scope.arena.storage('stream', this.size * bytes);
    const { stream } = this;
    this.first = scope.bind('pixelcnn/first.wgsl', { images, first, stream });
    this.block = scope.bind('pixelcnn/block.wgsl', { down, middle, up, stream });
  }

  /** Everything up to and including `head`, which reads the features behind the last block. */
  through(count: number, head: BoundKernel): Dispatch[] {
    const { scope } = this;
    const set = (number: number) => ((number % 2) * this.size * pixelCount(scope.grid) * CHANNELS) / 4;
    return piecesOf(count, this.size).flatMap(({ first, images }) => {
      const piece = new Piece(scope, first, images, count);
      return [
        piece.overPositions(this.first, { destination: set(0) }),
        ...Array.from({ length: scope.hyper.blocks }, (_, block) =>
          piece.overTiles(this.block, { block, source: set(block), destination: set(block + 1) }),
        ),
        piece.overPositions(head, { source: set(scope.hyper.blocks) }),
      ];
    });
  }
}
