import { pixelCount, wordsPerImage } from './images.ts';
import type { GreyImages, PackedImages } from './images.ts';
import { Stream, permutation, streamKey } from './rng.ts';

/** Share of the images in which each pixel is on, [n]; all zero where there are no images. */
export function pixelMeans(images: PackedImages): Float64Array<ArrayBuffer> {
  const means = new Float64Array(pixelCount(images.grid));
  const stride = wordsPerImage(images.grid);
  const { words } = images;
  for (let at = 0, end = images.count * stride; at < end; at += stride) {
    for (let word = 0; word < stride; word++) {
      for (let bits = words[at + word] | 0; bits !== 0; bits &= bits - 1)
        means[(word << 5) + 31 - Math.clz32(bits & -bits)]++;
    }
  }
  if (images.count > 0) for (let pixel = 0; pixel < means.length; pixel++) means[pixel] /= images.count;
  return means;
}

/** No training run holds back more images than these, whatever the share. */
export const MAX_VALIDATION_IMAGES = 5000;

export interface Split {
  /** Both ascending, together every index from 0 to count - 1 once. */
  readonly train: Uint32Array<ArrayBuffer>;
  readonly validation: Uint32Array<ArrayBuffer>;
}

/**
 * Holds back `share` of the images (0 to 1, rounded to whole images) for validation, at most `max`, and
 * always leaves one to train on. The same for the same seed.
 */
export function splitIndices(count: number, share: number, max: number, seed: number): Split {
  const held = Math.max(0, Math.min(Math.round(count * share), max, count - 1));
  const order = permutation(count, seed, streamKey(Stream.split));
  return { validation: order.slice(0, held).sort(), train: order.slice(held).sort() };
}

export interface LastSplit {
  readonly train: GreyImages;
  readonly validation: GreyImages;
}

/** The images without the last `held`, and these; null where that would leave none to train on. Views, not copies. */
export function splitLast(images: GreyImages, held: number): LastSplit | null {
  const first = images.count - held;
  if (first < 1 || held < 1) return null;
  const n = pixelCount(images.grid);
  const part = (from: number, to: number): GreyImages => ({
    grid: images.grid,
    count: to - from,
    pixels: images.pixels.subarray(from * n, to * n),
    labels: images.labels && images.labels.subarray(from, to),
  });
  return { train: part(0, first), validation: part(first, images.count) };
}

/** The rows named by `indices`, copied. Throws RangeError for an index out of range. */
export function takeRows(images: GreyImages, indices: ArrayLike<number>): GreyImages {
  const n = pixelCount(images.grid);
  const pixels = new Uint8Array(indices.length * n);
  const from = images.labels;
  const labels = from && Uint8Array.from(indices, (image) => from[image]);
  for (let row = 0; row < indices.length; row++) {
    const image = indices[row];
    if (!(image >= 0 && image < images.count))
      throw new RangeError(`indices: ${image} is outside 0 to ${images.count - 1}`);
    pixels.set(images.pixels.subarray(image * n, (image + 1) * n), row * n);
  }
  return { grid: images.grid, count: indices.length, pixels, labels };
}

/**
 * All images one after the other. The result carries labels only where every part does. Throws RangeError
 * for no parts and for parts of different size.
 */
export function concatGrey(parts: readonly GreyImages[]): GreyImages {
  if (parts.length === 0) throw new RangeError('parts: none');
  const { grid } = parts[0];
  const n = pixelCount(grid);
  let count = 0;
  for (const part of parts) {
    if (part.grid.width !== grid.width || part.grid.height !== grid.height)
      throw new RangeError(
        `grid: ${part.grid.width}x${part.grid.height} beside ${grid.width}x${grid.height}`,
      );
    count += part.count;
  }
  const pixels = new Uint8Array(count * n);
  const labels = parts.every((part) => part.labels !== null) ? new Uint8Array(count) : null;
  let at = 0;
  for (const part of parts) {
    pixels.set(part.pixels.subarray(0, part.count * n), at * n);
    if (labels && part.labels) labels.set(part.labels.subarray(0, part.count), at);
    at += part.count;
  }
  return { grid, count, pixels, labels };
}
