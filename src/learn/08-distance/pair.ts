import { logit, sigmoid } from '../../models/shared/math.ts';

/**
 * Two pixels that are mostly alike, [4]: each of the two images in which they differ has probability `rare`, and of the rest the image
 * with ink in both has the share `tilt`.
 */
export function pairOf(rare: number, tilt: number): Float64Array<ArrayBuffer> {
  const alike = 1 - 2 * rare;
  return Float64Array.of(alike * (1 - tilt), rare, rare, alike * tilt);
}

/**
 * The chances of two independent pixels from which no change of one of them makes KL(Q || P) smaller, reached from `start` by setting
 * either to its best value in turn (coordinate descent, "mean field"). Every entry of p must be positive.
 */
export function reverseMinimum(p: ArrayLike<number>, start: number): readonly [number, number] {
  let [a, b] = [start, start];
  for (let i = 0; i < 2000; i++) {
    a = sigmoid((1 - b) * Math.log(p[1] / p[0]) + b * Math.log(p[3] / p[2]));
    const before = b;
    b = sigmoid((1 - a) * Math.log(p[2] / p[0]) + a * Math.log(p[3] / p[1]));
    if (Math.abs(logit(b) - logit(before)) < 1e-14) break;
  }
  return [a, b];
}
