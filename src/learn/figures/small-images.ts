import type { Grid } from '../../data/images.ts';
import { words } from '../words.ts';

/** The pixels of image number `image`, [n], 0 or 1: bit i of the number is pixel i, as in src/data/enumerate.ts. */
export function bitsOf(image: number, n: number): Uint8Array {
  return Uint8Array.from({ length: n }, (_, i) => (image >>> i) & 1);
}

/** The number of the image with these pixels, [n], n at most 31. */
export function imageOf(bits: ArrayLike<number>): number {
  let image = 0;
  for (let i = 0; i < bits.length; i++) if (bits[i]) image += 2 ** i;
  return image;
}

/** Row and column of a pixel, from 1, as a text alternative names them. */
export function placeOf(pixel: number, { width }: Grid): string {
  return words.figures.place(Math.floor(pixel / width) + 1, (pixel % width) + 1);
}

/** The image row by row, 1 for ink: "10, 01". */
export function rowsOf(bits: ArrayLike<number>, { width }: Grid): string {
  const digits = Array.from(bits, (bit) => (bit ? '1' : '0'));
  return Array.from({ length: bits.length / width }, (_, row) =>
    digits.slice(row * width, (row + 1) * width).join(''),
  ).join(', ');
}
