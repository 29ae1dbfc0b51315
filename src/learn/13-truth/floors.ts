import { coinEntropy, entropy, totalCorrelation } from '../../stats/divergences.ts';

/** What the best model of a family misses of a distribution over small images, p [2^n]: bit i of an image's number is pixel i. */

/** KL(p, q) in nats, of log q [2^n]: by how many nats an image a code for q misses the entropy of p; infinite where q leaves out what p has. */
export function missedBy(p: ArrayLike<number>, logQ: ArrayLike<number>): number {
  let sum = 0;
  for (let m = 0; m < p.length; m++) if (p[m] > 0) sum += p[m] * (Math.log(p[m]) - logQ[m]);
  return sum;
}

/** Entropy in nats of the pixels whose bits are set in `mask`. */
export function marginalEntropy(p: ArrayLike<number>, mask: number): number {
  const marginal = new Float64Array(mask + 1);
  for (let m = 0; m < p.length; m++) marginal[m & mask] += p[m];
  return entropy(marginal);
}

/** H(pixel | parents) in nats. */
export function conditionalEntropy(p: ArrayLike<number>, pixel: number, parents: readonly number[]): number {
  const mask = parents.reduce((bits, parent) => bits | (1 << parent), 0);
  return marginalEntropy(p, mask | (1 << pixel)) - marginalEntropy(p, mask);
}

/** What the best network of these parents misses, in nats: with tables that are right, sum H(x_i | parents) - H. */
export function networkFloor(p: ArrayLike<number>, parents: readonly (readonly number[])[]): number {
  return parents.reduce((sum, own, pixel) => sum + conditionalEntropy(p, pixel, own), 0) - entropy(p);
}

/** What the best tree misses, in nats: the mutual information along the heaviest tree less (Chow and Liu 1968). */
export function treeFloor(p: ArrayLike<number>, n: number): number {
  const mutual = (a: number, b: number): number =>
    conditionalEntropy(p, a, []) - conditionalEntropy(p, a, [b]);
  /** The largest mutual information of every pixel with the tree so far; the tree begins with pixel 0. */
  const best = Array.from({ length: n }, (_, i) => (i === 0 ? 0 : mutual(i, 0)));
  const outside = new Set(best.keys());
  outside.delete(0);
  let inTree = 0;
  while (outside.size > 0) {
    const next = [...outside].reduce((a, b) => (best[b] > best[a] ? b : a));
    inTree += best[next];
    outside.delete(next);
    for (const i of outside) best[i] = Math.max(best[i], mutual(i, next));
  }
  return totalCorrelation(p) - inTree;
}

/**
 * What the best PixelCNN of one block misses of a row of n pixels, at most 4, in nats. Every pixel but the first, which the border gives
 * away, has the same function of the pixels before it, the nearest first; those outside the image count as paper. Where two places look the
 * same, both get one answer: the mean of what each of them needs.
 */
export function paddedFloor(p: ArrayLike<number>, n: number): number {
  /** Probability of paper and of ink after each of the windows, [windows][2]. */
  const seen = new Map<string, [number, number]>();
  for (let m = 0; m < p.length; m++)
    for (let pixel = 0; pixel < n; pixel++) {
      const before = Array.from({ length: n - 1 }, (_, far) =>
        pixel > far ? (m >> (pixel - 1 - far)) & 1 : 0,
      );
      const window = pixel === 0 ? 'border' : before.join('');
      const own = seen.get(window) ?? [0, 0];
      own[(m >> pixel) & 1] += p[m];
      seen.set(window, own);
    }
  let sum = -entropy(p);
  for (const [paper, ink] of seen.values())
    sum += (paper + ink) * (ink > 0 ? coinEntropy(ink / (paper + ink)) : 0);
  return sum;
}

/**
 * What the best FVSBN misses, in nats: for every pixel the logistic regression on the pixels before that is best under p itself,
 * by Newton's method. The loss is convex, so there is one minimum; where it lies at infinity the steps come close.
 */
export function logisticFloor(p: ArrayLike<number>, n: number): number {
  let sum = -entropy(p);
  for (let pixel = 0; pixel < n; pixel++) sum += logisticLoss(p, pixel);
  return sum;
}

const NEWTON_STEPS = 60;
/** Keeps the second derivatives invertible where a pixel before never changes. */
const RIDGE = 1e-10;

/** The least -sum p log sigmoid of one pixel given those before it, in nats. */
function logisticLoss(p: ArrayLike<number>, pixel: number): number {
  const prefixes = 2 ** pixel;
  const weights = [new Float64Array(prefixes), new Float64Array(prefixes)];
  for (let m = 0; m < p.length; m++) weights[(m >> pixel) & 1][m & (prefixes - 1)] += p[m];
  const size = pixel + 1;
  const w = new Float64Array(size);
  /** A bias, and the pixels before. */
  const input = (prefix: number, k: number): number => (k === 0 ? 1 : (prefix >> (k - 1)) & 1);
  const lossAt = (at: Float64Array): number => {
    let loss = 0;
    for (let prefix = 0; prefix < prefixes; prefix++) {
      let z = 0;
      for (let k = 0; k < size; k++) z += at[k] * input(prefix, k);
      loss +=
        weights[1][prefix] * Math.log1p(Math.exp(-z)) + weights[0][prefix] * (Math.log1p(Math.exp(-z)) + z);
    }
    return loss;
  };
  let loss = lossAt(w);
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const gradient = new Float64Array(size);
    const hessian = Array.from({ length: size }, (_, k) => {
      const row = new Float64Array(size);
      row[k] = RIDGE;
      return row;
    });
    for (let prefix = 0; prefix < prefixes; prefix++) {
      let z = 0;
      for (let k = 0; k < size; k++) z += w[k] * input(prefix, k);
      const s = 1 / (1 + Math.exp(-z));
      const total = weights[0][prefix] + weights[1][prefix];
      for (let k = 0; k < size; k++) {
        if (input(prefix, k) === 0) continue;
        gradient[k] += total * s - weights[1][prefix];
        for (let l = 0; l < size; l++) hessian[k][l] += total * s * (1 - s) * input(prefix, l);
      }
    }
    const direction = solved(hessian, gradient);
    let length = 1;
    let next = w.map((each, k) => each - length * direction[k]);
    while (lossAt(next) > loss && length > 1e-6) {
      length /= 2;
      next = w.map((each, k) => each - length * direction[k]);
    }
    const nextLoss = lossAt(next);
    if (!(nextLoss < loss - 1e-13)) return loss;
    w.set(next);
    loss = nextLoss;
  }
  return loss;
}

/** x with a x = b, by elimination with pivots; `a`, symmetric and positive, is overwritten. */
function solved(a: Float64Array[], b: Float64Array): Float64Array {
  const x = Float64Array.from(b);
  const size = x.length;
  for (let k = 0; k < size; k++) {
    for (let row = k + 1; row < size; row++) {
      const factor = a[row][k] / a[k][k];
      for (let l = k; l < size; l++) a[row][l] -= factor * a[k][l];
      x[row] -= factor * x[k];
    }
  }
  for (let k = size - 1; k >= 0; k--) {
    for (let l = k + 1; l < size; l++) x[k] -= a[k][l] * x[l];
    x[k] /= a[k][k];
  }
  return x;
}
