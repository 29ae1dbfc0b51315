/** Components that a thread of the kernels reads at once. */
export const VECTOR = 4;
/** f32 logits are no finer than this. */
const FINEST = 2 ** 24;

/**
 * Parts of a nat that whole numbers of 32 bits count in: a power of two, so that dividing by it is exact, and the largest at which no
 * log p(x, k) of `pixels` pixels overflows. `most` are the largest |log p(x, k)| in nats that any image has, [K]; at most four
 * rounded numbers are added a pixel.
 */
export function scaleOf(most: Float64Array, pixels: number): number {
  // Every number is rounded by itself, by half a unit at most, and some room is left.
  const room = 2 ** 31 - 2 * pixels - 8;
  const largest = most.reduce((a, b) => Math.max(a, b));
  return Math.min(FINEST, 2 ** Math.floor(Math.log2(room / largest)));
}
