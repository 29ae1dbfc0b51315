/**
 * One table of what a pixel's nearest earlier neighbours show, shared by all pixels: p(x) = prod_i q(x_i | the k places
 * before i), q the same everywhere, places outside the grid read as off. It models local structure and nothing of where it
 * lies, as the context templates of JBIG (ITU-T T.82, 1993) do: texture, no shape. The plain loops below are the definition;
 * `reference` runs their fast twins from cpu.ts.
 */
import { type Grid, getPixel, type PackedImages, pixelCount } from '../../data/images.ts';
import { logBernoulli, logit } from '../shared/math.ts';
import type { Definition, Hyper, Model, Reference, Tensors } from '../types.ts';
import { parentsInside } from './layout.ts';
import { cpuCounter, openCpu } from './cpu.ts';

/** Index into the table: bit b is what place number b shows, `x` being [n] of 0 and 1. */
export function entryOf(grid: Grid, k: number, x: ArrayLike<number>, pixel: number): number {
  return parentsInside(grid, k, pixel).reduce((entry, { parent, bit }) => entry + x[parent] * 2 ** bit, 0);
}

/** Logits of p(x_i = 1 | x_<i), `[n] f64`, of one image x, `[n]` of 0 and 1. */
export function logits({ grid, hyper, tensors }: Model, x: ArrayLike<number>): Float64Array<ArrayBuffer> {
  return Float64Array.from(
    { length: pixelCount(grid) },
    (_, i) => tensors.logit[entryOf(grid, hyper.k, x, i)],
  );
}

/** log p(x) in nats of one image x, `[n]` of 0 and 1. */
export function logLikelihood(model: Model, x: ArrayLike<number>): number {
  return logits(model, x).reduce((sum, z, i) => sum + logBernoulli(x[i], z), 0);
}

/**
 * Counts the table over all pixels of all images: q(1 | s) = (on + a / 2) / (seen + a), a being hyper.strength. At 1 that is half
 * a count per outcome (Krichevsky and Trofimov 1981).
 */
export function countTable(_: string, grid: Grid, { k, strength }: Hyper, images: PackedImages): Tensors {
  const on = new Float64Array(2 ** k);
  const seen = new Float64Array(2 ** k);
  for (let m = 0; m < images.count; m++) {
    const x = Array.from({ length: pixelCount(grid) }, (_, i) => getPixel(images, m, i));
    x.forEach((xi, i) => {
      const entry = entryOf(grid, k, x, i);
      seen[entry] += 1;
      on[entry] += xi;
    });
  }
  return {
    logit: Float32Array.from(on, (ons, entry) => logit((ons + strength / 2) / (seen[entry] + strength))),
  };
}

export const definition: Definition = { logLikelihood, logits, count: countTable };

export const reference: Reference = { open: openCpu, counter: cpuCounter };
