import type { Binarisation } from '../../data/binarisation.ts';
import type { GreyImages, Grid } from '../../data/images.ts';
import type { TrainJob } from '../../engine/api.ts';
import { jobOf } from '../../engine/job.ts';
import { completeHyper, families, withRole } from '../../models/registry.ts';
import type { FamilySpec } from '../../models/types.ts';

/** Components of the mixture that the panel fits: few enough to compare their pictures. */
export const FITTED_UNITS = 20;
const ITERATIONS = 30;

/** A family with hidden units that EM fits in a second or two. */
export function fittedFamily(): FamilySpec | undefined {
  return families.find(({ features, training }) => features && training === 'em');
}

/** Labels of the families with hidden units that take minutes to train. */
export function deepFamilies(): readonly string[] {
  return families
    .filter(({ features, training }) => features && training === 'descended')
    .map(({ label }) => label);
}

/** The job that fits `fittedFamily` to some digits; null where there is no such family. */
export function fitJob(images: GreyImages, grid: Grid, binarisation: Binarisation): TrainJob | null {
  const spec = fittedFamily();
  if (!spec) return null;
  const size = withRole(spec, 'size').at(0);
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
