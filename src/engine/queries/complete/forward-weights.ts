import { type KnownPixels, requireGrid } from '../../../data/known-pixels.ts';
import { type PackedImages, takeImages } from '../../../data/images.ts';
import type { Model } from '../../../models/model.ts';
import type { SampleRequest } from '../../../models/sampling.ts';
import type { Evaluator } from '../../backends/backend.ts';
import { groupByClass } from '../../backends/class-conditional/groups.ts';
import { classesOf } from '../../backends/class-conditional/class-models.ts';
import { latentDrawnFirst, sumOverKnown } from '../known-pixels.ts';

/**
 * Log weights of `images`, drawn at temperature 1 by a sampler of the evaluator with `knownPixels` given, [count] nats: log p
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
  knownPixels: KnownPixels,
  request: SampleRequest,
): Promise<Float64Array<ArrayBuffer> | null> {
  if (latentDrawnFirst(model) !== null) return null;
  requireGrid(knownPixels, model.grid);
  if (request.temperature !== 1)
    throw new RangeError(`temperature: ${request.temperature}; samples are weighed at 1`);
  if (images.count !== request.indices.length)
    throw new RangeError(`images: ${images.count} of ${request.indices.length} samples`);
  const { classModels } = evaluator;
  if (!classModels) return sumOverKnown(images, knownPixels.known, await evaluator.conditionalLogits(images));
  const weights = new Float64Array(images.count);
  for (const [y, rows] of groupByClass(classesOf(model, request)).entries()) {
    if (rows.length === 0) continue;
    const own = takeImages(images, rows);
    const logits = await classModels[y].conditionalLogits(own);
    sumOverKnown(own, knownPixels.known, logits).forEach((nats, at) => (weights[rows[at]] = nats));
  }
  return weights;
}
