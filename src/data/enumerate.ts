import { blankImages, type Grid, type PackedImages, pixelCount } from './images.ts';

/** 65,536 images: the most that are listed one by one. */
export const MAX_ENUMERATED_PIXELS = 16;

/** Number of binary images of a grid, 2^n. Throws RangeError beyond 16 pixels. */
export function imageCount(grid: Grid): number {
  const n = pixelCount(grid);
  if (n > MAX_ENUMERATED_PIXELS)
    throw new RangeError(`grid: 2^${n} images cannot be listed; at most ${MAX_ENUMERATED_PIXELS} pixels`);
  return 2 ** n;
}

/**
 * The images numbered `first` to `first + count - 1` of all 2^n of a grid; image number m shows bit i of m at pixel i.
 * Throws RangeError beyond 16 pixels and for numbers that name no image.
 */
export function allImages(grid: Grid, first = 0, count = imageCount(grid) - first): PackedImages {
  const all = imageCount(grid);
  if (!(first >= 0 && count >= 0 && first + count <= all))
    throw new RangeError(`first, count: ${first} and ${count} are outside the ${all} images`);
  const images = blankImages(grid, count);
  // One word an image: its packing is its number.
  for (let i = 0; i < count; i++) images.words[i] = first + i;
  return images;
}

/** How often each of the 2^n images occurs, [2^n]. Throws RangeError beyond 16 pixels. */
export function histogram(images: PackedImages, into?: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const counts = into ?? new Float64Array(imageCount(images.grid));
  for (let i = 0; i < images.count; i++) counts[images.words[i]]++;
  return counts;
}
