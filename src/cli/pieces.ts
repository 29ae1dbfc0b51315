import { CLASSES, type PackedImages, sliceImages } from '../data/images.ts';
import { forEachSlice } from '../data/slices.ts';
import type { Backend, Evaluator } from '../engine/backends/backend.ts';
import type { Model } from '../models/model.ts';

/** Intended duration of a piece: short enough for a smooth bar, long enough for little overhead. */
const TARGET_MS = 150;

/** Images of a piece where several are under way at a time, on as many threads. */
const SIDE_BY_SIDE = 256;

/**
 * Does `work` on images 0 to total - 1 in slices, `concurrency` at a time, and calls `done` after each with the number of images so
 * far.
 */
export async function inPieces(
  total: number,
  done: (images: number) => void,
  work: (first: number, count: number) => Promise<void>,
  concurrency = 1,
): Promise<void> {
  let finished = 0;
  await forEachSlice(total, {
    ...(concurrency > 1 ? { concurrency, size: SIDE_BY_SIDE } : { targetMs: TARGET_MS }),
    work: async (first, count) => {
      await work(first, count);
      done((finished += count));
    },
  });
}

/** log p of every image in nats, [count]. */
export async function logLikelihoodOf(
  evaluator: Pick<Evaluator, 'logLikelihood' | 'concurrency'>,
  images: PackedImages,
  done: (images: number) => void,
): Promise<Float64Array<ArrayBuffer>> {
  const all = new Float64Array(images.count);
  await inPieces(
    images.count,
    done,
    async (first, count) => {
      all.set(await evaluator.logLikelihood(sliceImages(images, first, count)), first);
    },
    evaluator.concurrency,
  );
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
  await inPieces(
    images.count,
    done,
    async (first, count) => all.set(await read(sliceImages(images, first, count)), first * CLASSES),
    evaluator.concurrency,
  );
  evaluator.destroy();
  return all;
}
