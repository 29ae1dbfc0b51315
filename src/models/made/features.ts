import { pixelCount, type PackedImages, wordsPerImage } from '../../data/images.ts';
import { inverseOrder } from '../../data/orders.ts';
import type { CpuFeatures } from '../features.ts';
import type { Model } from '../model.ts';
import { ensembleOrders, layerNames, unitDegrees, unitsBelow } from './masks.ts';

/**
 * The units of the first hidden layer, relu(b_k + sum_i M_ik W_ik x_i), and their masked weights as pictures. Of an ensemble:
 * in its first order, raster, because every order has masks of its own.
 */
export function firstLayer(model: Model): CpuFeatures {
  const n = pixelCount(model.grid);
  const { weight, bias } = layerNames(1);
  const w = model.tensors[weight];
  const b = model.tensors[bias];
  const units = b.length;
  const [raster] = ensembleOrders(model.grid, { ...model.hyper, orders: 1 });
  const place = inverseOrder(raster);
  const below = unitsBelow(unitDegrees(n, units), n);
  let pictures: Float32Array<ArrayBuffer> | null = null;

  /** A pixel feeds the units from this one on. */
  const first = (pixel: number) => below[place[pixel]];

  function paint(): Float32Array<ArrayBuffer> {
    const all = new Float32Array(units * n);
    for (let i = 0; i < n; i++) {
      for (let k = first(i); k < units; k++) all[k * n + i] = w[i * units + k];
    }
    return all;
  }

  function activations(images: PackedImages): Float32Array<ArrayBuffer> {
    const all = new Float32Array(images.count * units);
    const stride = wordsPerImage(images.grid);
    const a = new Float64Array(units);
    for (let m = 0; m < images.count; m++) {
      a.set(b);
      for (let at = 0; at < stride; at++) {
        for (let bits = images.words[m * stride + at] | 0; bits !== 0; bits &= bits - 1) {
          const i = (at << 5) + 31 - Math.clz32(bits & -bits);
          for (let k = first(i); k < units; k++) a[k] += w[i * units + k];
        }
      }
      for (let k = 0; k < units; k++) all[m * units + k] = Math.max(0, a[k]);
    }
    return all;
  }

  return {
    units,
    kind: 'weights',
    get pictures() {
      return (pictures ??= paint());
    },
    activations,
  };
}
