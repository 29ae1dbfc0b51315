import type { Binarisation } from '../../data/binarisation.ts';
import type { GreyImages, Grid } from '../../data/images.ts';
import type { TrainJob } from '../../engine/api.ts';
import { jobOf } from '../../engine/job.ts';
import { completeHyper, families } from '../../models/registry.ts';
import type { FamilySpec } from '../../models/types.ts';
import { sizingHyper } from '../compare/choice.ts';

/** Components of the mixture that the panel fits: few enough to compare their pictures. */
export const FITTED_UNITS = 20;
const ITERATIONS = 30;

/** A density that EM fits in a second or two, and whose components have pictures. */
export function fittedFamily(): FamilySpec | undefined {
  return families.find(({ task, training }) => task === 'density' && training === 'maximised');
}

/** Labels of the densities with hidden layers, which take minutes to train. */
export function deepFamilies(): readonly string[] {
  const hidden = ({ hyperparameters }: FamilySpec) => hyperparameters.some(({ name }) => name === 'hidden');
  return families.filter(hidden).map(({ label }) => label);
}

/** The job that fits `fittedFamily` to some digits; null where there is no such family. */
export function fitJob(images: GreyImages, grid: Grid, binarisation: Binarisation): TrainJob | null {
  const spec = fittedFamily();
  if (!spec) return null;
  const size = sizingHyper(spec, grid).at(0);
  return jobOf({
    runId: 'hidden-units',
    family: spec.id,
    grid,
    hyper: completeHyper(spec, size ? { [size.name]: FITTED_UNITS } : {}),
    images: { kind: 'grey', images },
    binarisation,
    epochs: ITERATIONS,
  });
}
