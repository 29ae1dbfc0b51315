/** What a model can and cannot answer. */
import { findFamily, isClassConditional } from '../../models/registry.ts';
import type { ModelSlot } from '../compare/model-slot.svelte.ts';
import type { Need } from './list.ts';

type Questioned = Pick<ModelSlot, 'model' | 'classifies' | 'knowsClasses' | 'order'>;

/**
 * Why the model of a slot cannot answer a question with this need, as the end of a sentence that begins with the model; null where it
 * can, and while the slot is empty.
 */
export function lackOf({ model, classifies, knowsClasses, order }: Questioned, need: Need): string | null {
  if (!model) return null;
  if (need === 'classes')
    return knowsClasses ? null : 'was trained on all digits together and knows nothing of classes';
  if (classifies)
    return 'is a classifier: it says which digit an image shows and never how probable the image is, for it has no p(x)';
  if (need === 'one order' && order && !order.places)
    return (
      `goes through the pixels in ${order.count} different orders and averages the probabilities that they give to the whole image: ` +
      'the logarithm of a mean is no sum over pixels'
    );
  if (need === 'hidden units') {
    if (!findFamily(model.family)?.features)
      return 'has no hidden units: its conditionals depend on the pixels directly';
    if (isClassConditional(model))
      return 'has hidden units of its own for each digit, which cannot be compared';
  }
  return null;
}
