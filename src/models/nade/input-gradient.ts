import { getPixel, type PackedImages, pixelCount } from '../../data/images.ts';
import { sigmoid } from '../shared/math.ts';
import type { Model } from '../model.ts';

/**
 * How the logit of `pixel` of the first image changes with each pixel before, these taken as real numbers: with
 * h = sigmoid(c + sum_{j<i} x_j W_j) it is dz_i/dx_j = sum_k V_ik h_k (1 - h_k) W_jk, [n], 0 from `pixel` on.
 */
export function inputGradient(model: Model, images: PackedImages, pixel: number): Float64Array<ArrayBuffer> {
  const { hidden_bias: c, input: w, output: v } = model.tensors;
  const size = c.length;
  const a = Float64Array.from(c);
  for (let j = 0; j < pixel; j++) {
    if (getPixel(images, 0, j)) for (let k = 0; k < size; k++) a[k] += w[j * size + k];
  }
  const slope = a.map((sum, k) => v[pixel * size + k] * sigmoid(sum) * sigmoid(-sum));
  const gradient = new Float64Array(pixelCount(model.grid));
  for (let j = 0; j < pixel; j++) {
    for (let k = 0; k < size; k++) gradient[j] += slope[k] * w[j * size + k];
  }
  return gradient;
}
