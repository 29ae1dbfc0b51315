/**
 * How an image is shared among the components of a mixture: p(k | x), of those that matter. Components further below the best
 * than `negligible` nats are left out; images of digits belong to a handful of components, so that few are left.
 */
export class Responsibilities {
  /** How many components are left. */
  count = 0;
  /** Which: the first `count`, ascending. */
  readonly component: Int32Array;
  /** p(k | x) of these; they sum to 1. */
  readonly share: Float64Array;

  constructor(
    components: number,
    private readonly negligible: number,
  ) {
    this.component = new Int32Array(components);
    this.share = new Float64Array(components);
  }

  /** Shares an image out by its log p(x, k), [K], of which `most` is the largest; returns log p(x) in nats. */
  of(joint: Float64Array, most: number): number {
    const { component, share, negligible } = this;
    let count = 0;
    let sum = 0;
    for (let k = 0; k < joint.length; k++) {
      if (joint[k] < most - negligible) continue;
      const own = Math.exp(joint[k] - most);
      component[count] = k;
      share[count++] = own;
      sum += own;
    }
    for (let r = 0; r < count; r++) share[r] /= sum;
    this.count = count;
    return most + Math.log(sum);
  }
}
