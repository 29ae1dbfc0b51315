import type { GpuBuffer } from '../../gpu/arena.ts';
import type { BoundKernel, Dispatch } from '../../gpu/kernel.ts';
import type { Program, ProgramScope } from '../program.ts';
import { inSteps } from '../program-params.ts';
import { pieceSize, piecesOf } from '../shared/pieces.ts';
import { PACK_ROWS, packTogether } from '../program-weights.ts';
import { CHANNELS, HIDDEN, layerSize, layersOf, planeSize } from './layout.ts';
import { gradientWithin } from './program-gradient.ts';
import { Piece, stacksOfImage } from './program-pieces.ts';

/** Features of the images that are scored at a time: the stream, and what the next block and the one before made of it. */
const SCORING_BYTES = 2 ** 24;
/** Features before and behind every block, of the images that are trained on at a time: 37 digits with 15 blocks. As many bytes again are kept of what is inside the blocks. */
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
    'pixelcnn/up-back.wgsl',
    'pixelcnn/block-back.wgsl',
    'pixelcnn/first-weights.wgsl',
    'pixelcnn/block-weights.wgsl',
    'pixelcnn/head-weights.wgsl',
    'pixelcnn/gather.wgsl',
    'pixelcnn/sample.wgsl',
    PACK_ROWS,
  ],
  packsWeights: true,

  evaluator: evaluatorWithin(SCORING_BYTES),

  logits(scope, { images, out, capacity }) {
    const forward = new Forward(scope, images, capacity, SCORING_BYTES);
    const { last, logit } = scope.tensors;
    const kernel = 'pixelcnn/conditional-logits.wgsl';
    const write = scope.bind(kernel, { stream: forward.stream, last, logit, out });
    return { conditionalLogits: (count) => forward.through(count, write) };
  },

  sampler(scope, { images, indices, given, request }) {
    const { width, height } = scope.grid;
    const { blocks } = scope.hyper;
    const count = request.indices.length;
    const bytes = blocks * (width + 1) * HIDDEN * 4;
    const kernel = 'pixelcnn/sample.wgsl';
    /** Images of a workgroup. */
    const each = scope.constant(kernel, 'together');
    const together = each * Math.max(1, Math.floor(MEMORY_BYTES / (each * bytes)));
    const lengths = layersOf(blocks).map(
      ({ name, layer, copies }) => [name, copies * layerSize(layer)] as const,
    );
    const { packed, starts, write } = packTogether(scope, lengths);
    const { first: before, ...behind } = starts;
    const groups = Array.from({ length: Math.ceil(count / together) }, (_, g) => {
      const own = Math.min(together, count - g * together);
      const workgroups = Math.ceil(own / each);
      const memory = scope.arena.storage('memory', workgroups * each * bytes);
      const buffers = { weights: packed, indices, memory, images, given };
      return inSteps(scope, request, scope.bind(kernel, buffers), {
        images: own,
        groups: workgroups,
        own: { width, height, blocks, first_image: g * together, before, ...behind },
        most: PIXELS_PER_DISPATCH,
        work: blocks,
      });
    });
    return {
      advance: (from, to) => [...(from === 0 ? write : []), ...groups.flatMap((decide) => decide(from, to))],
    };
  },

  gradient: gradientWithin(STREAM_BYTES),
};

/** Scoring in pieces of as many images as have their features in `maxBytes`. */
export function evaluatorWithin(maxBytes: number): NonNullable<Program['evaluator']> {
  return (scope, { images, capacity }) => {
    const parts = Math.ceil(stacksOfImage(scope) / scope.constant('pixelcnn/score.wgsl', 'threads'));
    const partial = scope.arena.storage('partial', parts * capacity * 4);
    const forward = new Forward(scope, images, capacity, maxBytes);
    const { last, logit } = scope.tensors;
    const score = scope.bind('pixelcnn/score.wgsl', { images, stream: forward.stream, last, logit, partial });
    return { parts, partial, logLikelihood: (count) => forward.through(count, score) };
  };
}

/** The layers up to the last block. A block's input becomes its output in place; what is inside alternates between two sets. */
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
    const bytes = (CHANNELS + 2 * HIDDEN) * 4;
    this.size = pieceSize(capacity, bytes * planeSize(scope.grid, 1), maxBytes);
    const { first, down, middle, up } = scope.tensors;
    const plane = planeSize(scope.grid, this.size);
    this.stream = scope.arena.storage('stream', plane * CHANNELS * 4);
    const inside = scope.arena.storage('inside', plane * 2 * HIDDEN * 4);
    const { stream } = this;
    this.first = scope.bind('pixelcnn/first.wgsl', { images, first, down, stream, inside });
    this.block = scope.bind('pixelcnn/block.wgsl', { down, middle, up, stream, inside });
  }

  /** Everything up to and including `head`, which reads the features behind the last block. */
  through(count: number, head: BoundKernel): Dispatch[] {
    const { scope } = this;
    const hidden = (block: number) => ((block % 2) * HIDDEN) / 4;
    return piecesOf(count, this.size).flatMap((images) => {
      const piece = new Piece(scope, images, count, planeSize(scope.grid, this.size));
      return [
        piece.overStacks(this.first, { next_hidden: hidden(0) }),
        ...Array.from({ length: scope.hyper.blocks }, (_, block) =>
          piece.overStacks(this.block, { block, hidden: hidden(block), next_hidden: hidden(block + 1) }),
        ),
        piece.overParts(head, {}),
      ];
    });
  }
}
