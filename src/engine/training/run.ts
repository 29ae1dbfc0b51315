import { binariseRows } from '../../data/binarise.ts';
import { MAX_VALIDATION_IMAGES, splitIndices } from '../../data/dataset.ts';
import type { GreyImages, PackedImages } from '../../data/images.ts';
import { indexRange } from '../../data/rng.ts';
import { folderSpec } from '../../models/registry.ts';
import type { Model } from '../../models/model.ts';
import type { Checkpoint, TrainEvent, TrainJob, TrainProgress } from '../api.ts';
import { type Backend, DeviceLostError } from '../backends/backend.ts';
import { Progress } from './progress.ts';
import type { RunControl } from './run-control.ts';
import { type Labelled, objectiveOf, scoreInTurns } from '../backends/score.ts';
import type { Snapshots } from './snapshots.ts';

/**
 * A job with its images unpacked, and the checkpoint from which it resumes. Where `validationImages` are given, no share of the
 * training images is held back.
 */
export type UnpackedJob = TrainJob<GreyImages> & {
  readonly validationImages?: GreyImages | null;
  readonly checkpoint?: Checkpoint | null;
};

export interface TrainHooks {
  readonly control: RunControl;
  readonly onEvent: (event: TrainEvent) => void;
  readonly onCheckpoint?: (checkpoint: Checkpoint) => void;
  /** Where weights from along the run are kept; absent where they are not looked at. */
  readonly snapshots?: Snapshots | null;
  /**
   * The current backend. After a device loss it resolves once there is another one. Once the signal is aborted it resolves at
   * once with the backend that is available.
   */
  readonly backend: (signal: AbortSignal) => Promise<Backend>;
  /** Lets other tasks of the thread run: messages, timers. */
  readonly yieldToEventLoop: () => Promise<void>;
}

/** Images of one step of a pass: what is read between two yields to the event loop. */
const CHUNK = 256;
/** Held-back images that are scored where a figure of all of them would take too long. */
const SOME_HELD_BACK = 500;

type Rows = Uint32Array<ArrayBuffer>;

/** What counting, EM and gradient descent share: the split, the progress, pauses and the recovery from a lost device. */
export class Run {
  readonly job: UnpackedJob;
  readonly hooks: TrainHooks;
  readonly progress: Progress;
  /** Indices into the job's images. */
  readonly rows: Rows;
  /** The images that are not trained on, and which of them validate; null where there are none. */
  readonly heldBack: { readonly images: GreyImages; readonly rows: Rows } | null;
  /** Of a descended family: see Learner.shards. Null before the first learner, and on a device. */
  shards: number | null = null;
  /** The validation images, binarised once. */
  readonly validation: Labelled | null;
  #someHeldBack: Labelled | null = null;

  constructor(job: UnpackedJob, hooks: TrainHooks) {
    this.job = job;
    this.hooks = hooks;
    this.progress = new Progress(job.runId, job.checkpoint?.seconds ?? 0, hooks.onEvent);
    const { images, validationImages, validationShare, seed } = job;
    const { train, validation } = validationImages
      ? { train: indexRange(0, images.count), validation: indexRange(0, validationImages.count) }
      : splitIndices(images.count, validationShare, MAX_VALIDATION_IMAGES, seed);
    this.rows = train;
    this.heldBack = validation.length > 0 ? { images: validationImages ?? images, rows: validation } : null;
    this.validation = this.heldBack && this.binarised(validation, 0, this.heldBack.images);
  }

  /** Some of the validation images, from all parts of the data set, which may be sorted by class; null where there are none. */
  get someHeldBack(): Labelled | null {
    if (!this.heldBack) return null;
    const { rows, images } = this.heldBack;
    const every = Math.ceil(rows.length / SOME_HELD_BACK);
    this.#someHeldBack ??= this.binarised(
      rows.filter((_, i) => i % every === 0),
      0,
      images,
    );
    return this.#someHeldBack;
  }

  /** `rows` of the training images, or of others, with the bits of an epoch and their classes. */
  binarised(rows: Rows, epoch = 0, images = this.job.images): Labelled {
    const { labels } = images;
    return {
      images: binariseRows(images, rows, this.job.binarisation, epoch),
      labels: labels && Uint8Array.from(rows, (row) => labels[row]),
    };
  }

  /** The epoch that seeds the bits of the next step. Validation uses those of epoch 0, so dynamic binarisation starts at 1. */
  get bitsEpoch(): number {
    return this.job.binarisation.kind === 'dynamic' ? Math.floor(this.progress.epoch) + 1 : 0;
  }

  /** Plans passes over the training images, a chunk a step. */
  planPasses(passes: number): void {
    this.progress.plan(this.rows.length, Math.ceil(this.rows.length / CHUNK), passes);
  }

  /** One step of a pass: gives the next chunk to a counter or an EM iteration. Resolves with what that gives back. */
  async takeChunk<T>(add: (images: PackedImages, labels: Uint8Array | null) => Promise<T>): Promise<T> {
    const { progress } = this;
    const start = (progress.step % progress.stepsPerEpoch) * CHUNK;
    const rows = this.rows.subarray(start, start + CHUNK);
    const { images, labels } = this.binarised(rows, this.bitsEpoch);
    const added = await add(images, labels);
    progress.stepped(rows.length);
    await this.yieldToEventLoop('training');
    return added;
  }

  /**
   * Opens the model for as long as `work` takes, which is given the function that scores images: log p, or log p(y | x) of a
   * classifier, in nats, [count].
   */
  async scoring<T>(
    backend: Backend,
    model: Model,
    phase: TrainProgress['phase'],
    work: (score: (images: Labelled) => Promise<Float64Array>) => Promise<T>,
  ): Promise<T> {
    const evaluator = await backend.open(model);
    try {
      const scores = objectiveOf(evaluator, folderSpec(model.family).task);
      return await work((images) => scoreInTurns(scores, images, () => this.yieldToEventLoop(phase)));
    } finally {
      evaluator.destroy();
    }
  }

  /**
   * Reports progress where a report is due, lets other tasks run, and waits while the run is paused, unless it makes a single update.
   * A pause begins in here, so `onPause` is where a checkpoint is saved.
   */
  async yieldToEventLoop(phase: TrainProgress['phase'], onPause?: () => Promise<void>): Promise<void> {
    const { control } = this.hooks;
    if (this.progress.due) this.progress.report(control.stepping ? 'stepping' : phase);
    await this.hooks.yieldToEventLoop();
    if (!control.paused || control.stepping) return;
    await onPause?.();
    await this.progress.idle(() => this.#waitWhilePaused(phase));
  }

  /** Runs `work` on the current backend, and again on the next one whenever the device is lost during it. */
  async retryOnDeviceLoss<T>(work: (backend: Backend) => Promise<T>): Promise<T> {
    for (;;) {
      const backend = await this.progress.idle(() => this.#nextBackend());
      this.progress.backend = backend.kind;
      try {
        return await work(backend);
      } catch (error) {
        if (!(error instanceof DeviceLostError)) throw error;
        this.progress.discardRate();
        this.progress.report('recovering');
        // The host is notified of the loss in a task of its own.
        await this.hooks.yieldToEventLoop();
      }
    }
  }

  /** Waits for the backend, for a single update too. The run can be paused meanwhile, and a stop ends the wait. */
  async #nextBackend(): Promise<Backend> {
    const { control, backend } = this.hooks;
    const next = backend(control.signal);
    for (;;) {
      const ready = await Promise.race(control.stepping ? [next] : [next, control.untilPaused()]);
      if (ready) return ready;
      await this.#waitWhilePaused(this.progress.phase);
    }
  }

  /** Waits until the pause is over, or interrupted for an update; reports the pause, and `phase` after it. */
  async #waitWhilePaused(phase: TrainProgress['phase']): Promise<void> {
    const { control } = this.hooks;
    this.progress.report('paused');
    await control.untilResumed();
    // The report must not take the wait for work.
    this.progress.discardRate();
    this.progress.report(control.stepping && phase !== 'recovering' ? 'stepping' : phase);
  }
}
