import type { Binarisation } from '../../data/binarisation.ts';
import type { GreyImages, Grid } from '../../data/images.ts';
import type { TrainRequest } from '../../engine/api.ts';
import { completeHyper, families, trainingOf } from '../../models/registry.ts';
import type { FamilySpec } from '../../models/types.ts';
import { sizingHyper } from '../compare/choice.ts';

/** Units of the model that is fitted on the spot: as many pictures as a glance takes in. */
export const FITTED_UNITS = 20;
const ITERATIONS = 30;

/** A density that EM fits in a second or two; its components can be looked at. */
export function fittedFamily(): FamilySpec | undefined {
  return families.find(({ task, training }) => task === 'density' && training === 'maximised');
}

/** Densities with hidden layers, by their labels: they take minutes to train. */
export function deepFamilies(): readonly string[] {
  const hidden = ({ hyperparameters }: FamilySpec) => hyperparameters.some(({ name }) => name === 'hidden');
  return families.filter(hidden).map(({ label }) => label);
}

/** How that family is fitted to some digits; null where there is none. */
export function fitRequest(images: GreyImages, grid: Grid, binarisation: Binarisation): TrainRequest | null {
  const spec = fittedFamily();
  if (!spec) return null;
  const size = sizingHyper(spec, grid).at(0);
  const { batchSize, learningRate } = trainingOf(spec);
  return {
    runId: 'features',
    family: spec.id,
    grid,
    hyper: completeHyper(spec, size ? { [size.name]: FITTED_UNITS } : {}),
    images: { kind: 'grey', images },
    binarisation,
    validationShare: 0,
    seed: 0,
    epochs: ITERATIONS,
    batchSize,
    learningRate,
    checkpoint: null,
  };
}
