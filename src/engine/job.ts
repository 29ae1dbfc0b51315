import { memberSpec, trainingOf } from '../models/registry.ts';
import type { TrainingSteps } from '../models/types.ts';
import type { GreyImages } from '../data/images.ts';
import type { Checkpoint, ImageSource, RunSettings, TrainJob } from './api.ts';

/** What a caller means by a run; of the rest a job has the defaults. */
export type JobSettings<Images> = Omit<RunSettings, 'validationShare' | 'seed'> &
  Partial<RunSettings & TrainingSteps> & { readonly images: Images; readonly checkpoint?: Checkpoint | null };

/**
 * The job that trains a family: of the settings it has those that the family's training reads. Defaults are the family's training
 * steps, one pass where it counts, seed 0, and no images held back. Throws for an unknown family.
 */
export function jobOf<Images extends ImageSource | GreyImages>(settings: JobSettings<Images>): TrainJob<Images> {
  const { runId, family, grid, hyper, images, binarisation, checkpoint = null } = settings;
  const { validationShare = 0, seed = 0 } = settings;
  const run = { runId, family, grid, hyper, images, binarisation, validationShare, seed };
  const spec = memberSpec(family);
  const { training } = spec;
  const usual = trainingOf(spec);
  const { epochs, batchSize = usual.batchSize, learningRate = usual.learningRate } = settings;
  switch (training) {
    case 'counted':
      return { ...run, training, passes: binarisation.kind === 'dynamic' ? (epochs ?? 1) : 1 };
    case 'maximised':
      return { ...run, training, epochs: epochs ?? usual.epochs, checkpoint };
    case 'descended':
      return { ...run, training, epochs: epochs ?? usual.epochs, batchSize, learningRate, checkpoint };
  }
}
