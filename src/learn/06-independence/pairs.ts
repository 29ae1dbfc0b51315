import {
  blankImages,
  getPixel,
  type Grid,
  type PackedImages,
  pixelCount,
  setPixel,
} from '../../data/images.ts';
import { pixelMeans } from '../../data/dataset.ts';
import { randomWords, Stream, streamKey, uniform } from '../../data/rng.ts';

/**
 * `count` images of independent pixels whose chances of ink are given, [n]: one coin a pixel. Image i is the same function of the
 * seed however many are drawn.
 */
export function flipCoins(chances: ArrayLike<number>, grid: Grid, seed: number, count: number): PackedImages {
  const n = pixelCount(grid);
  const images = blankImages(grid, count);
  const words = new Uint32Array(n);
  for (let image = 0; image < count; image++) {
    randomWords(seed, streamKey(Stream.sample), image, words);
    for (let pixel = 0; pixel < n; pixel++)
      if (uniform(words[pixel]) < chances[pixel]) setPixel(images, image, pixel, 1);
  }
  return images;
}

/** In what share of the images both `pixel` and every other pixel have ink, [n]; at `pixel` itself, its own share. */
export function sharesWith(images: PackedImages, pixel: number): Float64Array<ArrayBuffer> {
  const inked = Array.from({ length: images.count }, (_, image) => image).filter((image) =>
    getPixel(images, image, pixel),
  );
  const n = pixelCount(images.grid);
  return Float64Array.from(
    { length: n },
    (_, other) => inked.filter((image) => getPixel(images, image, other)).length / images.count,
  );
}

/**
 * Pearson's correlation of `pixel` with every pixel over the images, [n], -1 to 1. Where one of the two is the same in all
 * images there is none: 0.
 */
export function correlationsWith(images: PackedImages, pixel: number): Float64Array<ArrayBuffer> {
  const shares = pixelMeans(images);
  return sharesWith(images, pixel).map((both, other) => correlation(both, shares[pixel], shares[other]));
}

/** Of two bits that are on together with probability `both` and alone with `a` and `b`; 0 where one of them never changes. */
export function correlation(both: number, a: number, b: number): number {
  const spread = Math.sqrt(a * (1 - a) * b * (1 - b));
  return spread > 0 ? (both - a * b) / spread : 0;
}
