import type { Binarisation } from '../data/binarisation.ts';
import { binariseRows } from '../data/binarise.ts';
import { pixelMeans, splitIndices } from '../data/dataset.ts';
import { type GreyImages, type PackedImages, pixelCount, sliceImages } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { permutation, Stream, streamKey } from '../data/rng.ts';
import { checkHyper, findFamily } from '../models/registry.ts';
import type { Model, Tensors } from '../models/types.ts';
import type {
  Checkpoint,
  CurvePoint,
  Estimate,
  TrainEvent,
  TrainOutcome,
  TrainProgress,
  TrainRequest,
} from './api.ts';
import { type Backend, DeviceLostError, type Learner } from './backend.ts';
import { initialState } from './references.ts';
import type { RunControl } from './run-control.ts';
import { estimateOf, quantilesOf } from './summary.ts';

/** A request with its images unpacked. Validation images of their own take the place of a share of the others. */
export interface TrainJob extends Omit<TrainRequest, 'images'> {
  readonly images: GreyImages;
  readonly validationImages: GreyImages | null;
}

export interface TrainHooks {
  readonly control: RunControl;
  readonly onEvent: (event: TrainEvent) => void;
  /** The backend of now. After a loss it resolves with the next one, once there is one. */
  readonly backend: () => Promise<Backend>;
  /** Lets other work of the thread run: messages, timers. */
  readonly breathe: () => Promise<void>;
}

/** Validation images at most, whatever the share. */
const MOST_VALIDATION_IMAGES = 5000;
/** Training images that the summary and the percentiles are measured on, at most. */
const MOST_SUMMARY_IMAGES = 10_000;
/** Evaluations without a better validation loss before a run ends early. */
const PATIENCE = 10;
const PROGRESS_MS = 200;
const CHECKPOINT_MS = 3000;
/** Images scored or counted between two breaths. */
const CHUNK = 256;

/**
 * Trains one model: counts it in one pass, or descends with Adam. Everything that decides the weights is a
 * function of the request, so that a run that was paused, reloaded or lost its device ends with the weights of
 * one that was not. Fails on a request that makes no sense; throws only on bugs.
 */
export async function train(job: TrainJob, hooks: TrainHooks): Promise<Result<TrainOutcome>> {
  const reason = refuse(job);
  if (reason !== null) return fail(reason);
  return ok(await new Run(job, hooks).complete());
}

function refuse(job: TrainJob): string | null {
  const spec = findFamily(job.family);
  if (spec === undefined) return `family: "${job.family}" is unknown`;
  const hyper = checkHyper(spec, job.hyper) ?? spec.refuses?.(job.grid, job.hyper);
  if (hyper) return hyper;
  if (job.images.count === 0) return 'images: the data set is empty';
  for (const images of [job.images, job.validationImages]) {
    if (images && (images.grid.width !== job.grid.width || images.grid.height !== job.grid.height)) {
      return `images: ${images.grid.width}x${images.grid.height} pixels, but the model is ${job.grid.width}x${job.grid.height}`;
    }
  }
  if (!Number.isInteger(job.epochs) || job.epochs < 1)
    return `epochs: ${job.epochs} is not a whole number above 0`;
  if (!Number.isInteger(job.batchSize) || job.batchSize < 1)
    return `batchSize: ${job.batchSize} is not a whole number above 0`;
  if (!(job.learningRate > 0)) return `learningRate: ${job.learningRate} is not above 0`;
  if (!(job.validationShare >= 0 && job.validationShare <= 0.5))
    return `validationShare: ${job.validationShare} is outside 0 to 0.5`;
  return null;
}

class Run {
  readonly #job: TrainJob;
  readonly #hooks: TrainHooks;
  readonly #trainRows: Uint32Array<ArrayBuffer>;
  readonly #validation: PackedImages | null;
  readonly #started = performance.now();
  #pausedMs = 0;
  #backend: Backend | null = null;
  #curve: CurvePoint[] = [];
  #point: CurvePoint | null = null;
  #lastProgress = 0;
  #step = 0;
  #steps = 1;
  #stepsPerEpoch = 1;
  #rate = { images: 0, since: performance.now(), perSecond: 0 };
  #train: number | null = null;
  #validationNats: number | null = null;

  constructor(job: TrainJob, hooks: TrainHooks) {
    this.#job = job;
    this.#hooks = hooks;
    if (job.validationImages) {
      this.#trainRows = Uint32Array.from({ length: job.images.count }, (_, row) => row);
      this.#validation = allRows(job.validationImages, job.binarisation);
    } else {
      const split = splitIndices(job.images.count, job.validationShare, MOST_VALIDATION_IMAGES, job.seed);
      this.#trainRows = split.train;
      this.#validation =
        split.validation.length > 0 ? binariseRows(job.images, split.validation, job.binarisation, 0) : null;
    }
  }

  async complete(): Promise<TrainOutcome> {
    const spec = findFamily(this.#job.family)!;
    this.#report('preparing', true);
    const tensors = spec.training === 'counted' ? await this.#count() : await this.#descend();
    return await this.#finish(tensors);
  }

  // --- counted families ---------------------------------------------------------------------------------

  /** Passes over the data: fresh bits every epoch are worth counting, the same bits twice are not. */
  async #count(): Promise<Tensors> {
    const passes = this.#job.binarisation.kind === 'dynamic' ? this.#job.epochs : 1;
    this.#stepsPerEpoch = Math.ceil(this.#trainRows.length / CHUNK);
    this.#steps = this.#stepsPerEpoch * passes;
    return await this.#survivingLoss(async (backend) => {
      const counter = await backend.counter(this.#job.family, this.#job.grid, this.#job.hyper);
      try {
        for (this.#step = 0; this.#step < this.#steps && !this.#hooks.control.stopped; this.#step++) {
          const start = (this.#step % this.#stepsPerEpoch) * CHUNK;
          const rows = this.#trainRows.subarray(start, start + CHUNK);
          const pass = Math.floor(this.#step / this.#stepsPerEpoch);
          await counter.add(
            binariseRows(
              this.#job.images,
              rows,
              this.#job.binarisation,
              trainingEpoch(this.#job.binarisation, pass),
            ),
          );
          this.#rate.images += rows.length;
          await this.#breathe('training');
        }
        return await counter.finish();
      } finally {
        counter.destroy();
      }
    });
  }

  // --- descended families -------------------------------------------------------------------------------

  async #descend(): Promise<Tensors> {
    const job = this.#job;
    this.#stepsPerEpoch = Math.ceil(this.#trainRows.length / job.batchSize);
    this.#steps = this.#stepsPerEpoch * job.epochs;
    let checkpoint = job.checkpoint ?? (await this.#firstCheckpoint());
    this.#hooks.onEvent({ type: 'curve', curve: checkpoint.curve });
    return await this.#survivingLoss(
      async (backend) => {
        this.#curve = [...checkpoint.curve];
        this.#step = checkpoint.step;
        const learner = await backend.learner({
          family: job.family,
          grid: job.grid,
          hyper: job.hyper,
          images: job.images,
          binarisation: job.binarisation,
          batchSize: job.batchSize,
          state: checkpoint.state,
        });
        try {
          return await this.#descendWith(learner, checkpoint, (next) => {
            checkpoint = next;
          });
        } finally {
          learner.destroy();
        }
      },
      () => this.#hooks.onEvent({ type: 'curve', curve: checkpoint.curve }),
    );
  }

  async #firstCheckpoint(): Promise<Checkpoint> {
    const job = this.#job;
    const means = await this.#pixelMeans();
    const state = initialState(job.family, job.grid, job.hyper, means, job.seed);
    return { runId: job.runId, step: 0, state, best: null, curve: [], seconds: 0 };
  }

  /** Mean of every pixel over the training images, [n]. */
  async #pixelMeans(): Promise<Float64Array> {
    const { images, binarisation, grid } = this.#job;
    const means = new Float64Array(pixelCount(grid));
    for (let start = 0; start < this.#trainRows.length; start += CHUNK) {
      const rows = this.#trainRows.subarray(start, start + CHUNK);
      const chunk = pixelMeans(binariseRows(images, rows, binarisation, 0));
      const share = rows.length / this.#trainRows.length;
      for (let i = 0; i < means.length; i++) means[i] += share * chunk[i];
      await this.#hooks.breathe();
    }
    return means;
  }

  async #descendWith(
    learner: Learner,
    from: Checkpoint,
    keep: (checkpoint: Checkpoint) => void,
  ): Promise<Tensors> {
    const job = this.#job;
    const { control } = this.#hooks;
    let best = from.best;
    let stale = best === null ? 0 : evaluationsSince(this.#curve, best.step);
    let saved = performance.now();
    const save = async () => {
      const seconds = this.#seconds();
      const checkpoint = {
        runId: job.runId,
        step: this.#step,
        state: await learner.state(),
        best,
        curve: [...this.#curve],
        seconds,
      };
      keep(checkpoint);
      this.#hooks.onEvent({ type: 'checkpoint', checkpoint });
      saved = performance.now();
    };
    // Small data sets would otherwise spend their time on validation.
    const evaluateEvery = Math.max(this.#stepsPerEpoch, 25);
    let order = { epoch: -1, rows: this.#trainRows };

    while (this.#step < this.#steps && !control.stopped) {
      const epoch = Math.floor(this.#step / this.#stepsPerEpoch);
      if (order.epoch !== epoch) order = { epoch, rows: this.#shuffled(epoch) };
      const start = (this.#step % this.#stepsPerEpoch) * job.batchSize;
      const rows = order.rows.slice(start, start + job.batchSize);
      await learner.step(rows, trainingEpoch(job.binarisation, epoch), this.#learningRate());
      this.#step++;
      this.#rate.images += rows.length;

      const last = this.#step === this.#steps;
      if (this.#validation && (last || this.#step % evaluateEvery === 0)) {
        this.#report('validating');
        await this.#addPoint(learner, await this.#meanNats(learner, this.#validation));
        if (best === null || this.#validationNats! < best.validation) {
          best = {
            tensors: (await learner.state()).tensors,
            validation: this.#validationNats!,
            step: this.#step,
          };
          stale = 0;
        } else if (++stale >= PATIENCE) {
          break;
        }
      } else if (last || performance.now() - this.#lastProgress >= PROGRESS_MS) {
        await this.#addPoint(learner, null);
      }
      if (control.paused || performance.now() - saved >= CHECKPOINT_MS) await save();
      await this.#breathe('training');
    }
    await save();
    return best?.tensors ?? (await learner.state()).tensors;
  }

  #shuffled(epoch: number): Uint32Array<ArrayBuffer> {
    const order = permutation(this.#trainRows.length, this.#job.seed, streamKey(Stream.shuffle, epoch));
    return order.map((position) => this.#trainRows[position]);
  }

  /** Cosine decay to 2 % of the base rate (Loshchilov and Hutter 2017, without restarts). */
  #learningRate(): number {
    const progress = this.#step / this.#steps;
    return this.#job.learningRate * (0.02 + 0.98 * 0.5 * (1 + Math.cos(Math.PI * progress)));
  }

  async #addPoint(learner: Learner, validation: number | null): Promise<void> {
    const { nats, images } = await learner.takeLoss();
    if (images > 0) this.#train = nats / images;
    if (validation !== null) this.#validationNats = validation;
    this.#point = {
      step: this.#step,
      epoch: this.#step / this.#stepsPerEpoch,
      train: images > 0 ? nats / images : null,
      validation,
    };
    this.#curve.push(this.#point);
  }

  async #meanNats(model: Pick<Learner, 'logLikelihood'>, images: PackedImages): Promise<number> {
    return estimateOf(await this.#score(model, images)).nats;
  }

  async #score(
    model: Pick<Learner, 'logLikelihood'>,
    images: PackedImages,
  ): Promise<Float64Array<ArrayBuffer>> {
    const all = new Float64Array(images.count);
    for (let first = 0; first < images.count; first += CHUNK) {
      all.set(
        await model.logLikelihood(sliceImages(images, first, Math.min(CHUNK, images.count - first))),
        first,
      );
      await this.#hooks.breathe();
    }
    return all;
  }

  // --- both ---------------------------------------------------------------------------------------------

  async #finish(tensors: Tensors): Promise<TrainOutcome> {
    const job = this.#job;
    this.#report('finishing', true);
    const model: Model = { family: job.family, grid: job.grid, hyper: job.hyper, tensors };
    const seconds = this.#seconds();
    const rows = this.#trainRows.subarray(0, MOST_SUMMARY_IMAGES);
    const summary = await this.#survivingLoss(async (backend) => {
      const evaluator = await backend.open(model);
      try {
        const train = await this.#score(evaluator, binariseRows(job.images, rows, job.binarisation, 0));
        const validation: Estimate | null = this.#validation
          ? estimateOf(await this.#score(evaluator, this.#validation))
          : null;
        return { train: estimateOf(train), quantiles: quantilesOf(train), validation, backend: backend.kind };
      } finally {
        evaluator.destroy();
      }
    });
    return {
      model,
      ended: this.#hooks.control.stopped ? 'stopped' : 'finished',
      step: this.#step,
      epochs: this.#step / this.#stepsPerEpoch,
      seconds,
      curve: this.#curve,
      ...summary,
    };
  }

  /** Runs `work` on the backend of now, and again on the next one each time that a device is lost under it. */
  async #survivingLoss<T>(work: (backend: Backend) => Promise<T>, onRecovered?: () => void): Promise<T> {
    for (;;) {
      const backend = await this.#hooks.backend();
      this.#backend = backend;
      try {
        return await work(backend);
      } catch (error) {
        if (!(error instanceof DeviceLostError)) throw error;
        this.#report('recovering', true);
        // The host hears of the loss in a task of its own.
        await this.#hooks.breathe();
        await this.#hooks.backend();
        onRecovered?.();
      }
    }
  }

  #seconds(): number {
    return (this.#job.checkpoint?.seconds ?? 0) + (performance.now() - this.#started - this.#pausedMs) / 1000;
  }

  async #breathe(phase: TrainProgress['phase']): Promise<void> {
    if (performance.now() - this.#lastProgress >= PROGRESS_MS) this.#report(phase);
    await this.#hooks.breathe();
    if (this.#hooks.control.paused) {
      this.#report('paused', true);
      const paused = performance.now();
      await this.#hooks.control.gate();
      this.#pausedMs += performance.now() - paused;
      this.#rate = { images: 0, since: performance.now(), perSecond: this.#rate.perSecond };
      this.#report(phase, true);
    }
  }

  #report(phase: TrainProgress['phase'], now = false): void {
    const at = performance.now();
    const elapsed = at - this.#rate.since;
    if (elapsed >= 1000 || (elapsed >= PROGRESS_MS && this.#rate.perSecond === 0)) {
      this.#rate = { images: 0, since: at, perSecond: (this.#rate.images * 1000) / elapsed };
    }
    if (!now && phase === 'validating' && at - this.#lastProgress < PROGRESS_MS) return;
    this.#lastProgress = at;
    const perStep = this.#trainRows.length / this.#stepsPerEpoch;
    const left = ((this.#steps - this.#step) * perStep) / this.#rate.perSecond;
    const point = this.#point;
    this.#point = null;
    this.#hooks.onEvent({
      type: 'progress',
      progress: {
        runId: this.#job.runId,
        phase,
        step: this.#step,
        steps: this.#steps,
        epoch: this.#step / this.#stepsPerEpoch,
        epochs: this.#steps / this.#stepsPerEpoch,
        imagesPerSecond: this.#rate.perSecond,
        train: this.#train,
        validation: this.#validationNats,
        secondsLeft: Number.isFinite(left) ? left : null,
        backend: this.#backend?.kind ?? 'cpu',
        point,
      },
    });
  }
}

function allRows(images: GreyImages, binarisation: Binarisation): PackedImages {
  return binariseRows(
    images,
    Uint32Array.from({ length: images.count }, (_, row) => row),
    binarisation,
    0,
  );
}

/** Validation reads the draw of epoch 0, so training starts at 1. Only dynamic binarisation looks at it. */
function trainingEpoch(binarisation: Binarisation, epoch: number): number {
  return binarisation.kind === 'dynamic' ? epoch + 1 : 0;
}

function evaluationsSince(curve: readonly CurvePoint[], step: number): number {
  return curve.filter((point) => point.validation !== null && point.step > step).length;
}
