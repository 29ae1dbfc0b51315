/**
 * Mixture of K trees: p(x) = sum_k pi_k prod_i p(x_i | x_pa_k(i), k), every component with a tree of its own (M. Meila and M. I. Jordan,
 * "Learning with mixtures of trees", JMLR 1, 2000), fitted by EM, whose M-step grows trees as Chow and Liu do. Stored: `weight` [K], pi =
 * softmax(weight); `parent` [K, n], -1 for the root; `logit` [K, n, 2], that of p(x_i = 1 | x_pa(i) = u, k) at 2 (k n + i) + u, of a root the
 * first. The plain loops below are the definition; `reference` runs their fast twins from cpu.ts and em.ts.
 */
import type { PackedImages } from '../../data/images.ts';
import { pixelCount, unpackImage } from '../../data/images.ts';
import { logBernoulli, logit, logSoftmax, logSumExp, sigmoid } from '../shared/math.ts';
import { heaviestTreeByPairs } from '../shared/spanning-tree.ts';
import { treeOrder } from '../bayes-net/layout.ts';
import { initialise as initialiseIndependent } from '../mixture/initialise.ts';
import type { Model, Tensors } from '../model.ts';
import type { Definition, Reference } from '../reference.ts';
import { openCpu } from './cpu.ts';
import { treeEmIteration } from './em.ts';
import { comparable, imaginedShares, type PairTable, SETTLED } from './m-step.ts';
import { treeMarginal } from './marginal.ts';
import { isFlat, type Tree, treesOf } from './trees.ts';

/** A pixel that is not known. */
const UNKNOWN = -1;

/** log p in nats of the pixels of a tree that are not UNKNOWN, the others summed over. */
function logMarginal({ parent, logit: z }: Tree, x: ArrayLike<number>): number {
  /** log p of what is known of i and its descendants, given x_i = v. */
  const lambda = Array.from(parent, (_, i) =>
    [0, 1].map((v) => (x[i] === UNKNOWN || x[i] === v ? 0 : -Infinity)),
  );
  let total = 0;
  // Children before their parents.
  for (const i of treeOrder(parent).reverse()) {
    /** The same given that the parent of i shows u. */
    const [whenOff, whenOn] = [0, 1].map((u) =>
      logSumExp(Float64Array.from([0, 1], (v) => logBernoulli(v, z[2 * i + u]) + lambda[i][v])),
    );
    if (parent[i] < 0) total += whenOff;
    else {
      lambda[parent[i]][0] += whenOff;
      lambda[parent[i]][1] += whenOn;
    }
  }
  return total;
}

/** log p(x, k) in nats of every component, `[K] f64`, of one image x, `[n]` of 0 and 1. */
export function logJoint(model: Model, x: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const trees = treesOf(model);
  return logSoftmax(Float64Array.from(model.tensors.weight)).map((logPi, k) =>
    trees[k].parent.reduce(
      (sum, p, i) => sum + logBernoulli(x[i], trees[k].logit[2 * i + (p < 0 ? 0 : x[p])]),
      logPi,
    ),
  );
}

/** log p(x) in nats. */
export function logLikelihood(model: Model, x: ArrayLike<number>): number {
  return logSumExp(logJoint(model, x));
}

/** Logits of p(x_i = 1 | x_<i) row by row, `[n] f64`: log p(x_<i, x_i = 1) - log p(x_<i, x_i = 0), later pixels summed over. */
export function logits(model: Model, x: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const trees = treesOf(model);
  const logWeights = logSoftmax(Float64Array.from(model.tensors.weight));
  return Float64Array.from({ length: pixelCount(model.grid) }, (_, i) => {
    const [off, on] = [0, 1].map((xi) => {
      const known = Array.from(x, (value, j) => (j < i ? value : j === i ? xi : UNKNOWN));
      return logSumExp(logWeights.map((logPi, k) => logPi + logMarginal(trees[k], known)));
    });
    return on - off;
  });
}

/** One iteration of EM: responsibilities p(k | x) of every image, the pairs that they make, and what m-step.ts says of these. */
export function emIteration(model: Model, images: PackedImages): Tensors {
  const n = pixelCount(model.grid);
  const { weight: before, logit: z } = model.tensors;
  const { strength } = model.hyper;
  const K = before.length;
  const bits = Array.from({ length: images.count }, (_, m) => unpackImage(images, m));
  const shares = bits.map((x) => {
    const joint = logJoint(model, x);
    return joint.map((nats) => Math.exp(nats - logSumExp(joint)));
  });
  /** Images in which pixel i shows a and pixel j shows b, each as much as `shareOf` says. */
  const seenPair = (i: number, a: number, j: number, b: number, shareOf: (m: number) => number) =>
    bits.reduce((sum, x, m) => (x[i] === a && x[j] === b ? sum + shareOf(m) : sum), 0);
  const imagined = imaginedShares(pairsOfAll(bits, n), images.count);
  /** The same of imagined images: all four out of the share with both on. */
  const imaginedPair = (i: number, a: number, j: number, b: number) => {
    const [on, other] = [imagined[i * n + i], imagined[j * n + j]];
    if (i === j) return a !== b ? 0 : a ? on : 1 - on;
    const both = imagined[Math.min(i, j) * n + Math.max(i, j)];
    return a ? (b ? both : on - both) : b ? other - both : 1 - on - other + both;
  };
  const seen = Array.from({ length: K }, (_, k) => shares.reduce((sum, share) => sum + share[k], 0));
  const weight = Float32Array.from(seen, (count) =>
    Math.log((count + strength) / (images.count + K * strength)),
  );
  const counted = seen.map(
    (_, k) => (i: number, a: number, j: number, b: number) =>
      seenPair(i, a, j, b, (m) => shares[m][k]) + strength * imaginedPair(i, a, j, b),
  );
  if (isFlat(z)) {
    const flat = Float32Array.from({ length: 2 * K * n }, (_, at) => {
      const [k, i] = [Math.floor(at / (2 * n)), Math.floor(at / 2) % n];
      return logit(counted[k](i, 1, i, 1) / (seen[k] + strength));
    });
    const change = flat.reduce(
      (sum, one, at) =>
        sum + Math.exp(weight[Math.floor(at / (2 * n))]) * Math.abs(sigmoid(one) - sigmoid(z[at])),
      0,
    );
    if (change / (2 * n) >= SETTLED) return { weight, parent: model.tensors.parent.slice(), logit: flat };
  }
  const trees = counted.map((count, k) => growTree(n, (...pair) => count(...pair) / (seen[k] + strength)));
  return {
    weight,
    parent: Float32Array.from(trees.flatMap((tree) => [...tree.parent])),
    logit: Float32Array.from(trees.flatMap((tree) => tree.logit)),
  };
}

/** How often all pairs of pixels are on together. */
function pairsOfAll(bits: readonly Uint8Array[], n: number): PairTable {
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return bits.reduce((sum, x) => sum + x[i] * x[j], 0);
  });
}

/** The tree of Chow and Liu of p(x_i = a, x_j = b): its root is the pixel with the largest sum of mutual informations. */
function growTree(
  n: number,
  p: (i: number, a: number, j: number, b: number) => number,
): { parent: Int32Array; logit: number[] } {
  const information = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => {
      if (i === j) return 0;
      let sum = 0;
      for (const a of [0, 1]) {
        for (const b of [0, 1])
          sum += p(i, a, j, b) * Math.log(p(i, a, j, b) / (p(i, a, i, a) * p(j, b, j, b)));
      }
      return comparable(sum);
    }),
  );
  const sums = information.map((row) => row.reduce((sum, one) => sum + one, 0));
  const parent = heaviestTreeByPairs(n, sums.indexOf(Math.max(...sums)), (i, j) => information[i][j]);
  return {
    parent,
    logit: Array.from(parent, (above, i) =>
      [0, 1].map((u) => (above < 0 ? logit(p(i, 1, i, 1)) : Math.log(p(i, 1, above, u) / p(i, 0, above, u)))),
    ).flat(),
  };
}

/**
 * What the imagined images add to the log-likelihood, up to a constant: strength * sum_k (log pi_k + mean of log p(x | k) over them), which is
 * a sum over edges. EM never lowers the sum of both.
 */
export function logPrior(model: Model, images: PackedImages): number {
  const n = pixelCount(model.grid);
  const bits = Array.from({ length: images.count }, (_, m) => unpackImage(images, m));
  const imagined = imaginedShares(pairsOfAll(bits, n), images.count);
  const logWeights = logSoftmax(Float64Array.from(model.tensors.weight));
  const ofTree = ({ parent, logit: z }: Tree) =>
    parent.reduce((sum, p, i) => {
      const on = imagined[i * n + i];
      const above = p < 0 ? 0 : imagined[p * n + p];
      const both = p < 0 ? 0 : imagined[Math.min(i, p) * n + Math.max(i, p)];
      const [z0, z1] = [z[2 * i], z[2 * i + 1]];
      return (
        sum +
        (on - both) * logBernoulli(1, z0) +
        (1 - above - on + both) * logBernoulli(0, z0) +
        both * logBernoulli(1, z1) +
        (above - both) * logBernoulli(0, z1)
      );
    }, 0);
  const trees = treesOf(model).reduce((sum, tree, k) => sum + logWeights[k] + ofTree(tree), 0);
  return model.hyper.strength * trees;
}

/** Independent pixels, as a mixture of those starts with; the tree of each is a chain that no pixel looks along. */
export const initialise: NonNullable<Reference['initialise']> = (grid, hyper, pixelMeans, seed) => {
  const n = pixelCount(grid);
  const K = hyper.components;
  const { weight, logit: means } = initialiseIndependent(grid, hyper, pixelMeans, seed);
  return {
    weight,
    parent: Float32Array.from({ length: K * n }, (_, at) => (at % n) - 1),
    logit: Float32Array.from({ length: 2 * K * n }, (_, at) => {
      const [k, i] = [Math.floor(at / (2 * n)), Math.floor(at / 2) % n];
      return means[i * K + k];
    }),
  };
};

export const definition: Definition = { logLikelihood, logits, emIteration };

export const reference: Reference = {
  open: (model) => ({ ...openCpu(model), marginal: treeMarginal(model) }),
  initialise,
  emIteration: treeEmIteration,
};
