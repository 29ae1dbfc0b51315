/** What the definition does with the numbers of one pixel, forwards and by the chain rule; in f64, at one place after the other. */
import type { Layer } from './layout.ts';
import { EPSILON, layerSize, LIMIT } from './layout.ts';

/** Numbers of one pixel. */
export type Row = Float64Array<ArrayBuffer>;

export const elu = (f: Row): Row => f.map((value) => (value > 0 ? value : Math.expm1(value)));
export const eluBack = (d: Row, f: Row): Row =>
  d.map((value, c) => (f[c] > 0 ? value : value * Math.exp(f[c])));
export const relu = (f: Row): Row => f.map((value) => Math.max(0, value));

export const reluBack = (d: Row, f: Row): Row => d.map((value, c) => (f[c] > 0 ? value : 0));
export const bounded = (f: Row): Row => f.map((value) => Math.min(LIMIT, Math.max(-LIMIT, value)));
export const boundedBack = (d: Row, f: Row): Row => d.map((value, c) => (Math.abs(f[c]) < LIMIT ? value : 0));
export const dot = (a: ArrayLike<number>, b: Row): number =>
  b.reduce((sum, value, c) => sum + value * a[c], 0);

/** The root of the mean square. */
const rootMeanSquare = (f: Row): number => Math.sqrt(dot(f, f) / f.length + EPSILON);

export function rms(f: Row): Row {
  const root = rootMeanSquare(f);
  return f.map((value) => value / root);
}

export function rmsBack(d: Row, f: Row): Row {
  const root = rootMeanSquare(f);
  const along = dot(d, f) / (f.length * root * root);
  return d.map((value, c) => (value - along * f[c]) / root);
}

/** bias_o + sum_k w_ko f_k, w being share `at` of `weight`. */
export function affine({ inputs, outputs }: Layer, weight: Float32Array, at: number, f: Row): Row {
  const begin = at * layerSize({ inputs, outputs });
  const out = Float64Array.from(weight.subarray(begin + inputs * outputs, begin + (inputs + 1) * outputs));
  for (let k = 0; k < inputs; k++)
    for (let o = 0; o < outputs; o++) out[o] += weight[begin + k * outputs + o] * f[k];
  return out;
}

/** Chain rule through `affine`: adds to the weights' derivatives and returns that of f. */
export function affineBack(
  { inputs, outputs }: Layer,
  weight: Float32Array,
  sums: Float64Array,
  at: number,
  f: Row,
  d: Row,
): Row {
  const begin = at * layerSize({ inputs, outputs });
  const df = new Float64Array(inputs);
  for (let k = 0; k < inputs; k++) {
    for (let o = 0; o < outputs; o++) {
      sums[begin + k * outputs + o] += f[k] * d[o];
      df[k] += weight[begin + k * outputs + o] * d[o];
    }
  }
  addTo(sums, inputs, d, begin);
  return df;
}

/** Adds `factor` d to row `row` of an array of rows of its length, which begins at `begin`. */
export function addTo(all: Float64Array, row: number, d: ArrayLike<number>, begin = 0, factor = 1): void {
  for (let c = 0; c < d.length; c++) all[begin + row * d.length + c] += factor * d[c];
}
