import { binarise, checkBinarisation } from '../../data/binarise.ts';
import { CLASSES, type GreyImages, type Grid, type PackedImages } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Binarisation } from '../../data/binarisation.ts';
import type { Engine, Estimate, TrainJob, TrainOutcome, TrainProgress } from '../../engine/api.ts';
import { jobOf } from '../../engine/job.ts';
import { findFamily, isClassConditional } from '../../models/registry.ts';
import type { FamilySpec, Hyper, Model } from '../../models/types.ts';
import { type Accuracy, accuracyOf, meanOf } from './rows.ts';
import { heldBackShare } from '../training/training-sets.ts';
import type { TrainingData } from '../training/training-data.ts';
import type { Turn } from '../turn.ts';
import { whileLoaded } from '../while-loaded.ts';

export const CANCELLED = 'cancelled';

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

/** Trains and measures models one after the other; all calls fail with `CANCELLED` once `cancel` was called. */
export class BoardRun {
  readonly #engine: Engine;
  readonly #turn: Turn;
  #cancelled = false;
  #training = false;

  constructor(engine: Engine, turn: Turn) {
    this.#engine = engine;
    this.#turn = turn;
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  cancel(): void {
    this.#cancelled = true;
    if (this.#training) void this.#engine.stop().catch(() => undefined);
  }

  /** Waits until runs that were started before, also on the Play page, have ended: the engine trains one model at a time. */
  async train(job: TrainJob, onProgress: (progress: TrainProgress) => void): Promise<Result<TrainOutcome>> {
    const done = await this.#turn.take();
    try {
      if (this.#isCancelled()) return fail(CANCELLED);
      this.#training = true;
      const outcome = await this.#engine.train(job, (event) => {
        if (event.type === 'progress') onProgress(event.progress);
      });
      return this.#isCancelled() ? fail(CANCELLED) : outcome;
    } finally {
      this.#training = false;
      done();
    }
  }

  /** Measures a model on the test images; both results are null where there are none. */
  async measure(model: Model, test: TestSet | null): Promise<Result<Measured>> {
    if (!test) return ok({ nats: null, accuracy: null });
    const { images, labels } = test;
    if (this.#isCancelled()) return fail(CANCELLED);
    const name = `leaderboard ${++serial}`;
    return await whileLoaded(this.#engine, name, model, () => this.#measure(name, model, images, labels));
  }

  async #measure(
    name: string,
    model: Model,
    images: PackedImages,
    labels: Uint8Array | null,
  ): Promise<Result<Measured>> {
    let nats: Estimate | null = null;
    let accuracy: Accuracy | null = null;
    const density = findFamily(model.family)?.task === 'density';
    if (density) {
      const scores = await this.#engine.score(name, images);
      if (!scores.ok) return scores;
      nats = meanOf(scores.value);
    }
    if (labels && !this.#isCancelled() && (!density || isClassConditional(model))) {
      const logits = await this.#engine.classLogits(name, images);
      if (!logits.ok) return logits;
      accuracy = accuracyOf(logits.value, labels, CLASSES);
    }
    return this.#isCancelled() ? fail(CANCELLED) : ok({ nats, accuracy });
  }

  /** Checked after every wait. */
  #isCancelled(): boolean {
    return this.#cancelled;
  }
}

let serial = 0;
