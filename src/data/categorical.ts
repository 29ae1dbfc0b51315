import { threefry2x32 } from './rng.ts';

/** Outcomes 0 to K - 1 of given weights, drawn by inverting their distribution function. */
export class Categorical {
  /** log of the sum of all weights. */
  readonly logTotal: number;
  /** Weights up to and including each outcome, relative to the largest, [K] */
  readonly #cumulated: Float64Array<ArrayBuffer>;

  /** `logWeights`, [K], in nats up to a constant; -Infinity is never drawn. Throws RangeError where none is finite. */
  constructor(logWeights: Float64Array) {
    let most = -Infinity;
    for (const weight of logWeights) if (weight > most) most = weight;
    let sum = 0;
    this.#cumulated = Float64Array.from(logWeights, (weight) => (sum += Math.exp(weight - most)));
    if (!(sum > 0 && Number.isFinite(sum)))
      throw new RangeError('logWeights: no weight is above 0, or one is not a number');
    this.logTotal = most + Math.log(sum);
  }

  /** The first outcome whose cumulated share exceeds u, 0 <= u < 1. */
  at(u: number): number {
    const cumulated = this.#cumulated;
    const target = u * cumulated[cumulated.length - 1];
    let low = 0;
    let high = cumulated.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulated[middle] > target) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** One outcome for every index, [count]: a function of (weights, seed, stream key, index) alone. */
  draw(seed: number, key: number, indices: Uint32Array): Uint32Array<ArrayBuffer> {
    return Uint32Array.from(indices, (index) => this.at(fineUniform(seed, key, index)));
  }
}

/** A uniform number in (0, 1) of 52 bits, for distributions of many outcomes: 23 would never hit some of them. */
export function fineUniform(seed: number, key: number, index: number): number {
  const pair = new Uint32Array(2);
  threefry2x32(seed | 0, key | 0, index | 0, 0, pair);
  return (pair[0] + ((pair[1] >>> 12) + 0.5) / 2 ** 20) / 2 ** 32;
}
