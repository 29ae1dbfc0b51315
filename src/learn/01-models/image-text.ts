import { type Bits, N } from './models.ts';

/** Six pixels a letter, the letters of base64url. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const PIXELS = 6;
const LENGTH = Math.ceil(N / PIXELS);

/** Texts of up to `most` images, with a point between two of them. */
export function imagesPattern(most: number): RegExp {
  const image = `[\\w-]{${LENGTH}}`;
  return new RegExp(`^(?:${image}(?:\\.${image}){0,${most - 1}})?$`);
}

/** A binary image, [N], as letters for a link. */
export function writeImage(bits: Bits): string {
  return Array.from({ length: LENGTH }, (_, letter) => {
    let value = 0;
    for (let i = 0; i < PIXELS; i++) value = 2 * value + (bits[PIXELS * letter + i] ?? 0);
    return LETTERS[value];
  }).join('');
}

export function readImage(text: string): Bits {
  return Uint8Array.from({ length: N }, (_, pixel) => {
    const value = LETTERS.indexOf(text[Math.floor(pixel / PIXELS)]);
    return (value >> (PIXELS - 1 - (pixel % PIXELS))) & 1;
  });
}

export function writeImages(images: readonly Bits[]): string {
  return images.map(writeImage).join('.');
}

export function readImages(text: string): Bits[] {
  return text === '' ? [] : text.split('.').map(readImage);
}
