import { logit, sigmoid } from '../../models/shared/math.ts';
import { productOf } from '../../stats/divergences.ts';

/** A family of models of n pixels, whose parameters are logits: every real vector is a model. */
export interface LogitFamily {
  /** Q's table, [2^n], of the logits. */
  table(logits: ArrayLike<number>): Float64Array<ArrayBuffer>;
  /** The derivative by every logit of a distance whose derivative by every entry of Q is `slope`, [2^n]. */
  gradient(logits: ArrayLike<number>, slope: ArrayLike<number>): Float64Array<ArrayBuffer>;
}

/** n independent pixels: the logit of each pixel's chance of ink. */
export function independentPixels(n: number): LogitFamily {
  const chancesOf = (logits: ArrayLike<number>) =>
    Float64Array.from({ length: n }, (_, i) => sigmoid(logits[i]));
  return {
    table: (logits) => productOf(chancesOf(logits)),
    gradient: (logits, slope) => pixelGradient(chancesOf(logits), slope),
  };
}

/** A mixture of two products of n pixels: the logit of the first one's weight, then the logits of both, [1 + 2n]. */
export function twoProducts(n: number): LogitFamily {
  const partsOf = (logits: ArrayLike<number>) => {
    const chances = Float64Array.from({ length: 2 * n }, (_, i) => sigmoid(logits[1 + i]));
    const components = [chances.subarray(0, n), chances.subarray(n)];
    return { weight: sigmoid(logits[0]), components, tables: components.map((each) => productOf(each)) };
  };
  return {
    table(logits) {
      const { weight, tables } = partsOf(logits);
      return tables[0].map((q, m) => weight * q + (1 - weight) * tables[1][m]);
    },
    gradient(logits, slope) {
      const { weight, components, tables } = partsOf(logits);
      const result = new Float64Array(1 + 2 * n);
      for (let m = 0; m < slope.length; m++)
        result[0] += weight * (1 - weight) * (tables[0][m] - tables[1][m]) * slope[m];
      components.forEach((chances, k) => {
        const share = k === 0 ? weight : 1 - weight;
        result.set(
          pixelGradient(chances, slope).map((value) => share * value),
          1 + k * n,
        );
      });
      return result;
    },
  };
}

/** The derivative of q(x) by the logit of pixel i is q(x) (x_i - chance_i); summed over all images with their slopes, [n]. */
function pixelGradient(chances: ArrayLike<number>, slope: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const q = productOf(chances);
  const result = new Float64Array(chances.length);
  for (let m = 0; m < q.length; m++)
    for (let i = 0; i < result.length; i++) result[i] += q[m] * (((m >>> i) & 1) - chances[i]) * slope[m];
  return result;
}

/** The logits of these chances, kept away from 0 and 1. */
export function logitsOf(chances: readonly number[]): Float64Array<ArrayBuffer> {
  return Float64Array.from(chances, (chance) => logit(Math.min(0.999, Math.max(0.001, chance))));
}

export function chancesOf(logits: ArrayLike<number>): number[] {
  return Array.from(logits, sigmoid);
}
