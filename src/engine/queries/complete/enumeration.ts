/** p(unknown | known) by enumeration of all completions. */
import { Categorical } from '../../../data/categorical.ts';
import { AllCompletions } from '../../../data/all-completions.ts';
import { putImages, repeatImage } from '../../../data/images.ts';
import type { KnownPixels } from '../../../data/known-pixels.ts';
import { indexRange, Stream, streamKey } from '../../../data/rng.ts';
import type { DrawRequest, ExactSamples, Work } from './work.ts';

/** log p of every completion in nats, [count]. `onPart` gets the share that is done. */
export async function scoreCompletions(
  work: Work,
  completions: AllCompletions,
  onPart: (done: number) => void,
): Promise<Float64Array<ArrayBuffer>> {
  const all = new Float64Array(completions.count);
  await work.inPieces(all.length, async (first, count) => {
    const images = completions.images(indexRange(first, count));
    all.set(await work.evaluate((evaluator) => evaluator.logLikelihood(images)), first);
    onPart((first + count) / all.length);
  });
  return all;
}

/** Draws from the enumerated distribution. `logMarginal` is log p(known) in nats. */
export async function drawEnumerated(
  work: Work,
  knownPixels: KnownPixels,
  { seed, count }: DrawRequest,
): Promise<ExactSamples> {
  const completions = new AllCompletions(knownPixels);
  const images = repeatImage(knownPixels.image, count);
  const logs = await scoreCompletions(work, completions, (done) => work.show(images, knownPixels, done));
  const table = new Categorical(logs);
  const indices = table.draw(seed, streamKey(Stream.completion), indexRange(0, count));
  await work.inPieces(count, (first, some) => {
    putImages(images, first, completions.images(indices.subarray(first, first + some)));
    return Promise.resolve();
  });
  return { images, logMarginal: table.logTotal };
}
