import { writeIdxImages } from '../data/idx.ts';
import { type GreyImages, type PackedImages, pixelCount, unpackImage } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { contactSheet, MAX_ON_SHEET } from './contact-sheet.ts';
import { writeBytes } from './files.ts';
import { optional, output } from './options.ts';

export const OUT = output('IDX', 'the images as IDX, 0 and 255');
export const PNG = optional(
  output('FILE', `the same as one contact sheet, of ${MAX_ON_SHEET} images at most`),
);

/** Refuses more images than fit a contact sheet, before they are drawn. */
export function checkSheet(png: string | null, count: number): Result<null> {
  return png === null || count <= MAX_ON_SHEET
    ? ok(null)
    : fail(`${png}: --png: ${count} images are more than the ${MAX_ON_SHEET} that fit a sheet`);
}

/** Writes images, 255 for an inked pixel, to the files that are named. */
export function writeImages(images: PackedImages, out: string | null, png: string | null): Result<null> {
  const n = pixelCount(images.grid);
  const pixels = new Uint8Array(images.count * n);
  for (let m = 0; m < images.count; m++)
    unpackImage(images, m).forEach((bit, pixel) => (pixels[m * n + pixel] = 255 * bit));
  const grey: GreyImages = { grid: images.grid, count: images.count, pixels, labels: null };
  const written = out === null ? ok(null) : writeBytes('--out', out, writeIdxImages(grey));
  if (!written.ok || png === null) return written;
  return writeBytes('--png', png, contactSheet(grey));
}
