import { bitsOf } from '../figures/small-images.ts';
import type { Kinds } from './kinds.ts';

/** A pixel of a small image: not known, or known to be ink or paper. */
export type Cell = '?' | '1' | '0';

/** p of all images of a small grid, [2^n]. */
export function tableOf(kinds: Kinds): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: 2 ** kinds.n }, (_, image) =>
    Math.exp(kinds.logP(bitsOf(image, kinds.n))),
  );
}

/** Whether image number `image` shows all known pixels. */
function shows(image: number, cells: readonly Cell[]): boolean {
  return cells.every((cell, i) => cell === '?' || Number(cell) === ((image >> i) & 1));
}

/** p(image given the known pixels), [2^n]: 0 for images that do not show them. */
export function exactCompletions(table: Float64Array, cells: readonly Cell[]): Float64Array<ArrayBuffer> {
  const kept = table.map((p, image) => (shows(image, cells) ? p : 0));
  const total = kept.reduce((sum, p) => sum + p, 0);
  return Float64Array.from(kept, (p) => p / total);
}

/**
 * How likely each image is where pixel after pixel is drawn from p(x_i given the pixels before) and a known one is taken as it is when its turn
 * comes, [2^n]: the product of the conditionals of the hidden pixels. What is known of later pixels changes nothing.
 */
export function forwardCompletions(table: Float64Array, cells: readonly Cell[]): Float64Array<ArrayBuffer> {
  const n = cells.length;
  /** p of the images that share the first `count` pixels with `image`. */
  const shared = (image: number, count: number): number =>
    table.reduce((sum, p, each) => sum + ((each ^ image) % 2 ** count === 0 ? p : 0), 0);
  return Float64Array.from(table, (_, image) => {
    if (!shows(image, cells)) return 0;
    let p = 1;
    for (let i = 0; i < n; i++) if (cells[i] === '?') p *= shared(image, i + 1) / shared(image, i);
    return p;
  });
}

/** Total variation: half of the summed differences, 0 for the same distribution, 1 for no image in common. */
export function totalVariation(p: Float64Array, q: Float64Array): number {
  return p.reduce((sum, each, at) => sum + Math.abs(each - q[at]), 0) / 2;
}

/** Chance of ink at a pixel, of a distribution over all images. */
export function inkChance(p: Float64Array, pixel: number): number {
  return p.reduce((sum, each, image) => sum + ((image >> pixel) & 1 ? each : 0), 0);
}
