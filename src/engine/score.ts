import { type PackedImages, sliceImages } from '../data/images.ts';
import type { Evaluator } from './backend.ts';

/** Images scored between two breaths: a few milliseconds of typed arrays. */
const CHUNK = 256;

/** log p in nats of every image, [count], letting other work of the thread run in between. */
export async function scoreInTurns(
  model: Pick<Evaluator, 'logLikelihood'>,
  images: PackedImages,
  breathe: () => Promise<void>,
): Promise<Float64Array<ArrayBuffer>> {
  const all = new Float64Array(images.count);
  for (let first = 0; first < images.count; first += CHUNK) {
    const chunk = sliceImages(images, first, Math.min(CHUNK, images.count - first));
    all.set(await model.logLikelihood(chunk), first);
    await breathe();
  }
  return all;
}
