import { blankImages, pixelCount, wordsPerImage } from '../../../data/images.ts';
import { inverseOrder } from '../../../data/orders.ts';
import { uploads, type Work } from '../../../gpu/work.ts';
import { samplingParams } from '../../../models/program-params.ts';
import type { SampleRequest } from '../../../models/types.ts';
import type { IterativeSampler } from '../backend.ts';
import { FixedPointProgress, pick, singleOrderOf } from '../sampling/fixed-point.ts';
import { capacityOf } from './scorer.ts';
import { inNewArena, type OpenScope } from './scope.ts';

export const FIXED_POINT = 'ops/fixed-point.wgsl';

/** Most images of one batch. */
const MAX_TOGETHER = 256;
/**
 * Iterations between two readbacks. An image that converges in between is computed up to three times more than necessary, which costs less than
 * a readback after every iteration.
 */
const ITERATIONS_PER_READBACK = 4;

/**
 * See backends/sampling/fixed-point.ts. The host packs the unfinished images again after every readback: 100 bytes per digit, in a submit
 * that is needed anyway; the logits, 3,136 bytes per digit, never leave the device.
 */
export async function openFixedPoint(scope: OpenScope, request: SampleRequest): Promise<IterativeSampler> {
  const { device, program, grid } = scope;
  const n = pixelCount(grid);
  const words = wordsPerImage(grid);
  const total = request.indices.length;
  const capacity = Math.min(total, capacityOf(MAX_TOGETHER, n * 4));
  const memory = await inNewArena(device, scope.family, (arena) => {
    if (!program.logits) throw new Error(`family: "${scope.family}" has no p(x)`);
    const batch = arena.storage('batch', capacity * words * 4);
    const logits = arena.storage('logits', capacity * n * 4);
    const indices = arena.storage('indices', capacity * 4);
    const settled = arena.storage('settled', (ITERATIONS_PER_READBACK + 1) * capacity * 4);
    const places = arena.filled('places', inverseOrder(singleOrderOf({ ...scope, tensors: scope.uploaded })));
    const read = program.logits({ ...scope, arena }, { images: batch, out: logits, capacity });
    const step = scope.bind(FIXED_POINT, { logits, places, indices, settled, images: batch });
    return { arena, batch, indices, settled, read, step };
  });
  const images = blankImages(grid, total);
  const progress = new FixedPointProgress(total, n);
  let seconds = 0;

  /** Runs iterations of the images of `rows` in one or few submits, reads the result back and records it. */
  async function iterate(rows: readonly number[], iterations: number): Promise<void> {
    const { batch, indices, settled, read, step } = memory;
    const count = rows.length;
    const begin = new Uint32Array((iterations + 1) * count).fill(n);
    rows.forEach((m, row) => (begin[row] = progress.settled[m]));
    const numbers = Uint32Array.from(rows, (m) => request.indices[m]);
    const work: Work[] = [
      ...uploads(batch, pick(images, rows).words),
      ...uploads(indices, numbers),
      ...uploads(settled, begin),
    ];
    for (let k = 1; k <= iterations; k++) {
      const params = samplingParams(scope, request, count, k, k + 1);
      work.push(...read.conditionalLogits(count), step.dispatch(params, [count * step.groups(n)]));
    }
    const pieces = [
      { source: batch, count: count * words },
      { source: settled, count: iterations * count, offset: count },
    ];
    const [bits, places] = (await device.readback.read(pieces, work)).map((bytes) => new Uint32Array(bytes));
    rows.forEach((m, row) => {
      images.words.set(bits.subarray(row * words, (row + 1) * words), m * words);
      for (let k = 1; k <= iterations; k++)
        progress.record(m, progress.iterations + k, places[(k - 1) * count + row] - 1);
    });
  }

  return {
    finished: progress.finished,
    get iterations() {
      return progress.iterations;
    },
    get seconds() {
      return seconds;
    },
    async advance(iterations) {
      const begun = performance.now();
      for (let left = iterations; left > 0 && progress.active.length > 0;) {
        const now = Math.min(left, ITERATIONS_PER_READBACK);
        for (let first = 0; first < progress.active.length; first += capacity)
          await iterate(progress.active.slice(first, first + capacity), now);
        progress.advance(now);
        left -= now;
      }
      seconds += (performance.now() - begun) / 1000;
    },
    images: () => Promise.resolve({ ...images, words: images.words.slice() }),
    destroy: () => memory.arena.destroy(),
  };
}
