import { type PackedImages, unpackImage } from '../../data/images.ts';
import { inverseOrder } from '../../data/orders.ts';
import type { Model } from '../model.ts';
import { ensembleOrders, isDirect, layerNames, unitDegrees } from './masks.ts';

/**
 * How the logit of `pixel` of the first image changes with each pixel before, in a model of one order: [n], 0 for `pixel`
 * and all after it, to which the masks leave no path. A unit at the very kink of its rectifier counts as off.
 */
export function inputGradient(model: Model, images: PackedImages, pixel: number): Float64Array<ArrayBuffer> {
  const { grid, hyper, tensors } = model;
  const [order] = ensembleOrders(grid, hyper);
  const place = inverseOrder(order);
  const width = hyper.hidden;
  const degree = unitDegrees(order.length, width);
  /** Inputs of every layer, then the last units. */
  const values: Float64Array[] = [Float64Array.from(unpackImage(images, 0))];
  const inputs = Array.from({ length: hyper.layers }, (_, l) => (l === 0 ? place : degree));
  inputs.forEach((inputDegree, l) => {
    const names = layerNames(l + 1);
    const w = tensors[names.weight];
    const a = Float64Array.from(tensors[names.bias]);
    values[l].forEach((value, j) => {
      if (value === 0) return;
      for (let k = 0; k < width; k++) if (degree[k] >= inputDegree[j]) a[k] += w[j * width + k] * value;
    });
    values.push(a.map((sum) => Math.max(0, sum)));
  });
  let d: Float64Array<ArrayBuffer> = Float64Array.from({ length: width }, (_, k) =>
    place[pixel] > degree[k] ? tensors.output[pixel * width + k] : 0,
  );
  for (let l = hyper.layers - 1; l >= 0; l--) {
    const w = tensors[layerNames(l + 1).weight];
    const inputDegree = inputs[l];
    const da = d.map((value, k) => (values[l + 1][k] > 0 ? value : 0));
    d = new Float64Array(inputDegree.length);
    for (let j = 0; j < d.length; j++) {
      for (let k = 0; k < width; k++) if (degree[k] >= inputDegree[j]) d[j] += da[k] * w[j * width + k];
    }
  }
  if (isDirect(hyper))
    for (let j = 0; j < d.length; j++)
      if (place[j] < place[pixel]) d[j] += tensors.direct[j * d.length + pixel];
  return d;
}
