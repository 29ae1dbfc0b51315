import { type PackedImages, sliceImages } from '../../data/images.ts';
import { forEachSlice, type SliceOptions } from '../../data/slices.ts';
import type { Evaluator, Learner } from './backend.ts';
import { classLogLikelihood } from '../../models/shared/class-likelihood.ts';

/** Images of a slice: a few milliseconds on typed arrays. */
const SLICE = 256;

/** Packed images and, where they are known, their classes. */
export interface Labelled {
  readonly images: PackedImages;
  /** [count] */
  readonly labels: Uint8Array | null;
}

type Scores = Pick<Learner, 'logLikelihood' | 'concurrency'>;

/** What training maximises: log p(x), or log p(y | x) of a classifier. */
export function objectiveOf(evaluator: Evaluator, task: 'density' | 'classifier'): Scores {
  const { classLogits } = evaluator;
  if (task === 'density' || !classLogits)
    return { concurrency: evaluator.concurrency, logLikelihood: (images) => evaluator.logLikelihood(images) };
  return {
    concurrency: evaluator.concurrency,
    logLikelihood: async (images, labels) => classLogLikelihood(await classLogits(images), labels),
  };
}

/** log p in nats of every image, or log p(y | x) of a classifier, [count], in slices. */
export function scoreInTurns(
  model: Scores,
  { images, labels }: Labelled,
  yieldToEventLoop: () => Promise<void>,
  signal?: AbortSignal,
): Promise<Float64Array<ArrayBuffer>> {
  const score = (slice: PackedImages, first: number) =>
    model.logLikelihood(slice, labels && labels.subarray(first, first + slice.count));
  return inTurns(images, 1, score, { yieldToEventLoop, signal, concurrency: model.concurrency });
}

/** `width` numbers for every image, [count, width], in slices. */
export async function inTurns(
  images: PackedImages,
  width: number,
  evaluate: (slice: PackedImages, first: number) => Promise<Float64Array>,
  options: Pick<SliceOptions, 'signal' | 'yieldToEventLoop' | 'concurrency'>,
): Promise<Float64Array<ArrayBuffer>> {
  const all = new Float64Array(images.count * width);
  await forEachSlice(images.count, {
    ...options,
    size: SLICE,
    work: async (first, count) =>
      all.set(await evaluate(sliceImages(images, first, count), first), first * width),
  });
  return all;
}
