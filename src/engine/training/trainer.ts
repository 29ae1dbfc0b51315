import { checkBinarisation } from '../../data/binarise.ts';
import { CLASSES } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import { checkHyper, findFamily, memberSpec, needsLabels } from '../../models/registry.ts';
import type { Model, Tensors } from '../../models/types.ts';
import { refuseCheckpoint } from './checkpoint-check.ts';
import type { TrainOutcome } from '../api.ts';
import { count } from './count.ts';
import { descend } from './descent.ts';
import { divergenceOf } from './divergence.ts';
import { em } from './em.ts';
import { Run, type TrainHooks, type UnpackedJob } from './run.ts';
import { objectiveOf, scoreInTurns } from '../backends/score.ts';
import { estimateOf, quantilesOf } from './summary.ts';

export type { TrainHooks, UnpackedJob } from './run.ts';

/** Maximum number of training images over which the summary and the percentiles are computed. */
const MAX_SUMMARY_IMAGES = 10_000;
/** Fields of a job that are whole numbers from 1 on. */
const COUNTS: ReadonlySet<string> = new Set(['passes', 'epochs', 'batchSize']);

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
    case 'maximised':
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
  const { job, progress, validation } = run;
  const { seconds } = progress;
  progress.report('finishing');
  const model: Model = { family: job.family, grid: job.grid, hyper: job.hyper, tensors };
  const images = run.binarised(run.rows.slice(0, MAX_SUMMARY_IMAGES));
  const { task, training } = memberSpec(job.family);
  const yieldToEventLoop = () => run.yieldToEventLoop('finishing');
  const measured = await run.retryOnDeviceLoss(async (backend) => {
    const evaluator = await backend.open(model);
    try {
      const scores = objectiveOf(evaluator, task);
      const train = await scoreInTurns(scores, images, yieldToEventLoop);
      return {
        train: estimateOf(train),
        quantiles: quantilesOf(train),
        validation: validation && estimateOf(await scoreInTurns(scores, validation, yieldToEventLoop)),
        backend: backend.kind,
      };
    } finally {
      evaluator.destroy();
    }
  });
  return {
    model,
    ended: run.hooks.control.stopped ? 'stopped' : 'finished',
    step: progress.step,
    epochs: progress.epoch,
    seconds,
    curve: progress.curve,
    ...measured,
    diverged:
      progress.diverged ??
      (training === 'descended' ? divergenceOf(model, progress.step, measured.train.nats) : null),
  };
}
