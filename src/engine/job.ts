import { folderSpec, trainingOf, usualTargets } from '../models/registry.ts';
import type { TrainingSteps } from '../models/training.ts';
import type { GreyImages } from '../data/images.ts';
import type { DescentJob, EmJob, ImageSource, RunSettings, TrainJob } from './api.ts';

/** What a caller means by a run; of the rest a job has the defaults. */
export type JobSettings<Images> = Omit<RunSettings, 'validationShare' | 'seed'> &
  Partial<
    RunSettings & TrainingSteps & Pick<EmJob, 'checkpoints'> & Pick<DescentJob, 'targets' | 'shards'>
  > & {
    readonly images: Images;
  };

/**
 * The job that trains a family: of the settings it has those that the family's training reads. Defaults are the family's training
 * steps, one pass where it counts, soft targets where bits are drawn afresh in every epoch, seed 0, no images held back and no checkpoints kept. Throws for an unknown family.
 */
export function jobOf<Images extends ImageSource | GreyImages>(
  settings: JobSettings<Images>,
): TrainJob<Images> {
  const { runId, family, grid, hyper, images, binarisation } = settings;
  const { validationShare = 0, seed = 0, checkpoints = 'none' } = settings;
  const run = { runId, family, grid, hyper, images, binarisation, validationShare, seed };
  const spec = folderSpec(family);
  const { training } = spec;
  const usual = trainingOf(spec);
  const { epochs, batchSize = usual.batchSize, learningRate = usual.learningRate } = settings;
  switch (training) {
    case 'counted':
      return { ...run, training, passes: binarisation.kind === 'dynamic' ? (epochs ?? 1) : 1 };
    case 'em':
      return { ...run, training, epochs: epochs ?? usual.epochs, checkpoints };
    case 'descended': {
      const targets = settings.targets ?? usualTargets(spec, binarisation);
      const steps = { epochs: epochs ?? usual.epochs, batchSize, learningRate };
      const { shards } = settings;
      const chosen = {
        ...(targets === null ? {} : { targets }),
        ...(shards === undefined ? {} : { shards }),
      };
      return { ...run, training, ...steps, checkpoints, ...chosen };
    }
  }
}
