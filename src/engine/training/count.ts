import type { GreyImages } from '../../data/images.ts';
import type { Tensors } from '../../models/model.ts';
import type { CountJob } from '../api.ts';
import type { Run } from './run.ts';

/**
 * Fits a counted family in the job's passes over the images. Several make sense with dynamic binarisation, which draws new bits in
 * each; counting the same bits twice changes nothing. A stopped run keeps what it has counted.
 */
export async function count(run: Run, job: CountJob<GreyImages>): Promise<Tensors> {
  const { progress, hooks } = run;
  run.planPasses(job.passes);
  return await run.retryOnDeviceLoss(async (backend) => {
    const counter = await backend.counter(job.family, job.grid, job.hyper);
    // Counts on a lost device are gone: the same images are counted again, even if the run has been stopped since.
    const counted = progress.step;
    try {
      progress.step = 0;
      while (progress.step < (hooks.control.stopped ? counted : progress.steps))
        await run.takeChunk((images, labels) => counter.add(images, labels));
      return await counter.finish();
    } finally {
      counter.destroy();
    }
  });
}
