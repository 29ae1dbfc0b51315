/**
 * Bayesian networks over pixels with a table for each: p(x) = prod_i p(x_i | x_pa(i)), every parent before its
 * child, every p(x_i = 1 | x_pa(i)) a number of its own (Pearl 1988; as a model of binary images with the
 * nearest earlier pixels as parents: Frey, "Graphical models for machine learning and digital communication",
 * 1998, and the context templates of JBIG, ITU-T T.82). The plain loops below are the definition; `reference`
 * runs their fast twins from sparse.ts.
 */
import type { Grid, PackedImages } from '../../data/images.ts';
import { getPixel, pixelCount } from '../../data/images.ts';
import { logBernoulli, logit } from '../math.ts';
import type { Hyper, Model, Reference, Tensors } from '../types.ts';
import { parentsOf, tableStarts } from './parents.ts';
import { openTables, sparseCounter } from './sparse.ts';

/** Index into the table of a pixel: bit b is what its parent number b shows in x, `[n]` of 0 and 1. */
export function tableIndex(parents: readonly number[], x: ArrayLike<number>): number {
  return parents.reduce((index, parent, b) => index + x[parent] * 2 ** b, 0);
}

/** Logits of p(x_i = 1 | x_<i), `[n] f64`, of one image x, `[n]` of 0 and 1. */
export function logits(model: Model, x: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const parents = parentsOf(model.family, model.grid, model.hyper);
  const start = tableStarts(parents);
  return Float64Array.from(parents, (pa, i) => model.tensors.logit[start[i] + tableIndex(pa, x)]);
}

/** log p(x) in nats of one image x, `[n]` of 0 and 1. */
export function logLikelihood(model: Model, x: ArrayLike<number>): number {
  return logits(model, x).reduce((sum, z, i) => sum + logBernoulli(x[i], z), 0);
}

/**
 * The smoothed share of on-pixels among `count` images of which `on` had the pixel on. `strength` imagined
 * images of mean m are added: p = (on + strength m) / (count + strength).
 */
export function smoothedMean(on: number, count: number, strength: number, m: number): number {
  return (on + strength * m) / (count + strength);
}

/**
 * Counts every table over the images, `tensors.logit`. The imagined images of hyper.strength have the mean 1/2
 * where hyper.prior is 0 or absent (half a count per outcome at strength 1: Krichevsky and Trofimov 1981), and
 * the pixel's own mean, itself smoothed by half a count, where it is 1.
 */
export function countTables(family: string, grid: Grid, hyper: Hyper, images: PackedImages): Tensors {
  const parents = parentsOf(family, grid, hyper);
  const start = tableStarts(parents);
  const n = pixelCount(grid);
  const on = new Float64Array(start[n]);
  const seen = new Float64Array(start[n]);
  const mean = new Float64Array(n);
  for (let m = 0; m < images.count; m++) {
    const x = Array.from({ length: n }, (_, i) => getPixel(images, m, i));
    for (let i = 0; i < n; i++) {
      const entry = start[i] + tableIndex(parents[i], x);
      seen[entry] += 1;
      on[entry] += x[i];
      mean[i] += x[i];
    }
  }
  const logitTable = new Float32Array(start[n]);
  for (let i = 0; i < n; i++) {
    const prior = hyper.prior ? smoothedMean(mean[i], images.count, 1, 0.5) : 0.5;
    for (let entry = start[i]; entry < start[i + 1]; entry++) {
      logitTable[entry] = logit(smoothedMean(on[entry], seen[entry], hyper.strength, prior));
    }
  }
  return { logit: logitTable };
}

export const reference: Reference = {
  open: openTables,
  counter: sparseCounter,
};
