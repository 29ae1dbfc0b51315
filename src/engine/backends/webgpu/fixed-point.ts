import { blankImages, pixelCount, wordsPerImage } from '../../../data/images.ts';
import { inverseOrder } from '../../../data/orders.ts';
import { Stream, streamKey } from '../../../data/rng.ts';
import { uploads, type Work } from '../../../gpu/work.ts';
import type { SampleRequest } from '../../../models/types.ts';
import type { Passes } from '../backend.ts';
import { pick, placesOf, Settled } from '../sampling/fixed-point.ts';
import { capacityOf } from './scorer.ts';
import { inNewArena, type OpenScope } from './scope.ts';

export const FIXED_POINT = 'ops/fixed-point.wgsl';

/** Images of one batch at most. */
const MAX_TOGETHER = 256;
/**
 * Passes between two answers of the device. An image that settles within is computed up to three times more than it need be, which costs less than
 * waiting for the device after every pass.
 */
const PASSES_A_TURN = 4;

/**
 * See backends/sampling/fixed-point.ts. The images that are not finished are packed anew on the host for every turn: 100 bytes a digit, in a submit
 * that is due anyway, beside logits of 3,136 bytes that never leave the device.
 */
export async function openFixedPoint(scope: OpenScope, request: SampleRequest): Promise<Passes> {
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
    const settled = arena.storage('settled', (PASSES_A_TURN + 1) * capacity * 4);
    const places = arena.filled('places', inverseOrder(placesOf({ ...scope, tensors: scope.uploaded })));
    const read = program.logits({ ...scope, arena }, { images: batch, out: logits, capacity });
    const step = scope.bind(FIXED_POINT, { logits, places, indices, settled, images: batch });
    return { arena, batch, indices, settled, read, step };
  });
  const images = blankImages(grid, total);
  const known = new Settled(total, n);
  let seconds = 0;

  /** Some passes of some images, all in one submit or few; what comes back is learnt. */
  async function turn(rows: readonly number[], passes: number): Promise<void> {
    const { batch, indices, settled, read, step } = memory;
    const count = rows.length;
    const begin = new Uint32Array((passes + 1) * count).fill(n);
    rows.forEach((m, row) => (begin[row] = known.places[m]));
    const numbers = Uint32Array.from(rows, (m) => request.indices[m]);
    const work: Work[] = [
      ...uploads(batch, pick(images, rows).words),
      ...uploads(indices, numbers),
      ...uploads(settled, begin),
    ];
    for (let pass = 1; pass <= passes; pass++) {
      const params = {
        pixels: n,
        words_per_image: words,
        images: count,
        row: pass,
        seed: request.seed,
        key: streamKey(Stream.sample),
        temperature: request.temperature,
      };
      const tiles = Math.ceil(n / step.constant('threads'));
      work.push(...read.conditionalLogits(count), step.dispatch(params, [count * tiles]));
    }
    const pieces = [
      { source: batch, count: count * words },
      { source: settled, count: passes * count, offset: count },
    ];
    const [bits, places] = (await device.readback.read(pieces, work)).map((bytes) => new Uint32Array(bytes));
    rows.forEach((m, row) => {
      images.words.set(bits.subarray(row * words, (row + 1) * words), m * words);
      for (let pass = 1; pass <= passes; pass++)
        known.learn(m, known.passes + pass, places[(pass - 1) * count + row] - 1);
    });
  }

  return {
    finished: known.finished,
    get passes() {
      return known.passes;
    },
    get seconds() {
      return seconds;
    },
    async advance(passes) {
      const begun = performance.now();
      for (let left = passes; left > 0 && known.active.length > 0;) {
        const now = Math.min(left, PASSES_A_TURN);
        for (let first = 0; first < known.active.length; first += capacity)
          await turn(known.active.slice(first, first + capacity), now);
        known.advance(now);
        left -= now;
      }
      seconds += (performance.now() - begun) / 1000;
    },
    images: () => Promise.resolve({ ...images, words: images.words.slice() }),
    destroy: () => memory.arena.destroy(),
  };
}
