import { threefry2x32, uniform } from './rng.ts';

/** No side of a matrix in use is a multiple of it, so that rows differ. */
const PERIOD = 8191;

/**
 * Fills `values` with numbers in [-1, 1) that are the same for the same seed. They repeat after PERIOD numbers: drawing millions would
 * take longer than what is done with them.
 */
export function fillNoise(values: Float32Array, seed: number): void {
  const pair = new Uint32Array(2);
  const drawn = Math.min(PERIOD, values.length);
  for (let at = 0; at < drawn; at += 2) {
    threefry2x32(seed, 0, at, 0, pair);
    values[at] = 2 * uniform(pair[0]) - 1;
    if (at + 1 < drawn) values[at + 1] = 2 * uniform(pair[1]) - 1;
  }
  for (let at = drawn; at < values.length; at += PERIOD)
    values.copyWithin(at, 0, Math.min(PERIOD, values.length - at));
}
