import type { GreyImages } from '../../data/images.ts';
import type { Model, Tensors } from '../../models/model.ts';
import type { EmJob } from '../api.ts';
import type { Backend } from '../backends/backend.ts';
import { type Best, fromLastCheckpoint } from './from-checkpoint.ts';
import { keepSnapshot } from './keep-snapshot.ts';
import type { Run } from './run.ts';
import { estimateOf } from './summary.ts';

/** An iteration that gains less than this, in nats an image, ends the run: EM has converged. */
const MIN_GAIN = 1e-4;
/** Iterations without a better validation loss before a run ends early. */
const PATIENCE = 5;

/**
 * Fits a family by EM (Dempster, Laird and Rubin 1977): every iteration reads all images under the current model (E step)
 * and then takes the parameters that maximise the expected log-likelihood (M step). The weights with the lowest
 * validation loss are kept. An interrupted run resumes from its last complete iteration.
 */
export async function em(run: Run, job: EmJob<GreyImages>): Promise<Tensors> {
  const { progress, validation, hooks } = run;
  const { family, grid, hyper } = job;
  run.planPasses(job.epochs);
  return await fromLastCheckpoint(run, async (backend, from, save) => {
    let { best } = from;
    let { tensors } = from.state;
    const snapshot = (nats: number | null, end = false) =>
      keepSnapshot(run, {
        // The chunks of an iteration that was stopped have changed no weights.
        step: progress.step - (progress.step % progress.stepsPerEpoch),
        tensors: () => Promise.resolve(tensors),
        nats,
        score: (images) =>
          run.scoring(backend, { family, grid, hyper, tensors }, 'validating', (score) => score(images)),
        end,
      });
    if (progress.step === 0) await snapshot(null);
    while (progress.step < progress.steps && !hooks.control.stopped && !converged(run, best)) {
      const next = await iterate(run, backend, { family, grid, hyper, tensors });
      if (next === null) break;
      const model = { family, grid, hyper, tensors: next.tensors };
      const scores =
        validation && (await run.scoring(backend, model, 'validating', (score) => score(validation)));
      const nats = scores && estimateOf(scores).nats;
      progress.addPoint(next.nats, nats);
      tensors = next.tensors;
      const { step } = progress;
      if (nats !== null && (best === null || nats < best.validation))
        best = { tensors, validation: nats, step };
      save({ step, tensors, firstMoments: {}, secondMoments: {} }, best);
      await snapshot(nats);
      if (!next.single) continue;
      hooks.control.stepped();
      hooks.onEvent({ type: 'update', step, images: run.rows.length, before: next.nats, after: null });
      await run.yieldToEventLoop('training');
    }
    await snapshot(null, true);
    return best;
  });
}

/**
 * One iteration: the next tensors, the mean -log p in nats of the training images under those before, and whether the run is paused but for
 * this update. Null where the run was stopped during it.
 */
async function iterate(
  run: Run,
  backend: Backend,
  model: Model,
): Promise<{ readonly tensors: Tensors; readonly nats: number; readonly single: boolean } | null> {
  const { progress, rows, hooks } = run;
  const iteration = await backend.emIteration(model);
  try {
    let nats = 0;
    for (let chunk = 0; chunk < progress.stepsPerEpoch; chunk++) {
      if (hooks.control.stopped) return null;
      nats -= await run.takeChunk((images, labels) => iteration.add(images, labels));
    }
    const single = hooks.control.stepping;
    return { tensors: await iteration.finish(), nats: nats / rows.length, single };
  } finally {
    iteration.destroy();
  }
}

/** With dynamic binarisation the training loss is over other bits in every iteration, so only validation decides. */
function converged({ job, progress: { step, stepsPerEpoch, curve } }: Run, best: Best): boolean {
  const stale = best === null ? 0 : (step - best.step) / stepsPerEpoch;
  if (stale >= PATIENCE) return true;
  if (job.binarisation.kind === 'dynamic' || curve.length < 2) return false;
  const [before, now] = curve.slice(-2).map((point) => point.train ?? Infinity);
  return before - now < MIN_GAIN;
}
