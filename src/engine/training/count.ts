import { binariseRows } from '../../data/binarise.ts';
import type { GreyImages } from '../../data/images.ts';
import type { Tensors } from '../../models/types.ts';
import type { CountJob } from '../api.ts';
import { trainingEpoch, type Run } from './run.ts';

/** Images counted between two yields to the event loop. */
const CHUNK = 256;

/**
 * Fits a counted family in the job's passes over the images. Several make sense with dynamic binarisation, which draws new bits in
 * each; counting the same bits twice changes nothing. A stopped run keeps what it has counted.
 */
export async function count(run: Run, job: CountJob<GreyImages>): Promise<Tensors> {
  const { progress, rows } = run;
  progress.plan(rows.length, Math.ceil(rows.length / CHUNK), job.passes);
  return await run.retryOnDeviceLoss(async (backend) => {
    const counter = await backend.counter(job.family, job.grid, job.hyper);
    // Counts on a lost device are gone: the same images are counted again, even if the run has been stopped since.
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
