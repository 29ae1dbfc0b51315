import { type Evidence, requireGrid } from '../../../data/known-pixels.ts';
import { blankImages, getPixel, pixelCount, type PackedImages, wordsPerImage } from '../../../data/images.ts';
import { logBernoulli } from '../../../models/shared/math.ts';
import type { Model, SampleRequest } from '../../../models/types.ts';
import type { Evaluator } from '../../backends/backend.ts';
import { groupByClass } from '../../backends/class-conditional/groups.ts';
import { classesOf } from '../../backends/class-conditional/class-models.ts';
import { latentDrawnFirst } from './known-first.ts';

/**
 * Log weights of `images`, drawn at temperature 1 by a sampler of the evaluator with `evidence` given, [count] nats: log p
 * less the log probability with which they were drawn, that is the sum over known pixels of log p(x_i | x_<i). The mean of
 * exp(weight) estimates p(known) without bias (Shachter and Peot 1989, "likelihood weighting"). Of a class-conditional model
 * it is the weight of an image with the class that the sampler drew for it, the sum being over log p(x_i | x_<i, class).
 *
 * Null where the family draws a latent (the component of a mixture, the order of an ensemble) before the first pixel: the
 * evaluator's conditionals are summed over the latent, and are not those that the sampler drew from.
 * `request` is the one that the images were drawn with. Throws RangeError for another temperature, count or size.
 */
export async function forwardLogWeights(
  evaluator: Evaluator,
  model: Model,
  images: PackedImages,
  evidence: Evidence,
  request: SampleRequest,
): Promise<Float64Array<ArrayBuffer> | null> {
  if (latentDrawnFirst(model) !== null) return null;
  requireGrid(evidence, model.grid);
  if (request.temperature !== 1)
    throw new RangeError(`temperature: ${request.temperature}; samples are weighed at 1`);
  if (images.count !== request.indices.length)
    throw new RangeError(`images: ${images.count} of ${request.indices.length} samples`);
  const { classModels } = evaluator;
  if (!classModels) return sumKnown(await evaluator.conditionalLogits(images), images.count, evidence);
  const weights = new Float64Array(images.count);
  for (const [y, rows] of groupByClass(classesOf(model, request)).entries()) {
    if (rows.length === 0) continue;
    const logits = await classModels[y].conditionalLogits(takeImages(images, rows));
    sumKnown(logits, rows.length, evidence).forEach((nats, at) => (weights[rows[at]] = nats));
  }
  return weights;
}

/** Sum over known pixels of log p(x_i) by logits, [count, n]: [count]. */
function sumKnown(
  logits: Float32Array,
  count: number,
  { image, known }: Evidence,
): Float64Array<ArrayBuffer> {
  const n = pixelCount(image.grid);
  const sums = new Float64Array(count);
  for (let i = 0; i < n; i++) {
    if (!getPixel(known, 0, i)) continue;
    const x = getPixel(image, 0, i);
    for (let m = 0; m < count; m++) sums[m] += logBernoulli(x, logits[m * n + i]);
  }
  return sums;
}

function takeImages(images: PackedImages, rows: Uint32Array): PackedImages {
  const stride = wordsPerImage(images.grid);
  const taken = blankImages(images.grid, rows.length);
  rows.forEach((row, at) =>
    taken.words.set(images.words.subarray(row * stride, (row + 1) * stride), at * stride),
  );
  return taken;
}
