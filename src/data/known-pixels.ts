import {
  blankImages,
  getPixel,
  type Grid,
  type PackedImages,
  pixelCount,
  setPixel,
  sliceImages,
  wordsPerImage,
} from './images.ts';
import { permutePixels } from './orders.ts';

/** The known pixels of one image; the others are hidden. */
export interface KnownPixels {
  /** One image; pixels that are not known are 0. */
  readonly image: PackedImages;
  /** One image: 1 where a pixel is known. */
  readonly known: PackedImages;
}

/** The pixels of the first image of `images` where `known` is 1. Throws where the grids differ. */
export function knownPixelsOf(images: PackedImages, known: PackedImages): KnownPixels {
  if (images.grid.width !== known.grid.width || images.grid.height !== known.grid.height)
    throw new RangeError(
      `known: ${known.grid.width}x${known.grid.height} pixels, the image has ${images.grid.width}x${images.grid.height}`,
    );
  return { image: blankHidden(sliceImages(images, 0, 1), known), known };
}

/** The images with the pixels blank that `known`, one image, does not hold. */
export function blankHidden(images: PackedImages, known: PackedImages): PackedImages {
  const stride = wordsPerImage(images.grid);
  return { ...images, words: images.words.map((word, at) => word & known.words[at % stride]) };
}

/** Pixel `source[i]` of both images becomes pixel i. `source` is a permutation, [n]. */
export function permuteKnownPixels({ image, known }: KnownPixels, source: Uint32Array): KnownPixels {
  return { image: permutePixels(image, source), known: permutePixels(known, source) };
}

/** Throws RangeError where the known pixels have another grid. */
export function requireGrid({ image, known }: KnownPixels, grid: Grid): void {
  for (const own of [image.grid, known.grid])
    if (own.width !== grid.width || own.height !== grid.height)
      throw new RangeError(
        `given: ${own.width}x${own.height} pixels, the model has ${grid.width}x${grid.height}`,
      );
}

/** One image with the pixels on for which `is` holds. */
export function maskOf(grid: PackedImages['grid'], is: (pixel: number) => boolean): PackedImages {
  const mask = blankImages(grid, 1);
  for (let pixel = 0; pixel < pixelCount(grid); pixel++) if (is(pixel)) setPixel(mask, 0, pixel, 1);
  return mask;
}

/** Pixels that are not known, ascending. */
export function unknownPixels({ known }: Pick<KnownPixels, 'known'>): Uint32Array<ArrayBuffer> {
  const all = Uint32Array.from({ length: pixelCount(known.grid) }, (_, pixel) => pixel);
  return all.filter((pixel) => !getPixel(known, 0, pixel));
}

/** Whether all known pixels come before all unknown ones in an order of the pixels, [n]. */
export function knownComeFirst(order: Uint32Array, { known }: Pick<KnownPixels, 'known'>): boolean {
  const first = order.findIndex((pixel) => !getPixel(known, 0, pixel));
  return first < 0 || order.subarray(first).every((pixel) => !getPixel(known, 0, pixel));
}
