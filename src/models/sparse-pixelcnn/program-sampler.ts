import { pixelCount } from '../../data/images.ts';
import type { Program } from '../program.ts';
import { inSteps } from '../program-params.ts';
import { PACK_ROWS, packTogether } from '../program-weights.ts';
import { CHANNELS, HIDDEN, QUIET_HIDDEN, tensorsOf } from './layout.ts';

const KERNEL = 'sparse-pixelcnn/sample.wgsl';
export const SAMPLE: readonly string[] = [PACK_ROWS, KERNEL];

/** Bytes of sampler memory in one buffer; more images get further buffers. */
const MEMORY_BYTES = 2 ** 26;
/**
 * Pixels that one dispatch of the sampler decides at most: the grid can be cut by images only, so this bounds the
 * time of a single workgroup.
 */
const PIXELS_PER_DISPATCH = 16;

export const sampler: NonNullable<Program['sampler']> = (scope, { images, indices, given, request }) => {
  const { width, height } = scope.grid;
  const { blocks } = scope.hyper;
  const count = request.indices.length;
  const shapes = tensorsOf(pixelCount(scope.grid), blocks);
  // In one buffer, since a kernel may bind no more than eight.
  const { packed, starts, write } = packTogether(
    scope,
    shapes.map(({ name, shape }) => [name, shape.reduce((product, length) => product * length, 1)]),
  );
  const bytes = (CHANNELS + QUIET_HIDDEN + blocks * (2 * width + 3) * HIDDEN) * 4;
  const together = Math.max(1, Math.floor(MEMORY_BYTES / bytes));
  const groups = Array.from({ length: Math.ceil(count / together) }, (_, g) => {
    const own = Math.min(together, count - g * together);
    const memory = scope.arena.storage('memory', own * bytes);
    const kernel = scope.bind(KERNEL, { weights: packed, indices, given, memory, images });
    return inSteps(scope, request, kernel, {
      images: own,
      own: { width, height, blocks, first_image: g * together, ...starts },
      most: PIXELS_PER_DISPATCH,
      work: blocks,
    });
  });
  return {
    advance: (from, to) => [...(from === 0 ? write : []), ...groups.flatMap((decide) => decide(from, to))],
  };
};
