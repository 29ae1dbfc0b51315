import { requireGrid } from '../../../data/known-pixels.ts';
import { type Grid, pixelCount, wordsPerImage } from '../../../data/images.ts';
import type { Arena, GpuBuffer } from '../../../gpu/arena.ts';
import type { ProgramSampler } from '../../../models/program.ts';
import type { SampleRequest } from '../../../models/sampling.ts';
import type { Sampler } from '../backend.ts';
import { inNewArena, type OpenScope } from './scope.ts';

/** Most images of one buffer of logits; more are split over several. */
const MAX_TOGETHER = 8192;

interface Part {
  readonly count: number;
  readonly images: GpuBuffer;
  readonly sampler: ProgramSampler;
}

/** Ancestral sampling with the tensors of `scope`, which must outlive it. */
export async function openSampler(
  scope: OpenScope,
  request: SampleRequest,
): Promise<Sampler & { arena: Arena }> {
  const { device, program, grid } = scope;
  const n = pixelCount(grid);
  const words = wordsPerImage(grid);
  const total = request.indices.length;
  const together = Math.min(MAX_TOGETHER, Math.floor(device.limits.maxStorageBufferBindingSize / (n * 4)));
  const { arena, parts } = await inNewArena(device, scope.family, (arena) => {
    if (!program.sampler) throw new Error(`family: "${scope.family}" has no images to draw`);
    const parts: Part[] = [];
    const given = arena.filled('given', givenWords(request, grid));
    for (let first = 0; first < total; first += together) {
      const count = Math.min(together, total - first);
      const images = arena.storage('samples', count * words * 4);
      const own = { ...request, indices: request.indices.slice(first, first + count) };
      const indices = arena.filled('indices', own.indices);
      const sampler = program.sampler({ ...scope, arena }, { images, indices, given, request: own });
      parts.push({ count, images, sampler });
    }
    return { arena, parts };
  });
  // Pixels handed to the device, and pixels including those of calls under way: calls may overlap.
  let position = 0;
  let planned = 0;
  return {
    arena,
    get position() {
      return position;
    },
    async advance(pixels) {
      const from = planned;
      const to = Math.min(n, from + Math.max(0, Math.floor(pixels)));
      const work = parts.flatMap((part) => part.sampler.advance(from, to));
      planned = to;
      try {
        await device.scheduler.run(work);
        position = Math.max(position, to);
      } catch (error) {
        planned = Math.min(planned, from);
        throw error;
      }
    },
    async images() {
      const pieces = await device.readback.read(
        parts.map(({ images, count }) => ({ source: images, count: count * words })),
      );
      const all = new Uint32Array(total * words);
      pieces.forEach((piece, index) => all.set(new Uint32Array(piece), index * together * words));
      return { grid, count: total, words: all };
    },
    destroy: () => arena.destroy(),
  };
}

/** `request.given` as shaders/lib/given.wgsl reads it, [words, 2]: the known pixels, and those of them that are on. */
function givenWords({ given }: SampleRequest, grid: Grid): Uint32Array<ArrayBuffer> {
  const pairs = new Uint32Array(2 * wordsPerImage(grid));
  if (given) {
    requireGrid(given, grid);
    given.known.words.forEach((word, at) => (pairs[2 * at] = word));
    given.image.words.forEach((word, at) => (pairs[2 * at + 1] = word));
  }
  return pairs;
}
