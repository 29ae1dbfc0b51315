import type { Tensors } from '../../models/model.ts';

/** Steps that the running mean of gradients' lengths looks back on, roughly. */
export const CLIP_STEPS = 100;

/** The Euclidean length of a gradient over all tensors, in f64. */
export function lengthOf(gradients: Tensors): number {
  let squares = 0;
  for (const values of Object.values(gradients)) for (const value of values) squares += value * value;
  return Math.sqrt(squares);
}

/**
 * By what a gradient of this length is multiplied at step `step` (from 1 on), 1 or less, and the running mean after it. The mean m of the
 * lengths so far, 0 before the first, bounds it by clip m, and becomes m + (bounded length - m) / min(step, CLIP_STEPS).
 */
export function clipLength(
  length: number,
  mean: number,
  clip: number,
  step: number,
): { readonly factor: number; readonly mean: number } {
  const bound = clip * mean;
  const clipped = mean > 0 && length > bound;
  const own = clipped ? bound : length;
  return { factor: clipped ? bound / length : 1, mean: mean + (own - mean) / Math.min(step, CLIP_STEPS) };
}

/**
 * The decay of the moving average of weights at step `step` (from 1 on): smaller at first, so that a short run is not an average over the
 * weights it started from.
 */
export function averageDecay(decay: number, step: number): number {
  return Math.min(decay, (1 + step) / (10 + step));
}
