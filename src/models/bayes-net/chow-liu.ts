/**
 * The tree whose distribution is the closest to the data's: C. K. Chow and C. N. Liu, "Approximating discrete
 * probability distributions with dependence trees", IEEE Trans. Information Theory 14, 1968. Among all trees the
 * likelihood is greatest where the mutual informations along the edges have the greatest sum.
 */
import type { Hyper, Tensors } from '../model.ts';
import { heaviestTree } from '../shared/spanning-tree.ts';
import { smoothedLogit } from './smoothing.ts';

/**
 * How often pixels were on together: `both[i * n + j]`, i <= j, counts images with i and j on; on the diagonal
 * stands how often the pixel itself was. Below the diagonal there is nothing.
 */
export interface PairCounts {
  readonly n: number;
  readonly images: number;
  /** [n, n] */
  readonly both: Uint32Array;
}

/**
 * Mutual information of two pixels in nats, of the shares as they were counted, unsmoothed: both on in `both` images,
 * the one in `a`, the other in `b`, of `images`. Exactly 0 where one of them never changes.
 */
export function mutualInformation(both: number, a: number, b: number, images: number): number {
  return (
    term(both, a, b, images) +
    term(a - both, a, images - b, images) +
    term(b - both, images - a, b, images) +
    term(images - a - b + both, images - a, images - b, images)
  );
}

/** p(x, y) log(p(x, y) / (p(x) p(y))) of one outcome, out of counts. */
function term(joint: number, a: number, b: number, images: number): number {
  return joint === 0 ? 0 : (joint / images) * Math.log((joint * images) / (a * b));
}

/** Mutual information of pixels i and j in nats. */
export function weightOf({ n, images, both }: PairCounts, i: number, j: number): number {
  return mutualInformation(
    both[Math.min(i, j) * n + Math.max(i, j)],
    both[i * n + i],
    both[j * n + j],
    images,
  );
}

/** The pixel with the largest sum of mutual informations with all others; of equals, the first. */
export function rootOf(pairs: PairCounts): number {
  const information = new Float64Array(pairs.n);
  for (let i = 0; i < pairs.n; i++) {
    for (let j = i + 1; j < pairs.n; j++) {
      const weight = weightOf(pairs, i, j);
      information[i] += weight;
      information[j] += weight;
    }
  }
  return information.indexOf(information.reduce((max, value) => Math.max(max, value), -Infinity));
}

/** The maximum spanning tree under the mutual informations: the parent of every pixel, -1 for the root, `[n]`. */
export function spanningTree(pairs: PairCounts, root: number): Int32Array<ArrayBuffer> {
  return heaviestTree(pairs.n, root, (i, j) => weightOf(pairs, i, j));
}

/** Structure and tables of the tree that fits the counts: `parent` [n] and `logit` [n, 2], smoothed as all tables are. */
export function treeTensors(pairs: PairCounts, { strength }: Hyper): Tensors {
  const { n, images, both } = pairs;
  const parent = spanningTree(pairs, rootOf(pairs));
  const logit = new Float32Array(2 * n);
  parent.forEach((p, i) => {
    const on = both[i * n + i];
    if (p < 0) {
      logit[2 * i] = smoothedLogit(on, images - on, strength, 0.5);
      return;
    }
    const parentOn = both[p * n + p];
    const together = both[Math.min(i, p) * n + Math.max(i, p)];
    logit[2 * i] = smoothedLogit(on - together, images - parentOn - (on - together), strength, 0.5);
    logit[2 * i + 1] = smoothedLogit(together, parentOn - together, strength, 0.5);
  });
  return { parent: Float32Array.from(parent), logit };
}
