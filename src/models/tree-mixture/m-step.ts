/**
 * The M-step: every component takes the tree that fits its share of the images best (Chow and Liu 1968), smoothed by `strength` imagined
 * images. These come from what all images have in common, the shares of their pairs of pixels, with UNIFORM_SHARE of coin tosses
 * among them; so each tree is shrunk towards that of all images (Meila and Jordan 2000, section 6: smoothing by the marginals).
 * As log p of a tree is a sum over pairs of pixels, pairs are all that the imagined images need, and this is the maximum of
 * the expected log-likelihood plus a log prior (logPrior in reference.ts).
 *
 * EM starts without edges: components of independent pixels are fitted until they have settled, for trees that were grown while the components
 * are still all alike stay alike.
 */
import { sigmoid } from '../shared/math.ts';
import { heaviestTree } from '../shared/spanning-tree.ts';
import type { Model, Tensors } from '../model.ts';
import { isFlat } from './trees.ts';

/** Of the imagined images, the share whose pixels are coin tosses. */
export const UNIFORM_SHARE = 0.01;
/** Independent components whose pixel means change less than this on average have settled. */
export const SETTLED = 0.003;

/** Of pixels i and j, i <= j, [n, n]: images, or shares of images, with both on; on the diagonal those with the pixel on. */
export type PairTable = Float64Array<ArrayBuffer>;

/** What the E-step has found. */
export interface Expectations {
  readonly images: number;
  /** Images of each component, [K] */
  readonly seen: ArrayLike<number>;
  /** Pairs of all images. */
  readonly all: PairTable;
  /** Writes the pairs of one component; only its diagonal needs to be right where `diagonalOnly`. */
  readonly pairsOf: (component: number, into: PairTable, diagonalOnly: boolean) => void;
}

/** The shares of the imagined images' pairs: those of all images, and of coin tosses, one image of which all have seen. */
export function imaginedShares(all: PairTable, images: number): PairTable {
  const n = Math.sqrt(all.length);
  const shares = new Float64Array(all.length);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      const tosses = i === j ? 0.5 : 0.25;
      const common = (all[i * n + j] + tosses) / (images + 1);
      shares[i * n + j] = (1 - UNIFORM_SHARE) * common + UNIFORM_SHARE * tosses;
    }
  }
  return shares;
}

/** The tensors that maximise what EM maximises, out of the model before. */
export function mStep(model: Model, expectations: Expectations): Tensors {
  const { seen, images, all, pairsOf } = expectations;
  const { strength } = model.hyper;
  const K = seen.length;
  const n = Math.sqrt(all.length);
  const shares = imaginedShares(all, images);
  const weight = Float32Array.from(seen, (count) => Math.log((count + strength) / (images + K * strength)));
  const pairs: PairTable = new Float64Array(n * n);
  const flat = isFlat(model.tensors.logit);
  if (flat) {
    const logit = new Float32Array(2 * K * n);
    let change = 0;
    for (let k = 0; k < K; k++) {
      pairsOf(k, pairs, true);
      for (let i = 0; i < n; i++) {
        const at = 2 * (k * n + i);
        const on = Math.min(pairs[i * n + i], seen[k]);
        const imagined = shares[i * n + i];
        logit[at] = Math.log((on + strength * imagined) / (seen[k] - on + strength * (1 - imagined)));
        logit[at + 1] = logit[at];
        change += Math.exp(weight[k]) * Math.abs(sigmoid(logit[at]) - sigmoid(model.tensors.logit[at]));
      }
    }
    if (change / n >= SETTLED) return { weight, parent: model.tensors.parent.slice(), logit };
  }
  const parent = new Float32Array(K * n);
  const logit = new Float32Array(2 * K * n);
  for (let k = 0; k < K; k++) {
    pairsOf(k, pairs, false);
    addImagined(pairs, seen[k], shares, strength);
    growTree(
      pairs,
      seen[k] + strength,
      parent.subarray(k * n, (k + 1) * n),
      logit.subarray(2 * k * n, 2 * (k + 1) * n),
    );
  }
  return { weight, parent, logit };
}

/** Adds the imagined images to the pairs of a component that has seen `seen`. Sums in f32 may be off by a rounding, and are put right. */
function addImagined(pairs: PairTable, seen: number, shares: PairTable, strength: number): void {
  const n = Math.sqrt(pairs.length);
  for (let i = 0; i < n; i++) pairs[i * n + i] = Math.min(pairs[i * n + i], seen);
  for (let i = 0; i < n; i++) {
    const a = pairs[i * n + i];
    for (let j = i + 1; j < n; j++) {
      const b = pairs[j * n + j];
      const both = Math.max(Math.min(pairs[i * n + j], a, b), a + b - seen);
      pairs[i * n + j] = both + strength * shares[i * n + j];
    }
  }
  for (let i = 0; i < n; i++) pairs[i * n + i] += strength * shares[i * n + i];
}

/** Mutual informations are compared in whole units of 2^-32 nats: rounding, which differs with the order of adding, decides no tie. */
export function comparable(nats: number): number {
  return Math.max(0, Math.round(nats * 2 ** 32));
}

/** The best tree for pairs of pixels of `total` images, none of them impossible: parents, -1 for the root, [n], and tables, [n, 2]. */
function growTree(pairs: PairTable, total: number, parent: Float32Array, logit: Float32Array): void {
  const n = parent.length;
  const weights = new Uint32Array(n * n);
  const information = new Float64Array(n);
  const ownTerm = Float64Array.from({ length: n }, (_, i) =>
    entropyTerm(pairs[i * n + i], total - pairs[i * n + i]),
  );
  const whole = total * Math.log(total);
  for (let i = 0; i < n; i++) {
    const a = pairs[i * n + i];
    for (let j = i + 1; j < n; j++) {
      const b = pairs[j * n + j];
      const both = pairs[i * n + j];
      const cells = entropyTerm(both, a - both) + entropyTerm(b - both, total - a - b + both);
      const weight = comparable((cells - ownTerm[i] - ownTerm[j] + whole) / total);
      weights[i * n + j] = weight;
      weights[j * n + i] = weight;
      information[i] += weight;
      information[j] += weight;
    }
  }
  let root = 0;
  for (let i = 1; i < n; i++) if (information[i] > information[root]) root = i;
  heaviestTree(n, root, (i, j) => weights[i * n + j]).forEach((p, i) => {
    parent[i] = p;
    const on = pairs[i * n + i];
    if (p < 0) {
      logit[2 * i] = logit[2 * i + 1] = Math.log(on / (total - on));
      return;
    }
    const above = pairs[p * n + p];
    const both = pairs[Math.min(i, p) * n + Math.max(i, p)];
    logit[2 * i] = Math.log((on - both) / (total - above - on + both));
    logit[2 * i + 1] = Math.log(both / (above - both));
  });
}

function entropyTerm(one: number, other: number): number {
  return one * Math.log(one) + other * Math.log(other);
}
