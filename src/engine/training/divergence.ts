import { CLASSES, pixelCount } from '../../data/images.ts';
import { memberSpec } from '../../models/registry.ts';
import type { Model, Tensors } from '../../models/types.ts';
import type { Divergence } from '../api.ts';

/** Initial weights are not worse than a model that knows nothing; a run that was stopped early may be, a little. */
const FAR_WORSE = 1.5;

/** Mean -log p in nats of the uniform distribution over images, over classes where the model is a classifier. */
export function uniformNats({ family, grid }: Pick<Model, 'family' | 'grid'>): number {
  return memberSpec(family).task === 'density' ? pixelCount(grid) * Math.LN2 : Math.log(CLASSES);
}

/** How a descended model diverged whose training images have a mean -log p of `nats`; null where it did not. */
export function divergenceOf(
  model: Pick<Model, 'family' | 'grid'>,
  step: number,
  nats: number,
): Divergence | null {
  const uniform = uniformNats(model);
  return nats <= FAR_WORSE * uniform ? null : { step, nats, uniform };
}

/** Whether every weight is a finite number. */
export function hasFiniteWeights(tensors: Tensors): boolean {
  return Object.values(tensors).every((values) => {
    for (const value of values) if (!Number.isFinite(value)) return false;
    return true;
  });
}
