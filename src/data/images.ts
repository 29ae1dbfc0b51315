/** Width and height of an image in pixels. Pixels are numbered in raster order: `row * width + column`. */
export interface Grid {
  readonly width: number;
  readonly height: number;
}

/**
 * Largest width and height of an image or of a model's grid. At 256 x 256 pixels NADE with 256 hidden units and a mixture of
 * 511 components reach the largest number of weights, and all other families that learn shapes are past it.
 */
export const MAX_SIDE = 256;

export const MNIST_GRID: Grid = { width: 28, height: 28 };

/** Labels are 0 to CLASSES - 1: the ten digits. */
export const CLASSES = 10;

/** Number of pixels n of one image. */
export function pixelCount(grid: Grid): number {
  return grid.width * grid.height;
}

/** Number of little-endian u32 words that hold one packed image: ceil(n / 32), 25 for 28x28. */
export function wordsPerImage(grid: Grid): number {
  return Math.ceil(pixelCount(grid) / 32);
}

/**
 * Binary images, one bit a pixel. Pixel i of image m is bit `i & 31` of `words[m * wordsPerImage + (i >> 5)]`.
 * The padding bits of each image's last word are zero.
 */
export interface PackedImages {
  readonly grid: Grid;
  readonly count: number;
  /** [count, wordsPerImage] */
  readonly words: Uint32Array<ArrayBuffer>;
}

/** Grey images, 0 (blank) to 255 (ink), with the class of each where it is known. */
export interface GreyImages {
  readonly grid: Grid;
  readonly count: number;
  /** [count, n] */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** [count], or null where the images carry no class */
  readonly labels: Uint8Array<ArrayBuffer> | null;
}

/** `count` blank images. */
export function blankImages(grid: Grid, count: number): PackedImages {
  return { grid, count, words: new Uint32Array(count * wordsPerImage(grid)) };
}

export function getPixel(images: PackedImages, image: number, pixel: number): 0 | 1 {
  return ((images.words[image * wordsPerImage(images.grid) + (pixel >> 5)] >>> (pixel & 31)) & 1) as 0 | 1;
}

export function setPixel(images: PackedImages, image: number, pixel: number, value: 0 | 1): void {
  const at = image * wordsPerImage(images.grid) + (pixel >> 5);
  const mask = 1 << (pixel & 31);
  images.words[at] = value ? images.words[at] | mask : images.words[at] & ~mask;
}

/** Packs `[count, n]` bytes, each 0 or 1. Throws where the length does not match. */
export function packImages(grid: Grid, bits: ArrayLike<number>): PackedImages {
  const n = pixelCount(grid);
  if (bits.length % n !== 0) throw new RangeError(`bits: ${bits.length} is not a multiple of ${n} pixels`);
  const images = blankImages(grid, bits.length / n);
  const stride = wordsPerImage(grid);
  for (let image = 0; image < images.count; image++) {
    for (let pixel = 0; pixel < n; pixel++) {
      if (bits[image * n + pixel]) images.words[image * stride + (pixel >> 5)] |= 1 << (pixel & 31);
    }
  }
  return images;
}

/** One image as `[n]` bytes, each 0 or 1, written into `out` where it is given. */
export function unpackImage(images: PackedImages, image: number, out?: Uint8Array): Uint8Array {
  const n = pixelCount(images.grid);
  const bits = out ?? new Uint8Array(n);
  const start = image * wordsPerImage(images.grid);
  for (let pixel = 0; pixel < n; pixel++) {
    bits[pixel] = (images.words[start + (pixel >> 5)] >>> (pixel & 31)) & 1;
  }
  return bits;
}

/** Images `first` to `first + count` as a view: no copy is made. */
export function sliceImages(images: PackedImages, first: number, count: number): PackedImages {
  const stride = wordsPerImage(images.grid);
  return { grid: images.grid, count, words: images.words.subarray(first * stride, (first + count) * stride) };
}

/** Copies of the images named by `rows`, in their order; one may be named several times. */
export function takeImages(images: PackedImages, rows: ArrayLike<number>): PackedImages {
  const stride = wordsPerImage(images.grid);
  const taken = blankImages(images.grid, rows.length);
  for (let at = 0; at < rows.length; at++)
    taken.words.set(images.words.subarray(rows[at] * stride, (rows[at] + 1) * stride), at * stride);
  return taken;
}

/** Image number i of `part` becomes image number rows[i] of `all`. */
export function scatterImages(all: PackedImages, rows: ArrayLike<number>, part: PackedImages): void {
  const stride = wordsPerImage(all.grid);
  for (let at = 0; at < rows.length; at++)
    all.words.set(part.words.subarray(at * stride, (at + 1) * stride), rows[at] * stride);
}

/** Copies `part` into `all` from image `first` on. */
export function putImages(all: PackedImages, first: number, part: PackedImages): void {
  all.words.set(part.words, first * wordsPerImage(all.grid));
}

/** `count` copies of the first image. */
export function repeatImage(image: PackedImages, count: number): PackedImages {
  return takeImages(image, new Uint32Array(count));
}
