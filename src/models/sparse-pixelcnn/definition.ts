/**
 * PixelCNN on the pixels near ink, as it is defined: plain loops in f64 over one image. A residual network of masked
 * convolutions (van den Oord, Kalchbrenner and Kavukcuoglu, "Pixel recurrent neural networks", ICML 2016) has
 * features at active pixels alone (Graham, Engelcke and van der Maaten, "3D semantic segmentation with submanifold sparse
 * convolutional networks", CVPR 2018); its first layer adds a row for every earlier pixel that is on, as NADE does (Larochelle and
 * Murray, "The neural autoregressive distribution estimator", AISTATS 2011). A small network reads the quiet pixels.
 */
import type { Grid, PackedImages } from '../../data/images.ts';
import { pixelCount, unpackImage } from '../../data/images.ts';
import { logBernoulli, sigmoid, softplus } from '../shared/math.ts';
import type { Model, Tensors } from '../model.ts';
import type { Definition } from '../reference.ts';
import type { Targets } from '../training.ts';
import type { Row } from './definition-layers.ts';
import { addTo, affine, affineBack, bounded, boundedBack, dot } from './definition-layers.ts';
import { elu, eluBack, relu, reluBack, rms, rmsBack } from './definition-layers.ts';
import type { Name } from './layout.ts';
import { ACTIVE_OFFSETS, CHANNELS, dilationOf, DOWN, HIDDEN } from './layout.ts';
import { MIDDLE, pixelAt, QUIET, QUIET_FEATURES, QUIET_HIDDEN, TAPS, UP, WINDOW_OFFSETS } from './layout.ts';

/** Sums of the derivatives of every tensor. */
type Sums = Readonly<Record<string, Float64Array>>;

/**
 * Whether an earlier pixel near `pixel` is on: it then belongs to the deep network. x is [n] of 0 and 1, or of numbers near them, by which
 * the first layers multiply: to see how logits change with pixels.
 */
export function isActive(grid: Grid, x: ArrayLike<number>, pixel: number): boolean {
  return ACTIVE_OFFSETS.some((offset) => x[pixelAt(grid, pixel, offset)] > 0.5);
}

/** One of the two first layers: rows of three tensors. */
interface First {
  readonly relative: Name;
  readonly absolute: Name;
  readonly position: Name;
  readonly width: number;
}

const ACTIVE_FIRST: First = {
  relative: 'relative',
  absolute: 'absolute',
  position: 'position',
  width: CHANNELS,
};
const QUIET_FIRST: First = {
  relative: 'quiet_relative',
  absolute: 'quiet_absolute',
  position: 'quiet_position',
  width: QUIET_HIDDEN,
};

/** Calls back with every tensor and row that the first layer adds at a pixel, and with what it is multiplied by. */
function eachRow(
  grid: Grid,
  x: ArrayLike<number>,
  pixel: number,
  { relative, absolute, position }: First,
  add: (name: Name, row: number, factor: number) => void,
): void {
  WINDOW_OFFSETS.forEach((offset, number) => {
    const value = x[pixelAt(grid, pixel, offset)];
    if (value) add(relative, number, value);
  });
  for (let j = 0; j < pixel; j++) if (x[j] !== 0) add(absolute, j, x[j]);
  add(position, pixel, 1);
}

/** The sum of the rows of the first layer, not bounded. */
function first({ grid, tensors }: Model, x: ArrayLike<number>, pixel: number, layer: First): Row {
  const sum = new Float64Array(layer.width);
  eachRow(grid, x, pixel, layer, (name, row, factor) => {
    addTo(sum, 0, tensors[name].subarray(row * layer.width, (row + 1) * layer.width), 0, factor);
  });
  return sum;
}

/** An active pixel in one block, before the activation functions. */
interface Inside {
  readonly down: Row;
  /** The inputs of the middle layer, [taps * HIDDEN]. */
  taps: Row;
  middle: Row;
}

/** What the forward pass computes and backpropagation needs. A quiet pixel has no row in `h` and `inside`. */
interface Pass {
  /** Features before every block and behind the last, bounded: [blocks + 1] by pixel. */
  readonly h: readonly (readonly (Row | null)[])[];
  /** [blocks] by pixel. */
  readonly inside: readonly (readonly (Inside | null)[])[];
  /** [n] */
  readonly z: Row;
}

/** Features of the taps of a pixel one after the other; 0 where a neighbour lies outside the grid or is quiet. */
function gather(grid: Grid, block: number, pixel: number, rows: readonly (Inside | null)[]): Row {
  const out = new Float64Array(MIDDLE.inputs);
  TAPS.forEach((tap, t) => {
    const row = rows[pixelAt(grid, pixel, tap, dilationOf(block))] as Inside | null | undefined;
    if (row) out.set(elu(row.down), t * HIDDEN);
  });
  return out;
}

function pass(model: Model, x: ArrayLike<number>): Pass {
  const { grid, hyper, tensors } = model;
  const pixels = Array.from({ length: pixelCount(grid) }, (_, i) => i);
  const h: (Row | null)[][] = [
    pixels.map((i) => (isActive(grid, x, i) ? bounded(first(model, x, i, ACTIVE_FIRST)) : null)),
  ];
  const inside: (Inside | null)[][] = [];
  for (let b = 0; b < hyper.blocks; b++) {
    inside[b] = h[b].map((row) => {
      if (!row) return null;
      return { down: affine(DOWN, tensors.down, b, elu(rms(row))), taps: row, middle: row };
    });
    h[b + 1] = h[b].map((row, i) => {
      const own = inside[b][i];
      if (!row || !own) return null;
      own.taps = gather(grid, b, i, inside[b]);
      own.middle = affine(MIDDLE, tensors.middle, b, own.taps);
      const up = affine(UP, tensors.up, b, elu(own.middle));
      return bounded(row.map((value, c) => value + up[c]));
    });
  }
  const z = Float64Array.from(pixels, (i) => {
    const row = h[hyper.blocks][i];
    if (!row) return quietLogit(model, x, i);
    return tensors.bias[i] + dot(readout(model, i, 'readout', CHANNELS), elu(rms(row)));
  });
  return { h, inside, z };
}

/** The weights of a pixel's logit: those of all pixels and its own. */
function readout({ tensors }: Model, pixel: number, name: 'readout' | 'quiet_readout', width: number): Row {
  return Float64Array.from(tensors[name], (v, c) => v + tensors[`${name}_position`][pixel * width + c]);
}

/** The two layers of a quiet pixel, bounded, before their relu. */
function quietLayers(model: Model, x: ArrayLike<number>, pixel: number): { g: Row; q: Row } {
  const g = bounded(first(model, x, pixel, QUIET_FIRST));
  return { g, q: bounded(affine(QUIET, model.tensors.quiet_hidden, 0, relu(g))) };
}

function quietLogit(model: Model, x: ArrayLike<number>, pixel: number): number {
  const { q } = quietLayers(model, x, pixel);
  return (
    model.tensors.quiet_bias[pixel] + dot(readout(model, pixel, 'quiet_readout', QUIET_FEATURES), relu(q))
  );
}

/** Logits of p(x_i = 1 | x_<i), `[n] f64`, of one image x, `[n]` of 0 and 1. */
export function logits(model: Model, x: ArrayLike<number>): Float64Array<ArrayBuffer> {
  return pass(model, x).z;
}

/** log p(x) in nats of one image x, `[n]` of 0 and 1. */
export function logLikelihood(model: Model, x: ArrayLike<number>): number {
  return logits(model, x).reduce((sum, z, i) => sum + logBernoulli(x[i], z), 0);
}

/** A quiet pixel, whose logit has the derivative dz. */
function quietBack(model: Model, x: ArrayLike<number>, pixel: number, dz: number, sums: Sums): void {
  const { g, q } = quietLayers(model, x, pixel);
  const own = relu(q).map((value) => dz * value);
  addTo(sums.quiet_readout, 0, own);
  addTo(sums.quiet_readout_position, pixel, own);
  sums.quiet_bias[pixel] += dz;
  const dq = readout(model, pixel, 'quiet_readout', QUIET_FEATURES).map((value) => dz * value);
  const dg = affineBack(
    QUIET,
    model.tensors.quiet_hidden,
    sums.quiet_hidden,
    0,
    relu(g),
    boundedBack(reluBack(dq, q), q),
  );
  const d = boundedBack(reluBack(dg, g), g);
  eachRow(model.grid, x, pixel, QUIET_FIRST, (name, row, factor) => addTo(sums[name], row, d, 0, factor));
}

/** Block b: derivatives d by the rows behind it become those by the rows before it, in place. */
function blockBack(
  { grid, tensors }: Model,
  { h, inside }: Pass,
  b: number,
  d: (Row | null)[],
  sums: Sums,
): void {
  const dDown = d.map((row) => row && new Float64Array(HIDDEN));
  d.forEach((row, i) => {
    const own = inside[b][i];
    if (!row || !own) return;
    const behind = boundedBack(row, h[b + 1][i]!);
    d[i] = behind;
    const dMiddle = affineBack(UP, tensors.up, sums.up, b, elu(own.middle), behind);
    const dTaps = affineBack(MIDDLE, tensors.middle, sums.middle, b, own.taps, eluBack(dMiddle, own.middle));
    TAPS.forEach((tap, t) => {
      const from = dDown[pixelAt(grid, i, tap, dilationOf(b))] as Row | null | undefined;
      if (from) addTo(from, 0, dTaps.subarray(t * HIDDEN, (t + 1) * HIDDEN));
    });
  });
  d.forEach((row, i) => {
    const before = h[b][i];
    const own = inside[b][i];
    if (!row || !before || !own) return;
    const normed = rms(before);
    const dFirst = affineBack(DOWN, tensors.down, sums.down, b, elu(normed), eluBack(dDown[i]!, own.down));
    addTo(row, 0, rmsBack(eluBack(dFirst, normed), before));
  });
}

/** Adds the gradient of the loss of one image to `sums` and returns the loss in nats. t are the targets, [n]. */
function addGradient(model: Model, x: ArrayLike<number>, t: ArrayLike<number>, sums: Sums): number {
  const { hyper } = model;
  const found = pass(model, x);
  const { h, z } = found;
  const last = h[hyper.blocks];
  // The loss at pixel i is softplus(z_i) - t_i z_i, so that d/dz_i = sigmoid(z_i) - t_i.
  const d = last.map((row, i) => {
    const dz = sigmoid(z[i]) - t[i];
    if (!row) {
      quietBack(model, x, i, dz, sums);
      return null;
    }
    const normed = rms(row);
    const own = elu(normed).map((value) => dz * value);
    addTo(sums.readout, 0, own);
    addTo(sums.readout_position, i, own);
    sums.bias[i] += dz;
    const dOwn = readout(model, i, 'readout', CHANNELS).map((value) => dz * value);
    return rmsBack(eluBack(dOwn, normed), row);
  });
  for (let b = hyper.blocks - 1; b >= 0; b--) blockBack(model, found, b, d, sums);
  d.forEach((row, i) => {
    if (!row) return;
    const dFirst = boundedBack(row, h[0][i]!);
    eachRow(model.grid, x, i, ACTIVE_FIRST, (name, at, factor) => addTo(sums[name], at, dFirst, 0, factor));
  });
  return z.reduce((sum, value, i) => sum + softplus(value) - t[i] * value, 0);
}

function gradient(model: Model, batch: PackedImages, gradients: Tensors, targets?: Targets): number {
  const n = pixelCount(batch.grid);
  const sums = Object.fromEntries(
    Object.entries(gradients).map(([name, { length }]) => [name, new Float64Array(length)]),
  );
  let loss = 0;
  for (let m = 0; m < batch.count; m++) {
    const x = unpackImage(batch, m);
    loss += addGradient(model, x, targets?.soft?.subarray(m * n, (m + 1) * n) ?? x, sums);
  }
  for (const [name, values] of Object.entries(gradients))
    values.set(sums[name].map((value) => value / batch.count));
  return loss;
}

export const definition: Definition = { logLikelihood, logits, gradient };
