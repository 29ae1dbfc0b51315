import { MAX_VALIDATION_IMAGES } from '../../data/dataset.ts';
import type { ModelRecord } from '../../store/records.ts';
import { LEARNING } from './counted-models.ts';
import { SHIPPED_ID } from './shipped-models.ts';

/** With fewer images none are held back for validation. */
const MIN_IMAGES_TO_SPLIT = 20;

/** The share of a data set's images that is held back for validation. */
export function heldBackShare(images: number): number {
  return images < MIN_IMAGES_TO_SPLIT ? 0 : 0.1;
}

/**
 * How many images a model learnt from, and how many of its data set were held back to validate it. The images of a model that comes with the
 * app were split before, and none of those that it names was held back; a file does not say how many were.
 */
export function learntFrom({
  id,
  dataset,
  validation,
  file,
}: Pick<ModelRecord, 'id' | 'dataset' | 'validation' | 'file'>): {
  readonly learnt: number;
  readonly heldBack: number;
} {
  // A run that goes on has no measured validation yet.
  const split = (validation !== null || id.startsWith(LEARNING)) && !id.startsWith(SHIPPED_ID) && !file;
  const share = heldBackShare(dataset.images);
  const heldBack = split ? Math.min(Math.round(dataset.images * share), MAX_VALIDATION_IMAGES) : 0;
  return { learnt: dataset.images - heldBack, heldBack };
}
