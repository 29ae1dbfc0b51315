import { type PackedImages, pixelCount } from '../../data/images.ts';
import { sigmoid } from '../shared/math.ts';
import type { CpuFeatures } from '../features.ts';
import type { Model } from '../model.ts';
import { Layer, listOn } from './layer.ts';

/**
 * The hidden units after the last pixel, sigmoid(c_k + sum_i W_ik x_i): the state from which a pixel n + 1 would be predicted.
 * A unit's picture is its column of W (Larochelle and Murray, AISTATS 2011, figure 3).
 */
export function hiddenUnits(model: Model): CpuFeatures {
  const n = pixelCount(model.grid);
  const { hidden_bias: c, input: w } = model.tensors;
  const units = c.length;
  let pictures: Float32Array<ArrayBuffer> | null = null;
  return {
    units,
    kind: 'weights',
    get pictures() {
      pictures ??= Float32Array.from(
        { length: units * n },
        (_, at) => w[(at % n) * units + Math.floor(at / n)],
      );
      return pictures;
    },
    activations: (images) => activations(new Layer(model), images),
  };
}

function activations(layer: Layer, images: PackedImages): Float32Array<ArrayBuffer> {
  const { size, input } = layer;
  const pixels = new Int32Array(layer.n);
  const a = new Float64Array(size);
  const all = new Float32Array(images.count * size);
  for (let m = 0; m < images.count; m++) {
    a.set(layer.a);
    const on = listOn(images, m, pixels);
    for (let r = 0; r < on; r++) {
      const row = pixels[r] * size;
      for (let k = 0; k < size; k++) a[k] += input[row + k];
    }
    for (let k = 0; k < size; k++) all[m * size + k] = sigmoid(a[k]);
  }
  return all;
}
