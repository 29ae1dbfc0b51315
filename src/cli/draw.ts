import { type Grid, type PackedImages, pixelCount, wordsPerImage } from '../data/images.ts';
import { indexRange } from '../data/rng.ts';
import type { Sampler } from '../engine/backends/backend.ts';

/** Images drawn at a time, by one thread. */
const CHUNK = 256;
/** Pixels or iterations of the first call; doubled while a call takes less than QUICK_MS. */
const FIRST_STEP = 4;
const QUICK_MS = 150;

/**
 * Draws images 0 to count - 1. `open` opens a sampler of some of them, `shareOf` says how much of its work is done, 1 at the end,
 * and `onDrawn` hears of every sampler before it is closed. A sampler has more images where `concurrency` says that several threads draw them.
 */
export async function drawImages<S extends Pick<Sampler, 'advance' | 'images' | 'destroy'>>(
  grid: Grid,
  count: number,
  open: (indices: Uint32Array<ArrayBuffer>) => Promise<S>,
  shareOf: (sampler: S) => number,
  done: (images: number) => void,
  onDrawn: (sampler: S, first: number) => void = () => undefined,
  concurrency = 1,
): Promise<PackedImages> {
  const words = new Uint32Array(count * wordsPerImage(grid));
  let step = FIRST_STEP;
  const chunk = CHUNK * concurrency;
  for (let first = 0; first < count; first += chunk) {
    const indices = indexRange(first, Math.min(chunk, count - first));
    const sampler = await open(indices);
    while (shareOf(sampler) < 1) {
      const begun = performance.now();
      await sampler.advance(step);
      if (performance.now() - begun < QUICK_MS) step = Math.min(pixelCount(grid), step * 2);
      done(first + indices.length * shareOf(sampler));
    }
    words.set((await sampler.images()).words, first * wordsPerImage(grid));
    onDrawn(sampler, first);
    sampler.destroy();
  }
  return { grid, count, words };
}
