import type { PackedImages } from '../../data/images.ts';
import { Stream, streamKey, threefry2x32, uniform } from '../../data/rng.ts';
import { smoothedMean } from '../../models/bayes-net/reference.ts';
import { STRENGTH } from '../../models/shared/strength.ts';
import { type Parents, rowOf } from '../../stats/networks.ts';

/** Imagined pixels that every row of a table has seen before the first real one, half of them ink: as in the families of tables. */
export const IMAGINED = STRENGTH.default;

/** What one pixel's table was counted from, a row for each combination of its parents. */
export interface CountedTable {
  /** Images with this row in force, [2^parents] */
  readonly seen: Float64Array;
  /** Those of them in which the pixel is ink, [2^parents] */
  readonly ink: Float64Array;
  /** p(ink | row), smoothed, [2^parents] */
  readonly p: Float64Array;
}

/** The tables of small images, of at most 31 pixels, counted. */
export function countedTables(parents: Parents, images: PackedImages): CountedTable[] {
  return parents.map((list, pixel) => {
    const seen = new Float64Array(2 ** list.length);
    const ink = new Float64Array(2 ** list.length);
    for (let image = 0; image < images.count; image++) {
      const word = images.words[image];
      const row = rowOf(list, (each) => (word >>> each) & 1);
      seen[row]++;
      ink[row] += (word >>> pixel) & 1;
    }
    return { seen, ink, p: seen.map((count, row) => smoothedMean(ink[row], count, IMAGINED, 0.5)) };
  });
}

/** Mean log-likelihood of small images in nats, from the p of all images, [2^n]. */
export function meanLogOf(joint: ArrayLike<number>, images: PackedImages): number {
  let sum = 0;
  for (let image = 0; image < images.count; image++) sum += Math.log(joint[images.words[image]]);
  return sum / images.count;
}

/**
 * Sample number `index` of a network, as the number of an image: parents before children, in `order`. Pixel i is ink where its own
 * random number is below its row's p, so that changing one table changes few pixels.
 */
export function sampleOf(
  parents: Parents,
  order: readonly number[],
  tables: readonly ArrayLike<number>[],
  seed: number,
  index: number,
): number {
  const pair = new Uint32Array(2);
  let image = 0;
  for (const pixel of order) {
    threefry2x32(seed | 0, streamKey(Stream.sample), index, pixel, pair);
    const row = rowOf(parents[pixel], (each) => (image >>> each) & 1);
    if (uniform(pair[0]) < tables[pixel][row]) image |= 1 << pixel;
  }
  return image;
}
