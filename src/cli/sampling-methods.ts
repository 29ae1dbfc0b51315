import { blankImages, type PackedImages, pixelCount, putImages } from '../data/images.ts';
import { indexRange } from '../data/rng.ts';
import type { SampleMethod } from '../engine/backends/backend.ts';
import type { Evaluator } from '../engine/backends/backend.ts';
import type { Model, SampleRequest } from '../models/types.ts';

/** Images drawn at a time. */
const CHUNK = 256;
/** Iterations of the first call; doubled while a call takes less than QUICK_MS. */
const FIRST_ITERATIONS = 4;
const QUICK_MS = 200;

export interface DrawnByMethod {
  readonly images: PackedImages;
  /** Iterations that each image took, [count]. */
  readonly finished: Uint32Array<ArrayBuffer>;
  /** Computing time. */
  readonly seconds: number;
}

/** Draws images 0 to count - 1 of a seed; `done` is called with the number of finished images. */
export async function drawByMethod(
  evaluator: Evaluator,
  { grid }: Pick<Model, 'grid'>,
  method: SampleMethod,
  request: Omit<SampleRequest, 'indices'> & { readonly count: number },
  done: (images: number) => void,
): Promise<DrawnByMethod> {
  const { count, seed, temperature } = request;
  const finished = new Uint32Array(count);
  const images = blankImages(grid, count);
  let seconds = 0;
  for (let first = 0; first < count; first += CHUNK) {
    const indices = indexRange(first, Math.min(CHUNK, count - first));
    const sampler = await evaluator.iterativeSampler(method, { seed, temperature, indices });
    for (let step = FIRST_ITERATIONS; sampler.finished.includes(0);) {
      const begun = performance.now();
      await sampler.advance(step);
      if (performance.now() - begun < QUICK_MS) step = Math.min(pixelCount(grid), step * 2);
      done(first + sampler.finished.filter((each) => each > 0).length);
    }
    finished.set(sampler.finished, first);
    putImages(images, first, await sampler.images());
    seconds += sampler.seconds;
    sampler.destroy();
  }
  return { images, finished, seconds };
}
