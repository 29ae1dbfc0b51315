/** One combination of values in the sum of a conditional mutual information. */
export interface InformationTerm {
  /** Values of the given nodes, in their order. */
  readonly given: readonly number[];
  readonly x: number;
  readonly y: number;
  /** p(x, y, given) */
  readonly p: number;
  /** p(x, y | given) and p(x | given) p(y | given), which are equal for all terms where the two are independent given these. */
  readonly together: number;
  readonly apart: number;
  /** p(x, y, given) log(together / apart), in nats; 0 where p is. */
  readonly nats: number;
}

/**
 * I(X; Y | given) in nats with the terms of its sum, 4 for each combination of the given, from the joint distribution of binary
 * nodes, [2^n], where bit i of a number is the value of node i. At least 0; 0 where X and Y are independent given these, up to rounding.
 */
export function conditionalInformation(
  joint: ArrayLike<number>,
  x: number,
  y: number,
  given: readonly number[],
): { readonly nats: number; readonly terms: readonly InformationTerm[] } {
  const sums = new Float64Array(4 * 2 ** given.length);
  for (let at = 0; at < joint.length; at++) {
    const z = given.reduce((number, node, bit) => number + ((at >>> node) & 1) * 2 ** bit, 0);
    sums[4 * z + 2 * ((at >>> x) & 1) + ((at >>> y) & 1)] += joint[at];
  }
  const terms: InformationTerm[] = [];
  let nats = 0;
  for (let z = 0; 4 * z < sums.length; z++) {
    const [off, offOn, onOff, on] = sums.subarray(4 * z, 4 * z + 4);
    const total = off + offOn + onOff + on;
    const xs = [off + offOn, onOff + on];
    const ys = [off + onOff, offOn + on];
    for (let at = 0; at < 4; at++) {
      const p = sums[4 * z + at];
      const product = xs[at >> 1] * ys[at & 1];
      const term = p > 0 ? p * Math.log((p * total) / product) : 0;
      nats += term;
      terms.push({
        given: given.map((_, bit) => (z >>> bit) & 1),
        x: at >> 1,
        y: at & 1,
        p,
        together: p / total,
        apart: product / total ** 2,
        nats: term,
      });
    }
  }
  return { nats: Math.max(0, nats), terms };
}
