import type { Grid } from '../../data/images.ts';
import { pixelCount } from '../../data/images.ts';
import { PairPlanes } from '../shared/pair-planes.ts';
import type { CpuCounter } from '../cpu-training.ts';
import type { Hyper } from '../model.ts';
import { treeTensors } from './chow-liu.ts';

/** Counts every pair of pixels over the images, then grows the tree. At most 2^32 - 1 images. */
export function pairCounter(grid: Grid, hyper: Hyper): CpuCounter {
  const n = pixelCount(grid);
  const both = new Uint32Array(n * n);
  const planes = new PairPlanes(n, both);
  let images = 0;
  return {
    add(batch) {
      for (let m = 0; m < batch.count; m++) planes.add(batch, m);
      images += batch.count;
    },
    finish() {
      planes.flush();
      return treeTensors({ n, images, both }, hyper);
    },
  };
}
