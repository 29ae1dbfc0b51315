/**
 * Entropy and distances of distributions that are given as tables of probabilities, [k], in nats, with 0 log 0 = 0. A table over
 * the binary images of n pixels has 2^n entries; entry m is the image whose pixel i is bit i of m, as in src/data/enumerate.ts.
 */

type Table = ArrayLike<number>;

/** H(P) = -sum of p log p in nats. */
export function entropy(p: Table): number {
  let sum = 0;
  for (let m = 0; m < p.length; m++) if (p[m] > 0) sum -= p[m] * Math.log(p[m]);
  return sum;
}

/** Entropy of a coin in nats. */
export function coinEntropy(chance: number): number {
  return entropy([chance, 1 - chance]);
}

/** -sum of p log q in nats, the mean loss of Q on samples of P; infinite where Q gives nothing to what P gives something. */
export function crossEntropy(p: Table, q: Table): number {
  requireSame(p, q);
  let sum = 0;
  for (let m = 0; m < p.length; m++) if (p[m] > 0) sum -= p[m] * Math.log(q[m]);
  return sum;
}

/** KL(P || Q) = sum of p log(p / q) in nats (Kullback and Leibler 1951); infinite where Q gives nothing to what P gives something. */
export function klDivergence(p: Table, q: Table): number {
  requireSame(p, q);
  let sum = 0;
  for (let m = 0; m < p.length; m++) if (p[m] > 0) sum += p[m] * Math.log(p[m] / q[m]);
  return sum;
}

/** The mean of KL(P || M) and KL(Q || M), M the mean of both, in nats (Lin 1991): 0 to log 2. */
export function jensenShannon(p: Table, q: Table): number {
  requireSame(p, q);
  const mean = Float64Array.from({ length: p.length }, (_, m) => (p[m] + q[m]) / 2);
  return (klDivergence(p, mean) + klDivergence(q, mean)) / 2;
}

/** Half the sum of |p - q|: the largest difference of the probabilities of any event, 0 to 1. */
export function totalVariation(p: Table, q: Table): number {
  requireSame(p, q);
  let sum = 0;
  for (let m = 0; m < p.length; m++) sum += Math.abs(p[m] - q[m]);
  return sum / 2;
}

/** P(pixel i is ink) of every pixel, [n], of a table [2^n]. */
export function marginalsOf(p: Table): Float64Array<ArrayBuffer> {
  const marginals = new Float64Array(pixelsOf(p));
  for (let m = 0; m < p.length; m++)
    for (let i = 0; i < marginals.length; i++) if ((m >>> i) & 1) marginals[i] += p[m];
  return marginals;
}

/** The table [2^n] of independent pixels with these chances of ink, [n]. */
export function productOf(chances: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const table = new Float64Array(2 ** chances.length);
  table[0] = 1;
  for (let i = 0; i < chances.length; i++) {
    // What is there so far has pixel i blank; the same images with it inked follow.
    for (let m = 0; m < 2 ** i; m++) {
      table[m + 2 ** i] = table[m] * chances[i];
      table[m] *= 1 - chances[i];
    }
  }
  return table;
}

/** The table [4] of pixels i and j alone: entry 1 has pixel i inked, entry 2 pixel j, entry 3 both. */
export function pairOf(p: Table, i: number, j: number): Float64Array<ArrayBuffer> {
  const pair = new Float64Array(4);
  for (let m = 0; m < p.length; m++) pair[((m >>> i) & 1) + 2 * ((m >>> j) & 1)] += p[m];
  return pair;
}

/**
 * Total correlation in nats (Watanabe 1960): the sum of the pixels' entropies less that of the table [2^n], which is the least
 * KL(P || Q) of all Q with independent pixels. Of two pixels it is their mutual information.
 */
export function totalCorrelation(p: Table): number {
  return klDivergence(p, productOf(marginalsOf(p)));
}

/**
 * What every pixel has in common with those before it, [n] in nats: I(x_i; x_0 to x_(i-1)). They add up to the total correlation.
 */
export function sharedNats(p: Table): Float64Array<ArrayBuffer> {
  const n = pixelsOf(p);
  const marginals = marginalsOf(p);
  const shared = new Float64Array(n);
  let before = 0;
  for (let i = 0; i < n; i++) {
    // The first i + 1 pixels are the low bits.
    const first = new Float64Array(2 ** (i + 1));
    for (let m = 0; m < p.length; m++) first[m % first.length] += p[m];
    const upTo = entropy(first);
    shared[i] = entropy([marginals[i], 1 - marginals[i]]) - (upTo - before);
    before = upTo;
  }
  return shared;
}

/** n of a table of 2^n entries. Throws RangeError for any other length. */
function pixelsOf(p: Table): number {
  const n = Math.log2(p.length);
  if (!Number.isInteger(n)) throw new RangeError(`p: ${p.length} entries are no table of binary images`);
  return n;
}

function requireSame(p: Table, q: Table): void {
  if (p.length !== q.length) throw new RangeError(`q: ${q.length} entries beside ${p.length}`);
}
