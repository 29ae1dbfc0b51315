import { CLASSES, type PackedImages, sliceImages } from '../data/images.ts';
import type { Backend, Evaluator } from '../engine/backends/backend.ts';
import type { Model } from '../models/types.ts';

/** Intended duration of a piece: short enough for a smooth bar, long enough for little overhead. */
const TARGET_MS = 150;
const FIRST_PIECE = 64;
const MAX_PIECE = 4096;

/**
 * Does `work` on images 0 to total - 1 in pieces, adapts their size to the speed, and calls `done` after each with the
 * number of images so far. The result must not depend on the size of the pieces.
 */
export async function inPieces(
  total: number,
  done: (images: number) => void,
  work: (first: number, count: number) => Promise<void>,
): Promise<void> {
  let size = FIRST_PIECE;
  for (let first = 0; first < total;) {
    const count = Math.min(size, total - first);
    const startedAt = performance.now();
    await work(first, count);
    const elapsed = performance.now() - startedAt;
    first += count;
    done(first);
    if (elapsed < TARGET_MS / 2) size = Math.min(MAX_PIECE, size * 2);
    else if (elapsed > TARGET_MS * 2) size = Math.max(1, size >> 1);
  }
}

/** log p of every image in nats, [count]. */
export async function logLikelihoodOf(
  evaluator: Pick<Evaluator, 'logLikelihood'>,
  images: PackedImages,
  done: (images: number) => void,
): Promise<Float64Array<ArrayBuffer>> {
  const all = new Float64Array(images.count);
  await inPieces(images.count, done, async (first, count) => {
    all.set(await evaluator.logLikelihood(sliceImages(images, first, count)), first);
  });
  return all;
}

/** log p(y, x) up to a constant per image, or a classifier's logits, [count, CLASSES]. */
export async function classLogitsOf(
  backend: Backend,
  model: Model,
  images: PackedImages,
  done: (images: number) => void = () => undefined,
): Promise<Float64Array<ArrayBuffer>> {
  const evaluator = await backend.open(model);
  const read = evaluator.classLogits;
  if (!read) throw new Error(`${model.family}: the backend gives no class logits`);
  const all = new Float64Array(images.count * CLASSES);
  await inPieces(images.count, done, async (first, count) =>
    all.set(await read(sliceImages(images, first, count)), first * CLASSES),
  );
  evaluator.destroy();
  return all;
}
