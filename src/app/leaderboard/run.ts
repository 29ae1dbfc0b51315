import { binarise, checkBinarisation } from '../../data/binarise.ts';
import { type GreyImages, type Grid, type PackedImages } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Binarisation } from '../../data/binarisation.ts';
import type { Engine, Estimate, TrainJob } from '../../engine/api.ts';
import { jobOf } from '../../engine/job.ts';
import { findFamily, isClassConditional } from '../../models/registry.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { Hyper, Model } from '../../models/model.ts';
import { meanOf } from './rows.ts';
import type { Accuracy } from '../../data/accuracy.ts';
import { accuracyOf } from '../../stats/sample-efficiency.ts';
import { heldBackShare } from '../compare/learnt-from.ts';
import type { TrainingData } from '../training/training-data.ts';
import { whileLoaded } from '../while-loaded.ts';

/** Binarised test images. */
export interface TestSet {
  readonly images: PackedImages;
  readonly labels: Uint8Array | null;
}

export interface Measured {
  /** Null for a classifier, which has no p(x). */
  readonly nats: Estimate | null;
  /** Null where the model has no classes, or the images have no labels. */
  readonly accuracy: Accuracy | null;
}

/** Binarises grey test images; the random bits depend on the index of an image within the test set. */
export function testSetOf(images: GreyImages, binarisation: Binarisation): Result<TestSet> {
  const reason = checkBinarisation(images, binarisation);
  return reason === null
    ? ok({ images: binarise(images, binarisation), labels: images.labels })
    : fail(reason);
}

/** A training job of the leaderboard. All models have the same images held back. */
export function boardJobOf(
  spec: FamilySpec,
  hyper: Hyper,
  grid: Grid,
  { images, dataset }: TrainingData,
  binarisation: Binarisation,
  epochs: number,
): TrainJob {
  const run = { runId: `leaderboard ${spec.id}`, validationShare: heldBackShare(dataset.images), seed: 1 };
  return jobOf({ ...run, family: spec.id, grid, hyper, images, binarisation, epochs });
}

/** Measures a model on the test images; both results are null where there are none. */
export async function measure(
  engine: Engine,
  model: Model,
  test: TestSet | null,
  signal: AbortSignal,
): Promise<Result<Measured>> {
  if (!test) return ok({ nats: null, accuracy: null });
  const { images, labels } = test;
  const name = `leaderboard ${++serial}`;
  return await whileLoaded(engine, name, model, async () => {
    let nats: Estimate | null = null;
    let accuracy: Accuracy | null = null;
    const density = findFamily(model.family)?.task === 'density';
    if (density) {
      const scores = await engine.score(name, images, signal);
      if (!scores.ok) return scores;
      nats = meanOf(scores.value);
    }
    if (labels && (!density || isClassConditional(model))) {
      const logits = await engine.classLogits(name, images, signal);
      if (!logits.ok) return logits;
      accuracy = accuracyOf(logits.value, labels);
    }
    signal.throwIfAborted();
    return ok({ nats, accuracy });
  });
}

let serial = 0;
