import { pixelCount } from '../../data/images.ts';
import type { Model } from '../model.ts';
import { rowBases } from './layout.ts';

/** How the logit of `pixel` changes with each pixel before: its weights, whatever the image shows. [n], 0 from `pixel` on. */
export function weightsInto(model: Model, pixel: number): Float64Array<ArrayBuffer> {
  const n = pixelCount(model.grid);
  const at = rowBases(n);
  return Float64Array.from({ length: n }, (_, j) => (j < pixel ? model.tensors.weight[at[j] + pixel] : 0));
}
