import { type GreyImages, type Grid, pixelCount } from '../../../src/data/images.ts';
import { threefry2x32 } from '../../../src/data/rng.ts';

/**
 * Images with a row of ink at a height that is the class, as many classes as there are rows. `grey` makes a pixel of whether it lies in that
 * row and of a random word.
 */
export function stripes(
  grid: Grid,
  count: number,
  seed: number,
  grey: (on: boolean, word: number) => number,
): GreyImages {
  const n = pixelCount(grid);
  const pixels = new Uint8Array(count * n);
  const labels = new Uint8Array(count);
  const random = new Uint32Array(2);
  for (let image = 0; image < count; image++) {
    threefry2x32(seed, 1, image, 0, random);
    labels[image] = random[0] % grid.height;
    for (let i = 0; i < n; i++) {
      threefry2x32(seed, 2, image, i, random);
      pixels[image * n + i] = grey(Math.floor(i / grid.width) === labels[image], random[0]);
    }
  }
  return { grid, count, pixels, labels };
}
