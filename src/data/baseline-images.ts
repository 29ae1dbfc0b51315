import { blankImages, getPixel, type PackedImages, pixelCount, setPixel, wordsPerImage } from './images.ts';
import { permutation, randomWords, Stream, streamKey, uniform } from './rng.ts';

/** Images that are no digits, made from one that may be. */
export const BASELINE_IMAGES = [
  'blank',
  'all ink',
  'inverted',
  'shuffled',
  'matched noise',
  'coin noise',
] as const;
export type BaselineImage = (typeof BASELINE_IMAGES)[number];

/**
 * One image for each of BASELINE_IMAGES, in their order: all pixels off; all on; the first image inverted; its pixels in a
 * random order; noise with its share of ink; noise with p = 0.5. The same for the same (image, seed), u32.
 */
export function baselineImages(image: PackedImages, seed: number): PackedImages {
  const n = pixelCount(image.grid);
  const own = Array.from({ length: n }, (_, pixel) => getPixel(image, 0, pixel));
  const share = own.reduce<number>((sum, bit) => sum + bit, 0) / n;
  const order = permutation(n, seed, streamKey(Stream.baselineImage));
  const [matched, coin] = [0, 1].map((index) => {
    const words = new Uint32Array(n);
    randomWords(seed, streamKey(Stream.baselineImage, 1), index, words);
    return Array.from(words, uniform);
  });
  const bits: Readonly<Record<BaselineImage, (pixel: number) => boolean>> = {
    blank: () => false,
    'all ink': () => true,
    inverted: (pixel) => !own[pixel],
    shuffled: (pixel) => own[order[pixel]] === 1,
    'matched noise': (pixel) => matched[pixel] < share,
    'coin noise': (pixel) => coin[pixel] < 0.5,
  };
  const all = blankImages(image.grid, BASELINE_IMAGES.length);
  BASELINE_IMAGES.forEach((baselineImage, at) => {
    for (let pixel = 0; pixel < n; pixel++) if (bits[baselineImage](pixel)) setPixel(all, at, pixel, 1);
  });
  return all;
}

/** The first image of one and all of the others, one after the other. Throws where the grids differ. */
export function withFirst(image: PackedImages, others: PackedImages): PackedImages {
  if (image.grid.width !== others.grid.width || image.grid.height !== others.grid.height)
    throw new RangeError('grid: the images differ in size');
  const stride = wordsPerImage(image.grid);
  const words = new Uint32Array((1 + others.count) * stride);
  words.set(image.words.subarray(0, stride));
  words.set(others.words.subarray(0, others.count * stride), stride);
  return { grid: image.grid, count: 1 + others.count, words };
}
