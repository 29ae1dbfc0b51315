import { pixelCount, type PackedImages, wordsPerImage } from '../data/images.ts';
import { indexRange } from '../data/rng.ts';
import type { SampleMethod } from '../engine/backends/backend.ts';
import type { Evaluator } from '../engine/backends/backend.ts';
import type { Model, SampleRequest } from '../models/types.ts';

/** Images drawn at a time. */
const CHUNK = 256;
/** Passes before the bar first moves; as many again while that is quick. */
const FIRST_PASSES = 4;
const QUICK_MS = 200;

export interface DrawnInPasses {
  readonly images: PackedImages;
  /** Passes that each image took, [count]. */
  readonly finished: Uint32Array<ArrayBuffer>;
  /** Spent computing. */
  readonly seconds: number;
}

/** Images 0 to count - 1 of a seed; `done` hears how many are finished. */
export async function drawInPasses(
  evaluator: Evaluator,
  { grid }: Pick<Model, 'grid'>,
  method: SampleMethod,
  request: Omit<SampleRequest, 'indices'> & { readonly count: number },
  done: (images: number) => void,
): Promise<DrawnInPasses> {
  const { count, seed, temperature } = request;
  const finished = new Uint32Array(count);
  const words = new Uint32Array(count * wordsPerImage(grid));
  let seconds = 0;
  for (let first = 0; first < count; first += CHUNK) {
    const indices = indexRange(first, Math.min(CHUNK, count - first));
    const passes = await evaluator.passes(method, { seed, temperature, indices });
    for (let step = FIRST_PASSES; passes.finished.includes(0);) {
      const begun = performance.now();
      await passes.advance(step);
      if (performance.now() - begun < QUICK_MS) step = Math.min(pixelCount(grid), step * 2);
      done(first + passes.finished.filter((each) => each > 0).length);
    }
    finished.set(passes.finished, first);
    words.set((await passes.images()).words, first * wordsPerImage(grid));
    seconds += passes.seconds;
    passes.destroy();
  }
  return { images: { grid, count, words }, finished, seconds };
}
