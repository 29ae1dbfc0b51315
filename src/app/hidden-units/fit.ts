import type { Binarisation } from '../../data/binarisation.ts';
import type { GreyImages, Grid } from '../../data/images.ts';
import type { TrainJob } from '../../engine/api.ts';
import { jobOf } from '../../engine/job.ts';
import { families, presetHyper, withRole } from '../../models/registry.ts';
import type { FamilySpec } from '../../models/family-spec.ts';

/** Components of the mixture that the panel fits: few enough to compare their pictures. */
export const FITTED_UNITS = 20;
const ITERATIONS = 30;

/** Families with hidden units that EM fits to the starter digits in seconds. */
export function fittedFamilies(): readonly FamilySpec[] {
  return families.filter(({ features, training }) => features && training === 'em');
}

/** "mixture of trees": what is fitted, within a sentence. */
export function fittedName({ label }: FamilySpec): string {
  return label.replace(/ \(.*\)$/, '').toLowerCase();
}

/** The job that fits one of `fittedFamilies` to some digits. */
export function fitJob(
  spec: FamilySpec,
  images: GreyImages,
  grid: Grid,
  binarisation: Binarisation,
): TrainJob {
  const size = withRole(spec, 'size').at(0);
  return jobOf({
    runId: 'hidden-units',
    family: spec.id,
    grid,
    hyper: { ...presetHyper(spec, 'starter'), ...(size ? { [size.name]: FITTED_UNITS } : {}) },
    images: { kind: 'grey', images },
    binarisation,
    epochs: ITERATIONS,
  });
}
