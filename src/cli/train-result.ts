import type { Accuracy } from '../data/accuracy.ts';
import { binarise } from '../data/binarise.ts';
import type { GreyImages } from '../data/images.ts';
import type { Backend } from '../engine/backends/backend.ts';
import type { Estimate, TrainOutcome } from '../engine/api.ts';
import { estimateOf } from '../engine/training/summary.ts';
import { folderSpec, needsLabels } from '../models/registry.ts';
import { encodeResults, MAX_NATS } from '../models/results.ts';
import { classLogitsOf, logLikelihoodOf } from './pieces.ts';
import { accuracyOf } from '../stats/sample-efficiency.ts';
import type { TrainCommand } from './train-command.ts';

/** What a model reaches on test images. */
export interface Tested {
  /** Mean -log p(x); null of a classifier, and where weights that diverged give no number. */
  readonly test: Estimate | null;
  /** Null where the model or the images have no classes. */
  readonly accuracy: Accuracy | null;
}

/** Measures the model of a run on test images, binarised as its training images were. `done` hears how many are done. */
export async function measureTest(
  backend: Backend,
  { job, spec }: Pick<TrainCommand, 'job' | 'spec'>,
  { model }: Pick<TrainOutcome, 'model'>,
  test: GreyImages,
  done: (images: number) => void,
): Promise<Tested> {
  const images = binarise(test, job.binarisation);
  let nats: Estimate | null = null;
  if (folderSpec(spec.id).task === 'density') {
    const evaluator = await backend.open(model);
    nats = estimateOf(await logLikelihoodOf(evaluator, images, done));
    evaluator.destroy();
  }
  const { labels } = test;
  const accuracy =
    labels && needsLabels(model)
      ? accuracyOf(await classLogitsOf(backend, model, images, done), labels)
      : null;
  const finite = nats && Number.isFinite(nats.nats) && Number.isFinite(nats.standardError);
  return { test: finite ? nats : null, accuracy };
}

/** The file of one result; null where there is none to write. */
export function resultFile(
  { result: path, spec, job, identity }: Pick<TrainCommand, 'result' | 'spec' | 'job' | 'identity'>,
  outcome: TrainOutcome,
  tested: Tested | null,
  machine: string,
): { readonly path: string; readonly bytes: Uint8Array } | null {
  if (path === null || outcome.ended === 'stopped') return null;
  const { family, grid, hyper, binarisation, seed } = job;
  const { epochs, seconds, backend, train, validation, diverged } = outcome;
  const run = {
    name: null,
    ...{ family, hyper, grid, parameters: spec.parameterCount(grid, hyper) },
    ...identity(),
    ...{ binarisation, seed, backend, machine },
    ...{ epochs, seconds, diverged: diverged !== null },
    ...{ train: written(train), validation: validation && written(validation) },
    ...{ test: tested?.test ?? null, accuracy: tested?.accuracy ?? null },
  };
  return { path, bytes: encodeResults([run]) };
}

/** JSON has neither infinity nor NaN, which a run that diverged may end with. */
function written({ nats, standardError, images }: Estimate): Estimate {
  const finite = (value: number) => (Math.abs(value) <= MAX_NATS ? value : MAX_NATS);
  return { nats: finite(nats), standardError: finite(standardError), images };
}
