/**
 * Which connections a masked autoencoder has in an order of the pixels. A pixel's degree is its place in the order; a
 * hidden unit of degree m may see places 0 to m, so that an output sees only units of a smaller degree than its own
 * place (Germain et al. 2015, section 4). Degrees of units are the same in all orders and layers and rise with the
 * unit's number: what a pixel or unit sees is then always one contiguous run.
 */
import type { Grid } from '../../data/images.ts';
import { pixelCount } from '../../data/images.ts';
import { randomOrder, rasterOrder } from '../../data/orders.ts';
import type { TensorShape } from '../family-spec.ts';
import type { Hyper } from '../model.ts';

/** The orders of the ensemble, `[orders][n]`: raster first, then shuffles number 1, 2, ... */
export function ensembleOrders(grid: Grid, hyper: Hyper): readonly Uint32Array<ArrayBuffer>[] {
  return Array.from({ length: hyper.orders }, (_, o) => (o === 0 ? rasterOrder(grid) : randomOrder(grid, o)));
}

/** Degree of every hidden unit, `[hidden]`, evenly spread over 0 to n - 2. */
export function unitDegrees(n: number, hidden: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: hidden }, (_, k) => Math.floor(((2 * k + 1) * (n - 1)) / (2 * hidden)));
}

/**
 * `[n + 1]`: the number of units of a degree below t, for t from 0 to n. Place t feeds the units from there on, and
 * is predicted from those before.
 */
export function unitsBelow(degrees: Int32Array, n: number): Int32Array<ArrayBuffer> {
  const below = new Int32Array(n + 1);
  for (let t = 0, k = 0; t <= n; t++) {
    while (k < degrees.length && degrees[k] < t) k++;
    below[t] = k;
  }
  return below;
}

/** Whether pixels also see those before them directly, without a hidden unit between. */
export function isDirect(hyper: Hyper): boolean {
  return hyper.direct === 1;
}

/** Writes `direct` [n, n] by places, what place t adds to later ones from number `t * stride` of `placed` on; nothing to itself and earlier ones. */
export function placeDirect(
  direct: Float32Array,
  order: Uint32Array,
  placed: Float32Array | Float64Array,
  stride: number,
): void {
  const n = order.length;
  for (let t = 0; t < n; t++)
    for (let later = t + 1; later < n; later++)
      placed[t * stride + later] = direct[order[t] * n + order[later]];
}

/** Names of a hidden layer's tensors, layers being numbered from 1. */
export function layerNames(layer: number): { weight: string; bias: string } {
  return { weight: `weight_${layer}`, bias: `bias_${layer}` };
}

/**
 * `weight_1` [n, hidden] has a row for every pixel seen, further weights [hidden, hidden] one for every unit seen, and
 * `output` [n, hidden] one for every pixel predicted; `direct` [n, n], where there is one, has a row for every pixel seen.
 */
export function tensorShapes(grid: Grid, hyper: Hyper): readonly TensorShape[] {
  const n = pixelCount(grid);
  const { hidden, layers } = hyper;
  return [
    ...Array.from({ length: layers }, (_, l) => l + 1).flatMap((layer) => {
      const { weight, bias } = layerNames(layer);
      return [
        { name: weight, shape: [layer === 1 ? n : hidden, hidden] },
        { name: bias, shape: [hidden] },
      ];
    }),
    { name: 'output', shape: [n, hidden] },
    { name: 'output_bias', shape: [n] },
    ...(isDirect(hyper) ? [{ name: 'direct', shape: [n, n] }] : []),
  ];
}
