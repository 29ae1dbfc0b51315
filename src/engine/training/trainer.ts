import { checkBinarisation } from '../../data/binarise.ts';
import { CLASSES, type GreyImages } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import { checkHyper, findFamily, needsLabels, usualTargets } from '../../models/registry.ts';
import type { Model, Tensors } from '../../models/model.ts';
import { MAX_SHARDS, refuseCheckpoint } from './checkpoint-check.ts';
import type { TrainOutcome } from '../api.ts';
import { count } from './count.ts';
import { descend } from './descent.ts';
import { divergenceOf } from './divergence.ts';
import { em } from './em.ts';
import { Run, type TrainHooks, type UnpackedJob } from './run.ts';
import type { Labelled } from '../backends/score.ts';
import { estimateOf } from './summary.ts';

export type { TrainHooks, UnpackedJob } from './run.ts';

/** Maximum number of training images over which the summary is computed. */
const MAX_SUMMARY_IMAGES = 10_000;
/** Time after which the summary of a stopped run takes no more training images, and no more validation images. */
const STOPPED_SUMMARY_MS = 2500;
const CHUNK = 256;
/** Fields of a job that are whole numbers from 1 on. */
const COUNTS: ReadonlySet<string> = new Set(['passes', 'epochs', 'batchSize', 'shards']);

/**
 * Trains one model by counting, EM or gradient descent, and measures it. Fails on an invalid request, naming the field;
 * throws only on bugs.
 */
export async function train(job: UnpackedJob, hooks: TrainHooks): Promise<Result<TrainOutcome>> {
  const reason = refuse(job);
  if (reason !== null) return fail(reason);
  const run = new Run(job, hooks);
  run.progress.report('preparing');
  return ok(await summarise(run, await fit(run, job)));
}

function fit(run: Run, job: UnpackedJob): Promise<Tensors> {
  switch (job.training) {
    case 'counted':
      return count(run, job);
    case 'em':
      return em(run, job);
    case 'descended':
      return descend(run, job);
  }
}

function refuse(job: UnpackedJob): string | null {
  const spec = findFamily(job.family);
  if (spec === undefined) return `family: "${job.family}" is unknown`;
  if (spec.training !== job.training)
    return `training: ${job.family} is ${spec.training}, not ${job.training}`;
  const hyper = checkHyper(spec, job.hyper) ?? spec.refuses?.(job.grid, job.hyper);
  if (hyper) return hyper;
  if (job.images.count === 0) return 'images: the data set is empty';
  for (const images of [job.images, job.validationImages]) {
    if (!images) continue;
    const labels = needsLabels(job) ? refuseLabels(images.labels) : null;
    if (labels !== null) return labels;
    const { width, height } = images.grid;
    if (width !== job.grid.width || height !== job.grid.height) {
      return `images: ${width}x${height} pixels, but the model is ${job.grid.width}x${job.grid.height}`;
    }
    const binarisation = checkBinarisation(images, job.binarisation);
    if (binarisation !== null) return binarisation;
  }
  for (const [field, value] of Object.entries(job))
    if (COUNTS.has(field) && !(Number.isInteger(value) && value >= 1))
      return `${field}: ${value} is not a whole number above 0`;
  if (job.training === 'descended' && job.targets === 'soft' && usualTargets(spec, job.binarisation) === null)
    return 'targets: soft ones are of a density whose bits are drawn afresh in every epoch: choose dynamic binarisation, or sampled targets';
  if (job.training === 'descended' && (job.shards ?? 1) > MAX_SHARDS)
    return `shards: ${job.shards} is above ${MAX_SHARDS}`;
  if (job.training === 'descended' && !(job.learningRate > 0))
    return `learningRate: ${job.learningRate} is not above 0`;
  if (!(job.validationShare >= 0 && job.validationShare <= 0.5)) {
    return `validationShare: ${job.validationShare} is outside 0 to 0.5`;
  }
  const checkpoint = job.checkpoint ? refuseCheckpoint(spec, job, job.checkpoint) : null;
  return checkpoint && `checkpoint: ${checkpoint}`;
}

function refuseLabels(labels: Uint8Array | null): string | null {
  if (!labels) return 'labels: the data set has none, and this model learns from the class of every image';
  const outOfRange = labels.find((label) => label >= CLASSES);
  return outOfRange === undefined ? null : `labels: ${outOfRange} is none of 0 to ${CLASSES - 1}`;
}

/** Measures the model on training and validation images, each binarised as of epoch 0. */
async function summarise(run: Run, tensors: Tensors): Promise<TrainOutcome> {
  const { job, progress, heldBack } = run;
  const { seconds } = progress;
  const ended = run.hooks.control.stopped ? 'stopped' : 'finished';
  progress.report('finishing');
  const model: Model = { family: job.family, grid: job.grid, hyper: job.hyper, tensors };
  const measured = await run.retryOnDeviceLoss((backend) =>
    run.scoring(backend, model, 'finishing', async (score) => {
      const train = await someScores(run, job.images, run.rows.slice(0, MAX_SUMMARY_IMAGES), score);
      const validation = heldBack && (await someScores(run, heldBack.images, heldBack.rows, score));
      return {
        train: estimateOf(train),
        validation: validation && estimateOf(validation),
        backend: backend.kind,
        description: backend.description,
      };
    }),
  );
  return {
    model,
    ended,
    step: progress.step,
    epochs: progress.epoch,
    seconds,
    shards: run.shards,
    curve: progress.curve,
    ...measured,
    diverged:
      progress.diverged ??
      (job.training === 'descended' ? divergenceOf(model, progress.step, measured.train.nats) : null),
  };
}

/**
 * Scores of `rows`, in nats. Once the run is stopped it ends after STOPPED_SUMMARY_MS, with a chunk at least: after a lost device
 * the backend may be a hundred times slower than that of the run. Every chunk is spread over all rows, because a data set may be
 * sorted by class.
 */
async function someScores(
  run: Run,
  images: GreyImages,
  rows: Uint32Array<ArrayBuffer>,
  score: (images: Labelled) => Promise<Float64Array>,
): Promise<Float64Array> {
  const began = performance.now();
  const chunks = Math.ceil(rows.length / CHUNK);
  const scores: number[] = [];
  for (let chunk = 0; chunk < chunks; chunk++) {
    const spread = rows.filter((_, i) => i % chunks === chunk);
    scores.push(...(await score(run.binarised(spread, 0, images))));
    if (run.hooks.control.stopped && performance.now() - began >= STOPPED_SUMMARY_MS) break;
  }
  return Float64Array.from(scores);
}
