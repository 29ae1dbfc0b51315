import type { GreyImages } from '../../data/images.ts';
import { descentOf, folderSpec, isClassConditional } from '../../models/registry.ts';
import { type LearnerState, shownTensors } from '../../models/runs.ts';
import type { Tensors } from '../../models/model.ts';
import type { DescentRecipe } from '../../models/training.ts';
import type { Checkpoint, CurvePoint, DescentJob } from '../api.ts';
import type { Learner } from '../backends/backend.ts';
import { hasFiniteWeights, uniformNats } from './divergence.ts';
import { type Best, fromLastCheckpoint } from './from-checkpoint.ts';
import { keepSnapshot } from './keep-snapshot.ts';
import type { Run } from './run.ts';
import { Minibatches } from './minibatches.ts';
import { type Labelled, scoreInTurns } from '../backends/score.ts';
import { estimateOf } from './summary.ts';

/** Evaluations without a better validation loss before a run ends early. */
const PATIENCE = 10;
/** Minimum number of steps between two evaluations: small data sets would otherwise spend most of the time on validation. */
const MIN_STEPS = 25;
const CHECKPOINT_MS = 3000;
/** Approximate maximum of training points in a training curve; validation points come on top. */
const MAX_POINTS = 1000;

/**
 * Fits a descended family: minibatches in a seeded order, Adam, the family's recipe of descent, the weights with the lowest
 * validation loss kept. The weights are a function of the job and the step, never of the clock, so that a run which was
 * paused, reloaded or lost its device ends with exactly the weights of an uninterrupted one.
 */
export async function descend(run: Run, job: DescentJob<GreyImages>): Promise<Tensors> {
  const { family, grid, hyper, images, binarisation, targets = 'sampled', batchSize, seed, shards } = job;
  const minibatches = new Minibatches(
    run.rows,
    batchSize,
    seed,
    isClassConditional(job) ? images.labels : null,
  );
  run.progress.plan(run.rows.length, minibatches.stepsPerEpoch, job.epochs);
  return await fromLastCheckpoint(run, async (backend, from, save) => {
    // A checkpoint has the number that its run began with.
    const state = { ...from.state, shards: from.state.shards ?? shards };
    const learner = await backend.learner({
      family,
      grid,
      hyper,
      images,
      binarisation,
      targets,
      batchSize,
      state,
    });
    run.shards = learner.shards ?? null;
    try {
      return await new Descent(run, job, learner, minibatches, from, save).complete();
    } finally {
      learner.destroy();
    }
  });
}

/** The training loop on one learner. */
class Descent {
  readonly #run: Run;
  readonly #job: DescentJob<GreyImages>;
  readonly #learner: Learner;
  readonly #minibatches: Minibatches;
  readonly #onSave: (state: LearnerState, best: Best) => void;
  readonly #recipe: DescentRecipe;
  #best: Best;
  /** Evaluations since the best one. */
  #stale: number;
  #savedAt = performance.now();

  constructor(
    run: Run,
    job: DescentJob<GreyImages>,
    learner: Learner,
    minibatches: Minibatches,
    from: Checkpoint,
    onSave: (state: LearnerState, best: Best) => void,
  ) {
    this.#run = run;
    this.#job = job;
    this.#recipe = descentOf(folderSpec(job.family));
    this.#learner = learner;
    this.#minibatches = minibatches;
    this.#onSave = onSave;
    this.#best = from.best;
    this.#stale = from.best === null ? 0 : evaluationsSince(from.curve, from.best.step);
  }

  async complete(): Promise<Best> {
    const { progress, validation, hooks } = this.#run;
    const evaluateEvery = Math.max(progress.stepsPerEpoch, MIN_STEPS);
    const evaluationDue = () =>
      validation !== null && (progress.step === progress.steps || progress.step % evaluateEvery === 0);
    // A run that was interrupted during an evaluation repeats it.
    if (progress.step > 0 && evaluationDue() && !evaluatedAt(progress.curve, progress.step))
      await this.#evaluate();
    const shouldContinue = () =>
      progress.diverged === null &&
      progress.step < progress.steps &&
      !hooks.control.stopped &&
      this.#stale < PATIENCE;
    // After the first evaluation, snapshots are taken where the loss of the held-back images is known anyway.
    const snapshotMayBeDue = () =>
      validation === null || progress.step < evaluateEvery || progress.step % evaluateEvery === 0;
    if (progress.step === 0) await this.#keepSnapshot();
    while (shouldContinue()) {
      const single = hooks.control.stepping;
      await this.#step(single);
      if (evaluationDue()) await this.#evaluate();
      else if (progress.step === progress.steps || (progress.due && this.#isPointDue()))
        await this.#addPoint(null);
      if (snapshotMayBeDue()) await this.#keepSnapshot();
      if (performance.now() - this.#savedAt >= CHECKPOINT_MS) await this.#save();
      if (single) hooks.control.stepped();
      await this.#run.yieldToEventLoop('training', () => this.#save());
    }
    await this.#keepSnapshot(true);
    await this.#save();
    return this.#best;
  }

  /** `single`: the run is paused but for this step, which is measured. */
  async #step(single: boolean): Promise<void> {
    const { progress, bitsEpoch, hooks } = this.#run;
    const epoch = Math.floor(progress.epoch);
    const batch = this.#minibatches.batch(epoch, progress.step % progress.stepsPerEpoch);
    const rate = this.#job.learningRate * rateShare(progress.step, progress.steps, this.#recipe);
    const measured = single ? this.#run.binarised(batch, bitsEpoch) : null;
    const before = measured && (await this.#lossOf(measured));
    await this.#learner.step(batch, bitsEpoch, rate);
    progress.stepped(batch.length);
    if (!measured || before === null) return;
    const after = await this.#lossOf(measured);
    hooks.onEvent({ type: 'update', step: progress.step, images: batch.length, before, after });
  }

  /** Mean -log p in nats under the weights that are shown. */
  async #lossOf({ images, labels }: Labelled): Promise<number> {
    return estimateOf(await this.#learner.logLikelihood(images, labels)).nats;
  }

  async #keepSnapshot(end = false): Promise<void> {
    const { progress } = this.#run;
    await keepSnapshot(this.#run, {
      step: progress.step,
      tensors: async () => shownTensors(await this.#learner.state()),
      nats: evaluatedAt(progress.curve, progress.step) ? progress.validation : null,
      score: (images) =>
        scoreInTurns(this.#learner, images, () =>
          this.#run.yieldToEventLoop('validating', () => this.#save()),
        ),
      end,
    });
  }

  async #evaluate(): Promise<void> {
    const { progress, validation } = this.#run;
    const yieldToEventLoop = () => this.#run.yieldToEventLoop('validating', () => this.#save());
    const nats = estimateOf(await scoreInTurns(this.#learner, validation!, yieldToEventLoop)).nats;
    await this.#addPoint(nats);
    if (progress.diverged !== null) return;
    if (this.#best === null || nats < this.#best.validation) {
      const tensors = shownTensors(await this.#learner.state());
      if (!hasFiniteWeights(tensors)) {
        this.#diverge(NaN);
        return;
      }
      this.#best = { tensors, validation: nats, step: progress.step };
      this.#stale = 0;
    } else {
      this.#stale++;
    }
  }

  /** Limits the curve of a long run, which would otherwise have one point per step to draw and to store. */
  #isPointDue(): boolean {
    const { curve, step, steps } = this.#run.progress;
    return step - (curve.at(-1)?.step ?? 0) >= steps / MAX_POINTS;
  }

  async #addPoint(validation: number | null): Promise<void> {
    const { nats, images } = await this.#learner.takeLoss();
    const train = images > 0 ? nats / images : null;
    for (const loss of [train, validation])
      if (loss !== null && !Number.isFinite(loss)) {
        this.#diverge(loss);
        return;
      }
    this.#run.progress.addPoint(train, validation);
  }

  #diverge(nats: number): void {
    const { progress, job } = this.#run;
    progress.diverged ??= { step: progress.step, nats, uniform: uniformNats(job) };
  }

  /** Weights that are not finite are never saved: the run then ends with those of the checkpoint before. */
  async #save(): Promise<void> {
    const state = await this.#learner.state();
    if (!hasFiniteWeights(state.tensors)) this.#diverge(NaN);
    if (this.#run.progress.diverged !== null) return;
    this.#onSave(state, this.#best);
    this.#savedAt = performance.now();
  }
}

/**
 * The share of the run's rate that the step after `step` takes: cosine decay from 1 to the recipe's final rate (Loshchilov and Hutter 2017,
 * without restarts), times the warm-up.
 */
export function rateShare(
  step: number,
  steps: number,
  { warmUp, finalRate }: Pick<DescentRecipe, 'warmUp' | 'finalRate'>,
): number {
  const decay = finalRate + (1 - finalRate) * 0.5 * (1 + Math.cos(Math.PI * (step / steps)));
  const rising = Math.min(warmUp, Math.floor(steps / 10));
  return step < rising ? decay * ((step + 1) / rising) : decay;
}

function evaluationsSince(curve: readonly CurvePoint[], step: number): number {
  return curve.filter((point) => point.validation !== null && point.step > step).length;
}

function evaluatedAt(curve: readonly CurvePoint[], step: number): boolean {
  return curve.some((point) => point.validation !== null && point.step === step);
}
