import type { Hyper } from '../model.ts';

/**
 * How many imagined images a table with `parents` parents has seen before the first real one. Of the full joint
 * they are spread evenly over all 2^n images, so that every further parent leaves each table half as many: then
 * the product of its conditionals is (count(x) + strength / 2^n) / (images + strength), the smoothed share of whole images.
 */
export function imaginedImages(family: string, hyper: Hyper, parents: number): number {
  return family === 'full-joint' ? hyper.strength / 2 ** parents : hyper.strength;
}

/**
 * logit of p = (on + strength m) / (on + off + strength): the share of on-pixels after `strength` imagined images of
 * mean m. As a ratio, since 1 - p would lose all its digits where p is close to 1.
 */
export function smoothedLogit(on: number, off: number, strength: number, mean: number): number {
  return Math.log((on + strength * mean) / (off + strength * (1 - mean)));
}

/** How many pixels of `images` images were on, and off, at each entry of the tables, `[entries]`. */
export interface TableCounts {
  readonly images: number;
  readonly on: Uint32Array;
  /** Without pixels that were off among parents that are all off, which most are: they are found by subtraction. */
  readonly off: Uint32Array;
}

/**
 * Logits of all tables, `[entries]`; `tables` says where each pixel's start, `[n + 1]`. See countTables in reference.ts for
 * the formula.
 */
export function smoothTables(
  family: string,
  hyper: Hyper,
  tables: Uint32Array,
  { images, on, off }: TableCounts,
): Float32Array<ArrayBuffer> {
  const logit = new Float32Array(on.length);
  let pixels = 0;
  for (let i = 0; i + 1 < tables.length; i++) {
    const start = tables[i];
    const end = tables[i + 1];
    pixels++;
    // The next pixel has the same table.
    if (end === start) continue;
    const strength = imaginedImages(family, hyper, Math.log2(end - start));
    const seen = images * pixels;
    let ons = 0;
    let offs = 0;
    for (let entry = start; entry < end; entry++) {
      ons += on[entry];
      offs += off[entry];
    }
    const mean = hyper.prior ? (ons + 0.5) / (seen + 1) : 0.5;
    const unseen = smoothedLogit(0, 0, strength, mean);
    for (let entry = start; entry < end; entry++)
      logit[entry] =
        on[entry] + off[entry] === 0 ? unseen : smoothedLogit(on[entry], off[entry], strength, mean);
    logit[start] = smoothedLogit(on[start], off[start] + seen - ons - offs, strength, mean);
    pixels = 0;
  }
  return logit;
}
