import { pixelCount } from '../../data/images.ts';
import type { GpuBuffer } from '../../gpu/arena.ts';
import type { Dispatch } from '../../gpu/kernel.ts';
import type { Program, ProgramScope } from '../program.ts';
import { inSteps } from '../program-params.ts';
import { CHANNELS, HIDDEN, QUIET_HIDDEN, tensorsOf } from './layout.ts';

const COPY = 'sparse-pixelcnn/copy.wgsl';
const KERNEL = 'sparse-pixelcnn/sample.wgsl';
export const SAMPLE: readonly string[] = [COPY, KERNEL];

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
  const { weights, starts, copies } = joinedTensors(scope);
  const bytes = (CHANNELS + QUIET_HIDDEN + blocks * (2 * width + 3) * HIDDEN) * 4;
  const together = Math.max(1, Math.floor(MEMORY_BYTES / bytes));
  const groups = Array.from({ length: Math.ceil(count / together) }, (_, g) => {
    const own = Math.min(together, count - g * together);
    const memory = scope.arena.storage('memory', own * bytes);
    const kernel = scope.bind(KERNEL, { weights, indices, given, memory, images });
    return inSteps(scope, request, kernel, {
      images: own,
      own: { width, height, blocks, first_image: g * together, ...starts },
      most: PIXELS_PER_DISPATCH,
      work: blocks,
    });
  });
  return {
    advance: (from, to) => [...(from === 0 ? copies() : []), ...groups.flatMap((decide) => decide(from, to))],
  };
};

/** All tensors in one buffer, since a kernel may bind no more than eight: `copies` write it. */
function joinedTensors(scope: ProgramScope): {
  weights: GpuBuffer;
  starts: Readonly<Record<string, number>>;
  copies: () => Dispatch[];
} {
  const { arena, grid, hyper, tensors } = scope;
  const shapes = tensorsOf(pixelCount(grid), hyper.blocks);
  const lengths = shapes.map(({ shape }) => shape.reduce((product, length) => product * length, 1));
  const weights = arena.storage('weights', lengths.reduce((sum, length) => sum + length, 0) * 4);
  const starts: Record<string, number> = {};
  let start = 0;
  const copies = shapes.map(({ name }, i) => {
    const copy = scope.bind(COPY, { values: tensors[name], out: weights });
    const params = { count: lengths[i], start };
    starts[name] = start;
    start += params.count;
    return () => copy.dispatch(params, [copy.groups(params.count)]);
  });
  return { weights, starts, copies: () => copies.map((copy) => copy()) };
}
