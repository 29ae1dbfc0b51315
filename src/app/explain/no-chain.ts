import type { ModelSlot } from '../compare/model-slot.svelte.ts';

type QueriedModel = Pick<ModelSlot, 'classifies' | 'order' | 'state' | 'note'>;

/** Why a model's score is not a sum over the pixels, as a sentence; empty where it is one, or while that is unknown. */
export function refusalOf({ classifies, order, state, note }: QueriedModel): string {
  if (state === 'failed') return note;
  if (classifies)
    return (
      'This model is a classifier. It says which digit an image shows and never how probable the image is: there is ' +
      'no p(x), so no score that could add up. Ask the other model, or choose one that is a density.'
    );
  if (order && !order.places)
    return (
      `This model goes through the pixels in ${order.count} different orders and averages the probabilities that they ` +
      'give to the whole image. Each order has a chain of its own, but the logarithm of a mean is no sum over pixels: ' +
      'there is no single chain to play. Ask the other model, or choose one with a single order.'
    );
  return '';
}
