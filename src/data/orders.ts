import type { Grid, PackedImages } from './images.ts';
import { blankImages, pixelCount, wordsPerImage } from './images.ts';
import { permutation, Stream, streamKey } from './rng.ts';

/**
 * Orders of the pixels of a grid: place t of an order holds the pixel that comes t-th, `[n]`. Every order of an
 * autoregressive model is a distribution of its own, and a sampler must walk the one that the model scores in.
 */

/** Row by row, each from left to right: the order in which pixels are numbered. */
export function rasterOrder(grid: Grid): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: pixelCount(grid) }, (_, place) => place);
}

/** Row by row, every other one from right to left, so that each pixel is a neighbour of the one before. */
export function serpentineOrder(grid: Grid): Uint32Array<ArrayBuffer> {
  return rasterOrder(grid).map((place) => {
    const row = Math.floor(place / grid.width);
    const column = place % grid.width;
    return row * grid.width + (row % 2 === 0 ? column : grid.width - 1 - column);
  });
}

/** One of 2^32 shuffles, the same for the same seed. */
export function randomOrder(grid: Grid, seed: number): Uint32Array<ArrayBuffer> {
  return permutation(pixelCount(grid), seed, streamKey(Stream.pixelOrder));
}

/** The place of every pixel: `inverse[order[t]] = t`. */
export function inverseOrder(order: Uint32Array): Uint32Array<ArrayBuffer> {
  const inverse = new Uint32Array(order.length);
  order.forEach((pixel, place) => (inverse[pixel] = place));
  return inverse;
}

/** Pixel `source[i]` of every image becomes pixel i. `source` is a permutation, `[n]`. */
export function permutePixels(images: PackedImages, source: Uint32Array): PackedImages {
  const target = inverseOrder(source);
  const permuted = blankImages(images.grid, images.count);
  const stride = wordsPerImage(images.grid);
  for (let at = 0; at < images.words.length; at++) {
    const base = at - (at % stride);
    for (let bits = images.words[at] | 0; bits !== 0; bits &= bits - 1) {
      const pixel = target[((at - base) << 5) + 31 - Math.clz32(bits & -bits)];
      permuted.words[base + (pixel >> 5)] |= 1 << (pixel & 31);
    }
  }
  return permuted;
}
