/** A piece of work ought to take about this long: the bar moves, and little is lost to cutting. */
const AIM_MS = 150;
const FIRST = 64;
const MOST = 4096;

/**
 * Does `work` on images 0 to total - 1 a piece at a time, the size of the pieces following the speed, and tells `done`
 * how many there are after each. What is computed must not depend on the cutting.
 */
export async function inPieces(
  total: number,
  done: (images: number) => void,
  work: (first: number, count: number) => Promise<void>,
): Promise<void> {
  let size = FIRST;
  for (let first = 0; first < total;) {
    const count = Math.min(size, total - first);
    const begun = performance.now();
    await work(first, count);
    const elapsed = performance.now() - begun;
    first += count;
    done(first);
    if (elapsed < AIM_MS / 2) size = Math.min(MOST, size * 2);
    else if (elapsed > AIM_MS * 2) size = Math.max(1, size >> 1);
  }
}
