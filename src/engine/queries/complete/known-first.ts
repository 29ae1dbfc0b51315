/** Whether the known pixels come first in a model's order, and what follows from it. */
import { type Evidence, unknownPixels } from '../../../data/known-pixels.ts';
import { getPixel, pixelCount } from '../../../data/images.ts';
import { logBernoulli } from '../../../models/shared/math.ts';
import { averagedOrders, folderSpec, isClassConditional, ordersOf } from '../../../models/registry.ts';
import type { Model } from '../../../models/types.ts';

/** Whether all known pixels come before all unknown ones, in the one order that the model has. */
export function knownComeFirst(model: Model, { known }: Evidence): boolean {
  const orders = ordersOf(model);
  if (orders.length !== 1) return false;
  const unknownYet = orders[0].findIndex((pixel) => !getPixel(known, 0, pixel));
  return unknownYet < 0 || orders[0].subarray(unknownYet).every((pixel) => !getPixel(known, 0, pixel));
}

/** The latent that a sampler draws before the first pixel, independently of the known ones; null where there is none. */
export function latentDrawnFirst(model: Model): string | null {
  return averagedOrders(model) > 1 ? 'one of its orders' : (folderSpec(model.family).latent ?? null);
}

/** Whether forward sampling draws from p(unknown | known). */
export function forwardIsExact(model: Model, evidence: Evidence): boolean {
  const unknown = unknownPixels(evidence).length;
  if (unknown === 0 || unknown === pixelCount(model.grid)) return true;
  return !isClassConditional(model) && latentDrawnFirst(model) === null && knownComeFirst(model, evidence);
}

/** log p of the known pixels in nats, where they come first, from the logits of their image, [n]. */
export function knownLogLikelihood({ image, known }: Evidence, logits: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < logits.length; i++)
    if (getPixel(known, 0, i)) sum += logBernoulli(getPixel(image, 0, i), logits[i]);
  return sum;
}
