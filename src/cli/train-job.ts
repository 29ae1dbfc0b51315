import type { Binarisation } from '../data/binarisation.ts';
import type { GreyImages } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { jobOf } from '../engine/job.ts';
import type { TrainJob } from '../engine/api.ts';
import type { FamilySpec } from '../models/family-spec.ts';
import type { Hyper } from '../models/model.ts';
import { trainingOf, usualTargets } from '../models/registry.ts';
import type { TargetKind } from '../models/runs.ts';

/** Share held back for validation by families trained by EM or gradient descent, which keep the weights with the lowest validation loss. */
const HELD_BACK = 1 / 12;

/** What the options of `train` say of a run, beside its files; null where they say nothing. */
export interface RunOptions {
  readonly binarise: Binarisation;
  readonly seed: number;
  readonly epochs: number | null;
  readonly batch: number | null;
  readonly 'learning-rate': number | null;
  readonly targets: TargetKind | null;
  readonly 'valid-share': number | null;
}

/** The job of a run on these images. `grid` is theirs. */
export function jobFor(
  spec: FamilySpec,
  hyper: Hyper,
  images: GreyImages,
  options: RunOptions,
): Result<TrainJob<GreyImages>> {
  const { binarise, seed, targets } = options;
  if (targets === 'soft' && usualTargets(spec, binarise) === null)
    return fail('--targets: soft needs --binarise dynamic:SEED and a density that takes Adam steps');
  const usual = trainingOf(spec);
  return ok(
    jobOf({
      runId: 'cli',
      family: spec.id,
      grid: images.grid,
      hyper,
      images,
      binarisation: binarise,
      seed,
      validationShare: options['valid-share'] ?? (spec.training === 'counted' ? 0 : HELD_BACK),
      ...(targets === null ? {} : { targets }),
      epochs: options.epochs ?? usual.epochs,
      batchSize: options.batch ?? usual.batchSize,
      learningRate: options['learning-rate'] ?? usual.learningRate,
    }),
  );
}

/** Further files and settings that the figures of a run depend on. */
export interface FurtherSettings {
  /** Of images that are held back by number, or lie in a file of their own: "valid-last 5000"; null where it is a share of the images. */
  readonly validation: string | null;
  /** Digest of the classes that it learns from; null where it learns from none. */
  readonly labels: string | null;
  /** Digest of the model that it begins with. */
  readonly from: string | null;
}

/** The settings of a run that have no field of their own in its result: "epochs 5, batch 128, learning-rate 0.003, valid-share 0.1". */
export function howOf(job: TrainJob<GreyImages>, { validation, labels, from }: FurtherSettings): string {
  const share = job.validationShare;
  const parts = [
    ...stepsOf(job),
    validation ?? (share > 0 ? `valid-share ${Number(share.toPrecision(6))}` : null),
    labels === null ? null : `labels ${labels}`,
    from === null ? null : `from ${from}`,
  ];
  return parts.filter((part) => part !== null).join(', ');
}

function stepsOf(job: TrainJob<GreyImages>): string[] {
  switch (job.training) {
    case 'counted':
      return [`passes ${job.passes}`];
    case 'em':
      return [`epochs ${job.epochs}`];
    case 'descended':
      return [
        `epochs ${job.epochs}`,
        `batch ${job.batchSize}`,
        `learning-rate ${job.learningRate}`,
        ...(job.targets ? [`targets ${job.targets}`] : []),
      ];
  }
}
