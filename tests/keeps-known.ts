import { type PackedImages, wordsPerImage } from '../src/data/images.ts';
import type { KnownPixels } from '../src/data/known-pixels.ts';

/** Whether every image has every known pixel. */
export function keepsKnown(images: PackedImages, { image, known }: KnownPixels): boolean {
  const stride = wordsPerImage(images.grid);
  return images.words.every(
    (word, at) => ((word ^ image.words[at % stride]) & known.words[at % stride]) === 0,
  );
}
