/** Whether, and what, is known before the first unknown pixel of a model's order. */
import { type Evidence, unknownPixels } from '../../../data/known-pixels.ts';
import { getPixel, pixelCount } from '../../../data/images.ts';
import { membersOf } from '../../../models/shared/class-conditional.ts';
import { logBernoulli } from '../../../models/shared/math.ts';
import { isClassConditional, memberSpec, ordersOf } from '../../../models/registry.ts';
import type { Model } from '../../../models/types.ts';

/** Whether all known pixels come before all unknown ones, in the one order that the model has. */
export function knownComeFirst(model: Model, { known }: Evidence): boolean {
  const orders = ordersOf(model);
  if (orders.length !== 1) return false;
  const unknownYet = orders[0].findIndex((pixel) => !getPixel(known, 0, pixel));
  return unknownYet < 0 || orders[0].subarray(unknownYet).every((pixel) => !getPixel(known, 0, pixel));
}

/** What a sample of a member draws before its first pixel, without a look at the known ones; null where nothing. */
export function latentDrawnFirst(model: Model): string | null {
  const { latent, orders } = memberSpec(model.family);
  const members = isClassConditional(model) ? membersOf(model) : [model];
  const several = members.some((member) => (orders?.(member).length ?? 1) > 1);
  return several ? 'one of its orders' : (latent ?? null);
}

/** Whether sampling on from the known pixels draws from p(unknown | known). */
export function forwardIsExact(model: Model, evidence: Evidence): boolean {
  const unknown = unknownPixels(evidence).length;
  if (unknown === 0 || unknown === pixelCount(model.grid)) return true;
  return !isClassConditional(model) && latentDrawnFirst(model) === null && knownComeFirst(model, evidence);
}

/** log p of the known pixels in nats, where they come first, out of the logits of their image, [n]. */
export function knownLogLikelihood({ image, known }: Evidence, logits: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < logits.length; i++)
    if (getPixel(known, 0, i)) sum += logBernoulli(getPixel(image, 0, i), logits[i]);
  return sum;
}
