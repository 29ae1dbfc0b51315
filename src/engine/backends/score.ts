import { type PackedImages, sliceImages } from '../../data/images.ts';
import type { Evaluator, Learner } from './backend.ts';
import { classLogLikelihood } from '../../models/shared/class-likelihood.ts';

/** Images scored between two yields: a few milliseconds on typed arrays. */
const CHUNK = 256;

/** Packed images and, where they are known, their classes. */
export interface Labelled {
  readonly images: PackedImages;
  /** [count] */
  readonly labels: Uint8Array | null;
}

type Scores = Pick<Learner, 'logLikelihood'>;

/** What training maximises: log p(x), or log p(y | x) of a classifier. */
export function objectiveOf(evaluator: Evaluator, task: 'density' | 'classifier'): Scores {
  const { classLogits } = evaluator;
  if (task === 'density' || !classLogits)
    return { logLikelihood: (images) => evaluator.logLikelihood(images) };
  return {
    logLikelihood: async (images, labels) => classLogLikelihood(await classLogits(images), labels),
  };
}

/** log p in nats of every image, or log p(y | x) of a classifier, [count], yielding to the event loop between chunks. */
export async function scoreInTurns(
  model: Scores,
  { images, labels }: Labelled,
  yieldToEventLoop: () => Promise<void>,
): Promise<Float64Array<ArrayBuffer>> {
  const all = new Float64Array(images.count);
  await inTurns(images, yieldToEventLoop, async (chunk, first) => {
    const own = labels && labels.subarray(first, first + chunk.count);
    all.set(await model.logLikelihood(chunk, own), first);
  });
  return all;
}

/** Calls `work` on chunks of the images, yielding to the event loop between them. */
export async function inTurns(
  images: PackedImages,
  yieldToEventLoop: () => Promise<void>,
  work: (chunk: PackedImages, first: number) => Promise<void>,
): Promise<void> {
  for (let first = 0; first < images.count; first += CHUNK) {
    await work(sliceImages(images, first, Math.min(CHUNK, images.count - first)), first);
    await yieldToEventLoop();
  }
}
