/** What a model's order and latents say about known and unknown pixels: for completions and for classes alike. */
import { type KnownPixels, knownComeFirst, unknownPixels } from '../../data/known-pixels.ts';
import { getPixel, type PackedImages, pixelCount } from '../../data/images.ts';
import { logBernoulli } from '../../models/shared/math.ts';
import { averagedOrders, folderSpec, isClassConditional, ordersOf } from '../../models/registry.ts';
import type { Model } from '../../models/model.ts';

/**
 * The latent that a sampler draws before the first pixel, independently of the known ones; null where there is none. Samples of
 * a model with one cannot be weighted: its conditionals are summed over the latent, and are not those that the sampler drew from.
 */
export function latentDrawnFirst(model: Model): string | null {
  return averagedOrders(model) > 1 ? 'one of its orders' : (folderSpec(model.family).latent ?? null);
}

/** Whether sampling on from the known pixels is exact: they come first in the model's only order, and no latent before them. */
export function chainsFromKnown(model: Model, knownPixels: KnownPixels): boolean {
  const orders = ordersOf(model);
  return orders.length === 1 && latentDrawnFirst(model) === null && knownComeFirst(orders[0], knownPixels);
}

/** Whether forward sampling draws from p(unknown | known). */
export function forwardIsExact(model: Model, knownPixels: KnownPixels): boolean {
  const unknown = unknownPixels(knownPixels).length;
  if (unknown === 0 || unknown === pixelCount(model.grid)) return true;
  return !isClassConditional(model) && chainsFromKnown(model, knownPixels);
}

/**
 * Sum over the known pixels i of log p(x_i | x_<i) by the logits, [count, n], of some images: [count] nats. `known` is one image.
 * Where the known pixels come first in the order it is their log p, the others being of no account.
 */
export function sumOverKnown(
  images: PackedImages,
  known: PackedImages,
  logits: Float32Array,
): Float64Array<ArrayBuffer> {
  const n = pixelCount(images.grid);
  const sums = new Float64Array(images.count);
  for (let i = 0; i < n; i++)
    if (getPixel(known, 0, i))
      for (let m = 0; m < sums.length; m++)
        sums[m] += logBernoulli(getPixel(images, m, i), logits[m * n + i]);
  return sums;
}
