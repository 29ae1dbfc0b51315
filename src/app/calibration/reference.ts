import type { Binarisation } from '../../data/binarisation.ts';
import { greyBinarisation } from '../../data/binarise.ts';
import { type PackedImages, sliceImages } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import type { ModelRecord } from '../../store/records.ts';

/** Images that are scored at a time: between two parts the engine reads the drawing, and an abort takes effect. */
const PART = 50;

/**
 * Binarisation of the images that a drawing is compared with: drawings are thresholded at half grey. Where whole pixels are painted
 * there is no grey, and the images are binarised as the model's training images were.
 */
export function referenceBinarisation(
  { binarisation }: Pick<ModelRecord, 'binarisation'>,
  painted: boolean,
): Binarisation {
  return painted ? greyBinarisation(binarisation) : { kind: 'threshold' };
}

/**
 * log p in nats of every image under the model that is loaded as `name`, [count]. `onProgress` takes the share that is done, 0 to 1.
 * Fails where a score is no number; rejects with the reason of the signal where that is aborted.
 */
export async function scoreInParts(
  engine: Pick<Engine, 'score'>,
  name: string,
  images: PackedImages,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<Result<Float32Array<ArrayBuffer>>> {
  const scores = new Float32Array(images.count);
  for (let first = 0; first < images.count; first += PART) {
    signal.throwIfAborted();
    const part = sliceImages(images, first, Math.min(PART, images.count - first));
    const scored = await engine.score(name, part, signal);
    signal.throwIfAborted();
    if (!scored.ok) return scored;
    if (scored.value.some((nats) => Number.isNaN(nats)))
      return fail('model: its scores of unseen digits are no numbers');
    scores.set(scored.value, first);
    onProgress((first + part.count) / images.count);
  }
  return ok(scores);
}
