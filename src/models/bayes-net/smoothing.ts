import type { Hyper } from '../types.ts';

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

/**
 * Logits of all tables, `[entries]`, out of how many images showed each entry's parents and how many of those had
 * the pixel on, both `[entries]`; `tables` says where each pixel's start, `[n + 1]`. See countTables in
 * reference.ts for the formula.
 */
export function smoothTables(
  family: string,
  hyper: Hyper,
  tables: Uint32Array,
  seen: Uint32Array,
  on: Uint32Array,
): Float32Array<ArrayBuffer> {
  const logit = new Float32Array(seen.length);
  for (let i = 0; i + 1 < tables.length; i++) {
    const start = tables[i];
    const end = tables[i + 1];
    const strength = imaginedImages(family, hyper, Math.log2(end - start));
    let images = 0;
    let ons = 0;
    for (let entry = start; entry < end; entry++) {
      images += seen[entry];
      ons += on[entry];
    }
    const mean = hyper.prior ? (ons + 0.5) / (images + 1) : 0.5;
    const unseen = smoothedLogit(0, 0, strength, mean);
    for (let entry = start; entry < end; entry++) {
      logit[entry] =
        seen[entry] === 0 ? unseen : smoothedLogit(on[entry], seen[entry] - on[entry], strength, mean);
    }
  }
  return logit;
}
