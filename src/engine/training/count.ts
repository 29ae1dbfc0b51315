import { binariseRows } from '../../data/binarise.ts';
import type { Tensors } from '../../models/types.ts';
import { trainingEpoch, type Run } from './run.ts';

/** Images counted between two breaths. */
const CHUNK = 256;

/**
 * Fits a counted family. One pass over the images; with dynamic binarisation as many as there are epochs, because fresh
 * bits are worth counting and the same bits twice are not. A stopped run keeps what it has counted.
 */
export async function count(run: Run): Promise<Tensors> {
  const { job, progress, rows } = run;
  progress.plan(
    rows.length,
    Math.ceil(rows.length / CHUNK),
    job.binarisation.kind === 'dynamic' ? job.epochs : 1,
  );
  return await run.survivingLoss(async (backend) => {
    const counter = await backend.counter(job.family, job.grid, job.hyper);
    // What was counted on a device that was lost is counted again, even where the run is stopped by now.
    const counted = progress.step;
    try {
      progress.step = 0;
      while (progress.step < (run.hooks.control.stopped ? counted : progress.steps)) {
        const start = (progress.step % progress.stepsPerEpoch) * CHUNK;
        const chunk = rows.subarray(start, start + CHUNK);
        const epoch = trainingEpoch(job.binarisation, Math.floor(progress.epoch));
        const images = binariseRows(job.images, chunk, job.binarisation, epoch);
        await counter.add(images, run.labelsOf(chunk));
        progress.stepped(chunk.length);
        await run.yieldToEventLoop('training');
      }
      return await counter.finish();
    } finally {
      counter.destroy();
    }
  });
}
