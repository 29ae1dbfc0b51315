import { blankImages, pixelCount, wordsPerImage } from '../../../data/images.ts';
import { inverseOrder } from '../../../data/orders.ts';
import type { Arena, GpuBuffer } from '../../../gpu/arena.ts';
import { CountedDispatches } from '../../../gpu/counted.ts';
import type { BoundKernel, Dispatch } from '../../../gpu/kernel.ts';
import type { Piece } from '../../../gpu/readback.ts';
import { batchParams, samplingParams } from '../../../models/program-params.ts';
import type { SampleRequest } from '../../../models/sampling.ts';
import type { IterativeSampler } from '../backend.ts';
import { maxOf, singleOrderOf } from '../sampling/fixed-point.ts';
import { capacityOf } from './scorer.ts';
import { inNewArena, type OpenScope } from './scope.ts';

const BEGIN = 'ops/fixed-point-begin.wgsl';
const ITERATE = 'ops/fixed-point.wgsl';
export const FIXED_POINT = [BEGIN, ITERATE] as const;

/**
 * Iterations between two readbacks. Where the device chooses the grids, those that come after the last image has finished cost next to nothing. Where
 * it cannot (a kernel that was not measured, or would be too long without being split), they are computed for the images that were unfinished
 * at the last readback.
 */
const ITERATIONS_PER_READBACK = { counted: 32, split: 4 } as const;

/** What the iterations of one batch after the other share. */
interface Shared {
  readonly arena: Arena;
  readonly batch: GpuBuffer;
  readonly logits: GpuBuffer;
  readonly places: GpuBuffer;
  readonly read: (count: number) => readonly Dispatch[];
  readonly counted: CountedDispatches;
}

/** See backends/sampling/fixed-point.ts. Images and progress stay on the device. */
export async function openFixedPoint(scope: OpenScope, request: SampleRequest): Promise<IterativeSampler> {
  const { device, grid } = scope;
  const total = request.indices.length;
  const together = Math.min(total, capacityOf(scope.constant(BEGIN, 'threads'), pixelCount(grid) * 4));
  const { arena, parts } = await inNewArena(device, scope.family, (own) => {
    const shared = openShared(scope, own, together);
    const parts = Array.from({ length: Math.ceil(total / together) }, (_, i) => {
      const indices = request.indices.slice(i * together, (i + 1) * together);
      return new Part(scope, shared, { ...request, indices });
    });
    return { arena: own, parts };
  });
  const images = blankImages(grid, total);
  const finished = new Uint32Array(total);
  let done = 0;
  let seconds = 0;

  /** More iterations of all parts that are unfinished, and one readback. */
  async function iterate(most: number): Promise<void> {
    const open = parts.filter((part) => part.unfinished > 0);
    const counted = open.every((part) => part.fits);
    const count = Math.min(most, ITERATIONS_PER_READBACK[counted ? 'counted' : 'split']);
    const work = open.flatMap((part) => part.iterations(done, count, counted));
    const pieces = open.flatMap((part) => part.pieces);
    const read = (await device.readback.read(pieces, work)).map((bytes) => new Uint32Array(bytes));
    done += count;
    for (const [i, part] of open.entries()) {
      const [bits, changed, ended] = read.slice(3 * i, 3 * i + 3);
      const first = parts.indexOf(part) * together;
      images.words.set(bits, first * wordsPerImage(grid));
      finished.set(part.finishedBy(done, changed, ended), first);
    }
  }

  return {
    finished,
    get iterations() {
      return finished.includes(0) ? done : maxOf(finished);
    },
    get seconds() {
      return seconds;
    },
    async advance(iterations) {
      const begun = performance.now();
      const until = done + iterations;
      while (done < until && finished.includes(0)) await iterate(until - done);
      seconds += (performance.now() - begun) / 1000;
    },
    images: () => Promise.resolve({ ...images, words: images.words.slice() }),
    destroy: () => arena.destroy(),
  };
}

function openShared(scope: OpenScope, arena: Arena, capacity: number): Shared {
  const { device, program, grid } = scope;
  if (!program.logits) throw new Error(`family: "${scope.family}" has no p(x)`);
  const batch = arena.storage('batch', capacity * wordsPerImage(grid) * 4);
  const logits = arena.storage('logits', capacity * pixelCount(grid) * 4);
  const places = arena.filled('places', inverseOrder(singleOrderOf({ ...scope, tensors: scope.uploaded })));
  const reader = program.logits({ ...scope, arena }, { images: batch, out: logits, capacity });
  const read = (count: number) => reader.conditionalLogits(count);
  const counted = new CountedDispatches(arena, device.limits, capacity, read);
  return { arena, batch, logits, places, read, counted };
}

/** Up to a batch of images. */
class Part {
  /** Images that were not finished at the last readback. */
  unfinished: number;
  readonly pieces: readonly Piece[];
  readonly #begin: BoundKernel;
  readonly #iterate: BoundKernel;

  constructor(
    private readonly scope: OpenScope,
    private readonly shared: Shared,
    private readonly request: SampleRequest,
  ) {
    const { arena, batch, logits, places, counted } = shared;
    const { indices: numbers } = request;
    const count = (this.unfinished = numbers.length);
    const images = arena.storage('samples', count * wordsPerImage(scope.grid) * 4);
    const changed = arena.storage('changed', count * 4);
    const settled = arena.storage('settled', count * 4);
    const finished = arena.storage('finished', count * 4);
    const unfinished = arena.filled(
      'unfinished',
      Uint32Array.from({ length: 1 + count }, (_, i) => (i === 0 ? count : i - 1)),
    );
    const indices = arena.filled('indices', numbers);
    const { table, slots } = counted;
    this.#begin = scope.bind(BEGIN, { changed, settled, finished, unfinished, images, batch, table, slots });
    this.#iterate = scope.bind(ITERATE, { logits, places, indices, unfinished, settled, changed, images });
    this.pieces = [
      { source: images, count: count * wordsPerImage(scope.grid) },
      { source: changed, count },
      { source: finished, count },
    ];
  }

  /** Whether its conditionals can be read in grids that are not split. */
  get fits(): boolean {
    return this.scope.device.scheduler.fits(this.shared.read(this.unfinished));
  }

  /** Iterations `done` + 1 to `done + count`. The first is of all images that are unfinished, so its grids are known. */
  iterations(done: number, count: number, counted: boolean): Dispatch[] {
    const { scope, request, unfinished, shared } = this;
    const n = pixelCount(scope.grid);
    const known = shared.read(unfinished);
    const chosen = counted ? shared.counted.upTo(unfinished) : known;
    const { words_per_image } = batchParams(scope, unfinished);
    const { rowCounts: row_counts, rowWords: row_words } = shared.counted;
    return Array.from({ length: count }, (_, k) => {
      const iteration = done + k + 1;
      const begin = { pixels: n, words_per_image, iteration, row_counts, row_words };
      return [
        this.#begin.dispatch(begin, [1]),
        ...(k === 0 ? known : chosen),
        this.#iterate.dispatch(samplingParams(scope, request, unfinished, iteration, iteration + 1), [
          unfinished * this.#iterate.groups(n),
        ]),
      ];
    }).flat();
  }

  /** Iterations that each image took, [count], 0 where it is not finished, after `done`; out of what `pieces` read. */
  finishedBy(done: number, changed: Uint32Array, ended: Uint32Array): Uint32Array {
    const n = pixelCount(this.scope.grid);
    // What the last iteration finished is not noted before the next begins.
    const finished = ended.map((iteration, m) => (iteration === 0 && changed[m] === n ? done : iteration));
    this.unfinished = finished.filter((iteration) => iteration === 0).length;
    return finished;
  }
}
