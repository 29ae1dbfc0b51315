import { CLASSES, pixelCount } from '../../data/images.ts';
import { folderSpec } from '../../models/registry.ts';
import type { Model, Tensors } from '../../models/model.ts';
import type { Divergence } from '../api.ts';

/**
 * A model counts as diverged from this multiple of the uniform loss on. Initial weights reach about the uniform loss, and a run
 * that was stopped early may be slightly above it.
 */
const DIVERGENCE_FACTOR = 1.5;

/** Mean -log p in nats of the uniform distribution over images, over classes where the model is a classifier. */
export function uniformNats({ family, grid }: Pick<Model, 'family' | 'grid'>): number {
  return folderSpec(family).task === 'density' ? pixelCount(grid) * Math.LN2 : Math.log(CLASSES);
}

/** The divergence of a descended model whose training images have a mean -log p of `nats`; null where it has not diverged. */
export function divergenceOf(
  model: Pick<Model, 'family' | 'grid'>,
  step: number,
  nats: number,
): Divergence | null {
  const uniform = uniformNats(model);
  return nats <= DIVERGENCE_FACTOR * uniform ? null : { step, nats, uniform };
}

/** Whether every weight is a finite number. */
export function hasFiniteWeights(tensors: Tensors): boolean {
  return Object.values(tensors).every((values) => {
    for (const value of values) if (!Number.isFinite(value)) return false;
    return true;
  });
}
