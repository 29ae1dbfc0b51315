import { binariseRows } from '../../data/binarise.ts';
import type { GreyImages } from '../../data/images.ts';
import type { Tensors } from '../../models/types.ts';
import type { Checkpoint, EmJob } from '../api.ts';
import type { Backend } from '../backends/backend.ts';
import { initialCheckpoint } from './initial.ts';
import { type Run, trainingEpoch } from './run.ts';

/** Images read between two yields to the event loop. */
const CHUNK = 256;
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
  const { progress } = run;
  progress.plan(run.rows.length, Math.ceil(run.rows.length / CHUNK), job.epochs);
  let checkpoint = run.job.checkpoint ?? (await initialCheckpoint(run));
  return await run.retryOnDeviceLoss(async (backend) => {
    progress.curve = [...checkpoint.curve];
    progress.step = checkpoint.step;
    run.hooks.onEvent({ type: 'curve', curve: checkpoint.curve });
    while (progress.step < progress.steps && !run.hooks.control.stopped && !converged(run, checkpoint)) {
      const next = await iterate(run, backend, checkpoint);
      if (next === null) break;
      checkpoint = next;
      run.hooks.onCheckpoint?.(checkpoint);
    }
    return checkpoint.best?.tensors ?? checkpoint.state.tensors;
  });
}

/** One iteration; null where the run was stopped during it. */
async function iterate(run: Run, backend: Backend, from: Checkpoint): Promise<Checkpoint | null> {
  const { job, progress, rows, validation } = run;
  const { family, grid, hyper } = job;
  const model = { family, grid, hyper, tensors: from.state.tensors };
  const epoch = Math.round(progress.epoch);
  const emIteration = await backend.emIteration(model);
  let nats = 0;
  let tensors: Tensors;
  try {
    for (let start = 0; start < rows.length; start += CHUNK) {
      if (run.hooks.control.stopped) return null;
      const chunk = rows.subarray(start, start + CHUNK);
      const images = binariseRows(
        job.images,
        chunk,
        job.binarisation,
        trainingEpoch(job.binarisation, epoch),
      );
      nats -= await emIteration.add(images, run.labelsOf(chunk));
      progress.stepped(chunk.length);
      await run.yieldToEventLoop('training');
    }
    tensors = await emIteration.finish();
  } finally {
    emIteration.destroy();
  }
  const measured =
    validation && (await run.measure(backend, { ...model, tensors }, validation, 'validating'));
  progress.addPoint(nats / rows.length, measured?.nats ?? null);
  const better = measured !== null && (from.best === null || measured.nats < from.best.validation);
  return {
    runId: job.runId,
    step: progress.step,
    state: { step: progress.step, tensors, firstMoments: {}, secondMoments: {} },
    best: better ? { tensors, validation: measured.nats, step: progress.step } : from.best,
    curve: [...progress.curve],
    seconds: progress.seconds,
  };
}

/** With dynamic binarisation the training loss is over other bits in every iteration, so only validation decides. */
function converged(run: Run, { curve, best, step }: Checkpoint): boolean {
  const stale = best === null ? 0 : (step - best.step) / run.progress.stepsPerEpoch;
  if (stale >= PATIENCE) return true;
  if (run.job.binarisation.kind === 'dynamic' || curve.length < 2) return false;
  const [before, now] = curve.slice(-2).map((point) => point.train ?? Infinity);
  return before - now < MIN_GAIN;
}
