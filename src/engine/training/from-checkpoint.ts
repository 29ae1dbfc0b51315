import { pixelMeans } from '../../data/dataset.ts';
import { CLASSES, pixelCount } from '../../data/images.ts';
import { isClassConditional } from '../../models/registry.ts';
import { type LearnerState, shownTensors } from '../../models/runs.ts';
import type { Tensors } from '../../models/model.ts';
import type { Checkpoint } from '../api.ts';
import type { Backend } from '../backends/backend.ts';
import { initialState } from '../backends/references.ts';
import type { Run } from './run.ts';

const CHUNK = 256;

/** The weights with the lowest validation loss so far. */
export type Best = Checkpoint['best'];

/**
 * Trains by EM or gradient descent: `work` begins with the last checkpoint, and again whenever the device was lost meanwhile. It
 * saves checkpoints, and resolves with the best weights; where there are none, the run ends with those of the last checkpoint.
 */
export async function fromLastCheckpoint(
  run: Run,
  work: (
    backend: Backend,
    from: Checkpoint,
    save: (state: LearnerState, best: Best) => void,
  ) => Promise<Best>,
): Promise<Tensors> {
  const { job, progress, hooks } = run;
  const { snapshots } = hooks;
  const initial = job.checkpoint && !snapshots ? null : await initialCheckpoint(run);
  let last = job.checkpoint ?? initial!;
  snapshots?.plan(progress.steps, shownTensors(last.state));
  // Of a run that goes on from an earlier visit only the initial weights can be had again.
  if (job.checkpoint && initial)
    snapshots?.add({ step: 0, tensors: shownTensors(initial.state), nats: null, images: 0 });
  const save = (state: LearnerState, best: Best) => {
    const { step, curve, seconds } = progress;
    last = { runId: job.runId, step, state, best, curve: [...curve], seconds };
    hooks.onCheckpoint?.(last);
  };
  return await run.retryOnDeviceLoss(async (backend) => {
    progress.restart(last);
    snapshots?.rewind(last.step);
    hooks.onEvent({ type: 'curve', curve: last.curve });
    // Stopped while waiting for a device: the result is the checkpoint.
    const best = hooks.control.stopped ? last.best : await work(backend, last, save);
    return best?.tensors ?? shownTensors(last.state);
  });
}

async function initialCheckpoint(run: Run): Promise<Checkpoint> {
  const { runId, family, grid, hyper, seed, images } = run.job;
  const groups = isClassConditional(run.job)
    ? Array.from({ length: CLASSES }, (_, y) => run.rows.filter((row) => images.labels?.[row] === y))
    : [run.rows];
  const means: Float64Array[] = [];
  for (const rows of groups) means.push(await meansOf(run, rows));
  const counts = groups.map((rows) => rows.length);
  const state = initialState({ family, grid, hyper }, means, counts, seed);
  return { runId, step: 0, state, best: null, curve: [], seconds: 0 };
}

/** Mean of every pixel over `rows`, [n]. */
async function meansOf(run: Run, rows: Uint32Array<ArrayBuffer>): Promise<Float64Array> {
  const means = new Float64Array(pixelCount(run.job.grid));
  for (let start = 0; start < rows.length; start += CHUNK) {
    const piece = rows.subarray(start, start + CHUNK);
    const chunk = pixelMeans(run.binarised(piece).images);
    const share = piece.length / rows.length;
    for (let i = 0; i < means.length; i++) means[i] += share * chunk[i];
    await run.yieldToEventLoop('preparing');
  }
  return means;
}
