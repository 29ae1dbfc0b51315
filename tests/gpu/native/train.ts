/** Trains networks on MNIST to a number of nats, against the clock. */
import { binarise, describeBinarisation } from '../../../src/data/binarise.ts';
import { pixelMeans, splitLast } from '../../../src/data/dataset.ts';
import type { GreyImages } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import { yieldToEventLoop } from '../../../src/data/slices.ts';
import type { TrainEvent, TrainOutcome } from '../../../src/engine/api.ts';
import { initialState } from '../../../src/engine/backends/references.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import { jobOf } from '../../../src/engine/job.ts';
import { RunControl } from '../../../src/engine/training/run-control.ts';
import { train } from '../../../src/engine/training/trainer.ts';
import { findFamily, trainingOf } from '../../../src/models/registry.ts';
import type { Hyper } from '../../../src/models/model.ts';
import type { Budget } from './budget.ts';
import { firstImages, type NamedImages } from './images.ts';
import type { CurveEntry, Sizes, TrainReport, TrainRun } from './report.ts';
import { scaledHyper } from './sizes.ts';

const BINARISATION = { kind: 'dynamic', seed: 0 } as const;
/** Of MNIST: the last digits choose, the first 55,000 are learnt from. */
const HELD_BACK = 5000;
const SPLIT_FROM = 60_000;
/** Images that are learnt from and held back. */
const MOST_IMAGES: Readonly<Record<Sizes, number>> = { tiny: 60, small: 1000, full: Infinity };
/** Steps and seconds by which the speed is estimated before the epochs are planned. */
const TRIAL = { steps: 3, seconds: 2 };
/** Images by which the time of an evaluation is estimated. */
const SCORED = 256;
/** Of the time that the speed promises, what the plan uses. */
const MARGIN = 0.85;

interface Goal {
  readonly family: string;
  /** Held-back nats. */
  readonly nats: number;
  /** More are not planned, as further ones gain little. */
  readonly mostEpochs: number;
  /** How much of the time it gets, beside the others that wait. */
  readonly weight: number;
}

/** On two cores of a processor, 40 epochs bring FVSBN to 96.8 test nats, and 4 of 5 the sparse PixelCNN to 80.8 held back: docs/results.md. */
export const GOALS: readonly Goal[] = [
  { family: 'fvsbn', nats: 97.5, mostEpochs: 40, weight: 3 },
  { family: 'sparse-pixelcnn', nats: 81, mostEpochs: 6, weight: 7 },
];

export interface TrainMaterial {
  readonly gpu: WebGpuBackend;
  readonly images: NamedImages;
  readonly sizes: Sizes;
  readonly families: readonly string[] | null;
}

export async function runTrainings(
  material: TrainMaterial,
  budget: Budget,
  report: TrainReport,
  onPoint: (family: string, point: CurveEntry) => void,
): Promise<void> {
  const began = performance.now();
  const goals = GOALS.filter(({ family }) => material.families?.includes(family) ?? true);
  for (const [at, goal] of goals.entries()) {
    const waiting = goals.slice(at).reduce((sum, { weight }) => sum + weight, 0);
    const own = budget.part(goal.weight / waiting);
    const run = budget.isOver()
      ? null
      : await runOne(material, goal, own, (point) => onPoint(goal.family, point));
    if (run) report.runs.push(run);
    else report.skipped.push(goal.family);
    report.seconds = (performance.now() - began) / 1000;
  }
}

/** The part that is learnt from and the last one, which chooses; of small sets a tenth. */
export function splitImages(
  images: NamedImages,
  sizes: Sizes,
): { train: GreyImages; validation: GreyImages } {
  const used = firstImages(images, MOST_IMAGES[sizes]);
  const held = used.count >= SPLIT_FROM ? HELD_BACK : Math.max(1, Math.floor(used.count / 10));
  const split = splitLast(used, held);
  if (!split) throw new Error(`${images.name}: ${images.count} images are too few to learn from`);
  return split;
}

/** Null where its time is over before the first step: compiling took it. */
async function runOne(
  material: TrainMaterial,
  goal: Goal,
  budget: Budget,
  onPoint: (point: CurveEntry) => void,
): Promise<TrainRun | null> {
  const { gpu, images, sizes } = material;
  const { family } = goal;
  const spec = findFamily(family)!;
  const hyper = scaledHyper(spec, sizes);
  const { grid } = images;
  const split = splitImages(images, sizes);
  const batch = Math.min(trainingOf(spec).batchSize, split.train.count);
  const stepsPerEpoch = Math.ceil(split.train.count / batch);
  const trial = await secondsOfStep(gpu, { family, hyper, batch }, split, budget);
  if (budget.isOver()) return null;
  const perEpoch = trial.step * stepsPerEpoch + trial.score * split.validation.count;
  const epochs = Math.max(1, Math.min(goal.mostEpochs, Math.floor((MARGIN * budget.left) / perEpoch)));
  const settings = {
    runId: 'gpu',
    family,
    grid,
    hyper,
    binarisation: BINARISATION,
    batchSize: batch,
    epochs,
  };
  const job = { ...jobOf({ ...settings, images: split.train }), validationImages: split.validation };
  const control = new RunControl();
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const curve: CurveEntry[] = [];
  let ended: TrainRun['ended'] = 'epochs';
  const stop = (why: TrainRun['ended']) => {
    if (control.stopped) return;
    ended = why;
    control.stop();
  };
  const onEvent = (event: TrainEvent) => {
    if (event.type !== 'progress') return;
    const { point } = event.progress;
    if (point && point.validation !== null) {
      const { epoch, step, validation } = point;
      const entry = { seconds: seconds(), epoch, step, train: point.train, validation };
      curve.push(entry);
      onPoint(entry);
      if (validation <= goal.nats) stop('goal');
    }
    if (budget.isOver()) stop('time');
  };
  let lost: string | null = null;
  void gpu.lost.then((reason) => (lost = reason));
  const backend = () => (lost === null ? Promise.resolve(gpu) : Promise.reject(new Error(lost)));
  const outcome = await train(job, { control, backend, yieldToEventLoop, onEvent });
  if (!outcome.ok) throw new Error(`${family}: ${outcome.reason}`);
  return runOf(goal, { hyper, batch, epochs, stepsPerEpoch, curve, ended }, outcome.value);
}

function runOf(
  goal: Goal,
  told: Pick<TrainRun, 'hyper' | 'batch' | 'epochs' | 'stepsPerEpoch' | 'curve' | 'ended'>,
  outcome: TrainOutcome,
): TrainRun {
  const best = told.curve.reduce((least, { validation }) => Math.min(least, validation), Infinity);
  // A run that ends before its first evaluation has that of its end.
  const last = outcome.step > 0 ? (outcome.validation?.nats ?? Infinity) : Infinity;
  const nats = Math.min(best, last);
  const first = told.curve.find(({ validation }) => validation <= goal.nats);
  return {
    family: goal.family,
    ...told,
    binarisation: describeBinarisation(BINARISATION),
    targets: 'soft',
    goal: goal.nats,
    reached: nats <= goal.nats,
    secondsToGoal: first?.seconds ?? null,
    ended: outcome.diverged ? 'diverged' : told.ended,
    seconds: outcome.seconds,
    nats: Number.isFinite(nats) ? nats : null,
    stepsPerSecond: outcome.step / outcome.seconds,
  };
}

/** Seconds of a step, and of scoring an image that is held back, by a learner that is thrown away. */
async function secondsOfStep(
  gpu: WebGpuBackend,
  { family, hyper, batch }: { family: string; hyper: Hyper; batch: number },
  { train: images, validation }: { train: GreyImages; validation: GreyImages },
  budget: Budget,
): Promise<{ step: number; score: number }> {
  const { grid } = images;
  const looked = binarise(firstImages(images, batch), BINARISATION);
  const state = initialState({ family, grid, hyper }, [pixelMeans(looked)], [looked.count], 0);
  const learner = await gpu.learner({
    ...{ family, grid, hyper, images, binarisation: BINARISATION, batchSize: batch, state },
    targets: 'soft',
  });
  try {
    const steps = async (count: number) => {
      const began = performance.now();
      for (let step = 0; step < count; step++) await learner.step(indexRange(0, batch), 1, 1e-6);
      await learner.takeLoss();
      return (performance.now() - began) / 1000;
    };
    await steps(TRIAL.steps);
    const few = (await steps(TRIAL.steps)) / TRIAL.steps;
    const limit = Math.min(TRIAL.seconds, budget.left / 10);
    const many = Math.max(1, Math.min(200, Math.floor(limit / few)));
    const step = (await steps(many)) / many;
    const packed = binarise(firstImages(validation, SCORED), BINARISATION);
    await learner.logLikelihood(packed, null);
    const began = performance.now();
    await learner.logLikelihood(packed, null);
    return { step, score: (performance.now() - began) / 1000 / packed.count };
  } finally {
    learner.destroy();
  }
}
