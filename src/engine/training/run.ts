import type { Binarisation } from '../../data/binarisation.ts';
import { binariseRows } from '../../data/binarise.ts';
import { splitIndices } from '../../data/dataset.ts';
import type { GreyImages } from '../../data/images.ts';
import { findFamily } from '../../models/registry.ts';
import type { Model } from '../../models/types.ts';
import type { Checkpoint, Estimate, TrainEvent, TrainJob, TrainProgress } from '../api.ts';
import { type Backend, DeviceLostError } from '../backends/backend.ts';
import { Progress } from './progress.ts';
import type { RunControl } from './run-control.ts';
import { type Labelled, objectiveOf, scoreInTurns } from '../backends/score.ts';
import { estimateOf } from './summary.ts';

/** A job with its images unpacked, and the checkpoint from which it resumes. Where `validationImages` are given, no share of the training images is held back. */
export type UnpackedJob = TrainJob<GreyImages> & {
  readonly validationImages?: GreyImages | null;
  readonly checkpoint?: Checkpoint | null;
};

export interface TrainHooks {
  readonly control: RunControl;
  readonly onEvent: (event: TrainEvent) => void;
  readonly onCheckpoint?: (checkpoint: Checkpoint) => void;
  /**
   * The current backend. After a device loss it resolves once there is another one. Once the signal is aborted it resolves at
   * once with the backend that is available.
   */
  readonly backend: (signal: AbortSignal) => Promise<Backend>;
  /** Lets other tasks of the thread run: messages, timers. */
  readonly yieldToEventLoop: () => Promise<void>;
}

/** Maximum number of validation images, whatever the share. */
const MAX_VALIDATION_IMAGES = 5000;

/** What counting, EM and gradient descent share: the split, the progress, pauses and the recovery from a lost device. */
export class Run {
  readonly job: UnpackedJob;
  readonly hooks: TrainHooks;
  readonly progress: Progress;
  /** Indices into the job's images. */
  readonly rows: Uint32Array<ArrayBuffer>;
  /** The validation images, binarised once; null where none are held back. */
  readonly validation: Labelled | null;

  constructor(job: UnpackedJob, hooks: TrainHooks) {
    this.job = job;
    this.hooks = hooks;
    this.progress = new Progress(job.runId, job.checkpoint?.seconds ?? 0, hooks.onEvent);
    if (job.validationImages) {
      this.rows = allRows(job.images);
      this.validation = this.binarised(allRows(job.validationImages), job.validationImages);
    } else {
      const split = splitIndices(job.images.count, job.validationShare, MAX_VALIDATION_IMAGES, job.seed);
      this.rows = split.train;
      this.validation = split.validation.length > 0 ? this.binarised(split.validation) : null;
    }
  }

  /** Images for evaluation: `rows` of the training images, or of others, binarised as of epoch 0. */
  binarised(rows: Uint32Array<ArrayBuffer>, images = this.job.images): Labelled {
    return {
      images: binariseRows(images, rows, this.job.binarisation, 0),
      labels: images.labels && Uint8Array.from(rows, (row) => images.labels![row]),
    };
  }

  /** Labels of `rows` of the training images; null where there are none. */
  labelsOf(rows: Uint32Array): Uint8Array | null {
    const { labels } = this.job.images;
    return labels && Uint8Array.from(rows, (row) => labels[row]);
  }

  /** -log p of images under a model, -log p(y | x) of a classifier. */
  async measure(
    backend: Backend,
    model: Model,
    measured: Labelled,
    phase: TrainProgress['phase'],
  ): Promise<Estimate> {
    const evaluator = await backend.open(model);
    try {
      const scores = objectiveOf(evaluator, findFamily(model.family)?.task ?? 'density');
      return estimateOf(await scoreInTurns(scores, measured, () => this.yieldToEventLoop(phase)));
    } finally {
      evaluator.destroy();
    }
  }

  /**
   * Reports progress where a report is due, lets other tasks run, and waits while the run is paused. A pause begins in here, so
   * `onPause` is where a checkpoint is saved.
   */
  async yieldToEventLoop(phase: TrainProgress['phase'], onPause?: () => Promise<void>): Promise<void> {
    if (this.progress.due) this.progress.report(phase);
    await this.hooks.yieldToEventLoop();
    if (!this.hooks.control.paused) return;
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

  /** Waits for the backend. The run can be paused meanwhile, and a stop ends the wait. */
  async #nextBackend(): Promise<Backend> {
    const { control, backend } = this.hooks;
    const next = backend(control.signal);
    for (;;) {
      const ready = await Promise.race([next, control.untilPaused()]);
      if (ready) return ready;
      await this.#waitWhilePaused(this.progress.phase);
    }
  }

  /** Waits until the pause is over; reports the pause, and `phase` after it. */
  async #waitWhilePaused(phase: TrainProgress['phase']): Promise<void> {
    this.progress.report('paused');
    await this.hooks.control.untilResumed();
    this.progress.report(phase);
  }
}

/** The epoch that seeds dynamic binarisation. Validation uses the bits of epoch 0, so training starts at 1. */
export function trainingEpoch(binarisation: Binarisation, epoch: number): number {
  return binarisation.kind === 'dynamic' ? epoch + 1 : 0;
}

function allRows(images: GreyImages): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: images.count }, (_, row) => row);
}
