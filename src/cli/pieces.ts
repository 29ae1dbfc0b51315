import { forEachSlice } from '../data/slices.ts';

/** Intended duration of a piece: short enough for a smooth bar, long enough for little overhead. */
const TARGET_MS = 150;

/** Does `work` on images 0 to total - 1 in slices, and calls `done` after each with the number of images so far. */
export async function inPieces(
  total: number,
  done: (images: number) => void,
  work: (first: number, count: number) => Promise<void>,
): Promise<void> {
  await forEachSlice(total, {
    targetMs: TARGET_MS,
    work: async (first, count) => {
      await work(first, count);
      done(first + count);
    },
  });
}
