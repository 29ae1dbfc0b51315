import type { Targets } from '../training.ts';

/** What the pixels of image `m` of a batch should be, [n]: its soft targets, or its bits x, [n], where there are none. */
export function inkOf(targets: Targets | undefined, m: number, x: ArrayLike<number>): ArrayLike<number> {
  return targets?.soft ? targets.soft.subarray(m * x.length, (m + 1) * x.length) : x;
}
