import type { Binarisation } from '../../data/binarisation.ts';
import { binariseRows } from '../../data/binarise.ts';
import { splitIndices } from '../../data/dataset.ts';
import type { GreyImages } from '../../data/images.ts';
import { findFamily } from '../../models/registry.ts';
import type { Model } from '../../models/types.ts';
import type { Estimate, TrainEvent, TrainProgress, TrainRequest } from '../api.ts';
import { type Backend, DeviceLostError } from '../backends/backend.ts';
import { Progress } from './progress.ts';
import type { RunControl } from './run-control.ts';
import { type Labelled, objectiveOf, scoreInTurns } from '../backends/score.ts';
import { estimateOf } from './summary.ts';

/** A request with its images unpacked. Validation images of their own take the place of a share of the others. */
export interface TrainJob extends Omit<TrainRequest, 'images'> {
  readonly images: GreyImages;
  readonly validationImages: GreyImages | null;
}

export interface TrainHooks {
  readonly control: RunControl;
  readonly onEvent: (event: TrainEvent) => void;
  /**
   * The backend of now. After a loss it resolves with the next one, once there is one; once the signal is aborted, at once
   * with what there is.
   */
  readonly backend: (signal: AbortSignal) => Promise<Backend>;
  /** Lets other work of the thread run: messages, timers. */
  readonly yieldToEventLoop: () => Promise<void>;
}

/** Validation images at most, whatever the share. */
const MAX_VALIDATION_IMAGES = 5000;

/** What all ways of training share: the rows, the progress, the pauses, and going on after a lost device. */
export class Run {
  readonly job: TrainJob;
  readonly hooks: TrainHooks;
  readonly progress: Progress;
  /** Indices into the job's images. */
  readonly rows: Uint32Array<ArrayBuffer>;
  /** Binarised once; null where none are held back. */
  readonly validation: Labelled | null;

  constructor(job: TrainJob, hooks: TrainHooks) {
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

  /** Rows of the training images, or of others, as they are measured: binarised as of epoch 0. */
  binarised(rows: Uint32Array<ArrayBuffer>, images = this.job.images): Labelled {
    return {
      images: binariseRows(images, rows, this.job.binarisation, 0),
      labels: images.labels && Uint8Array.from(rows, (row) => images.labels![row]),
    };
  }

  /** Classes of rows of the training images; null where they are not known. */
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
   * Reports where a report is due, lets other work run, and waits while the run is paused: the visitor's wish to pause
   * arrives in here, so `onPause` is the moment to save.
   */
  async yieldToEventLoop(phase: TrainProgress['phase'], onPause?: () => Promise<void>): Promise<void> {
    if (this.progress.due) this.progress.report(phase);
    await this.hooks.yieldToEventLoop();
    if (!this.hooks.control.paused) return;
    await onPause?.();
    await this.progress.idle(() => this.#paused(phase));
  }

  /** Runs `work` on the backend of now, and again on the next one each time that a device is lost under it. */
  async survivingLoss<T>(work: (backend: Backend) => Promise<T>): Promise<T> {
    for (;;) {
      const backend = await this.progress.idle(() => this.#nextBackend());
      this.progress.backend = backend.kind;
      try {
        return await work(backend);
      } catch (error) {
        if (!(error instanceof DeviceLostError)) throw error;
        this.progress.discardRate();
        this.progress.report('recovering');
        // The owner of the backend hears of the loss in a task of its own.
        await this.hooks.yieldToEventLoop();
      }
    }
  }

  /** The backend that there is, or that is waited for. A pause is answered meanwhile, and a stop ends the wait. */
  async #nextBackend(): Promise<Backend> {
    const { control, backend } = this.hooks;
    const coming = backend(control.signal);
    for (;;) {
      const come = await Promise.race([coming, control.untilPaused()]);
      if (come) return come;
      await this.#paused(this.progress.phase);
    }
  }

  /** Waits until the pause is over, and says so; the run goes on in `phase`. */
  async #paused(phase: TrainProgress['phase']): Promise<void> {
    this.progress.report('paused');
    await this.hooks.control.gate();
    this.progress.report(phase);
  }
}

/** Validation reads the draw of epoch 0, so training starts at 1. Only dynamic binarisation looks at it. */
export function trainingEpoch(binarisation: Binarisation, epoch: number): number {
  return binarisation.kind === 'dynamic' ? epoch + 1 : 0;
}

function allRows(images: GreyImages): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: images.count }, (_, row) => row);
}
