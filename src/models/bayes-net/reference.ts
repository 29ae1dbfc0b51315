/**
 * Bayesian networks over pixels with a table for each: p(x) = prod_i p(x_i | x_pa(i)), every parent before its
 * child, every p(x_i = 1 | x_pa(i)) a number of its own, or one for all pixels (Pearl 1988; as a model of binary images with the
 * nearest earlier pixels as parents: Frey, "Graphical models for machine learning and digital communication",
 * 1998, and the context templates of JBIG, ITU-T T.82; with the best tree: Chow and Liu 1968). The plain loops below
 * are the definition; `reference` runs their fast twins from cpu.ts and pairs.ts.
 */
import type { Grid, PackedImages } from '../../data/images.ts';
import { getPixel, pixelCount } from '../../data/images.ts';
import { logBernoulli, logit } from '../shared/math.ts';
import { heaviestTreeByPairs } from '../shared/spanning-tree.ts';
import type { Hyper, Model, Tensors } from '../model.ts';
import type { Definition, Reference } from '../reference.ts';
import { mutualInformation } from './chow-liu.ts';
import { structureOf, TREE } from './layout.ts';
import { marginalOfNetwork } from './marginal.ts';
import { pairCounter } from './pairs.ts';
import { OUTSIDE } from './parents.ts';
import { imaginedImages } from './smoothing.ts';
import { openCpu, cpuCounter } from './cpu.ts';

/** Index into the table of a pixel: bit b is what its parent number b shows in x, `[n]` of 0 and 1; 0 outside the grid. */
export function tableIndex(parents: readonly number[], x: ArrayLike<number>): number {
  return parents.reduce((index, parent, b) => index + (parent === OUTSIDE ? 0 : x[parent] * 2 ** b), 0);
}

/** Logits of p(x_i = 1 | x_<i), `[n] f64`, of one image x, `[n]` of 0 and 1. */
export function logits(model: Model, x: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const { parents, tables } = structureOf(model);
  return Float64Array.from(parents, (pa, i) => model.tensors.logit[tables[i] + tableIndex(pa, x)]);
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
 * Counts every table over the images, `tensors.logit`, after learning the tree where the family is `tree`. The imagined
 * images of hyper.strength have the mean 1/2 where hyper.prior is 0 or absent (half a count per outcome at
 * strength 1: Krichevsky and Trofimov 1981), and the pixel's own mean, itself smoothed by half a count, where it is
 * 1. Of the full joint, see imaginedImages. A table that pixels share counts all of them.
 */
export function countTables(family: string, grid: Grid, hyper: Hyper, images: PackedImages): Tensors {
  if (family === TREE) return countTree(hyper, images);
  const { parents, tables: start } = structureOf({ family, grid, hyper, tensors: {} });
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
    const strength = imaginedImages(family, hyper, parents[i].length);
    for (let entry = start[i]; entry < start[i + 1]; entry++) {
      logitTable[entry] = logit(smoothedMean(on[entry], seen[entry], strength, prior));
    }
  }
  return { logit: logitTable };
}

/**
 * The tree of Chow and Liu: the heaviest one over all pairs of pixels; the root is the pixel whose edges weigh most, of
 * equals the first. `parent` [n] and `logit` [n, 2].
 */
function countTree({ strength }: Hyper, images: PackedImages): Tensors {
  const n = pixelCount(images.grid);
  /** Images in which pixel i shows a and pixel j shows b. */
  const seen = (i: number, a: number, j: number, b: number) => {
    let count = 0;
    for (let m = 0; m < images.count; m++) {
      if (getPixel(images, m, i) === a && getPixel(images, m, j) === b) count++;
    }
    return count;
  };
  const ons = Array.from({ length: n }, (_, i) => seen(i, 1, i, 1));
  const weight = (i: number, j: number) => mutualInformation(seen(i, 1, j, 1), ons[i], ons[j], images.count);
  const information = ons.map((_, i) => ons.reduce((sum, _on, j) => (i === j ? sum : sum + weight(i, j)), 0));
  const parent = heaviestTreeByPairs(n, information.indexOf(Math.max(...information)), weight);
  const logits = new Float32Array(2 * n);
  parent.forEach((from, pixel) => {
    for (const value of from < 0 ? [0] : [0, 1]) {
      const [off, on] = [0, 1].map((x) =>
        from < 0 ? seen(pixel, x, pixel, x) : seen(pixel, x, from, value),
      );
      logits[2 * pixel + value] = logit(smoothedMean(on, off + on, strength, 0.5));
    }
  });
  return { parent: Float32Array.from(parent), logit: logits };
}

export const definition: Definition = { logLikelihood, logits, count: countTables };

export const reference: Reference = {
  open: (model) => {
    const marginal = marginalOfNetwork(model);
    return marginal ? { ...openCpu(model), marginal } : openCpu(model);
  },
  counter: (family, grid, hyper) =>
    family === TREE ? pairCounter(grid, hyper) : cpuCounter(family, grid, hyper),
};
