/** The layers of the net as products of matrices: a row for every position of an image, or for one position of several images. */
import type { Matrix, RowLists, RowOperations } from '../../simd/rows.ts';
import { matrix } from '../../simd/rows.ts';
import type { Model, Tensors } from '../model.ts';
import type { Layer } from './layout.ts';
import {
  biasOffset,
  CHANNELS,
  DOWN,
  FIRST,
  HIDDEN,
  LAST,
  layerSize,
  LIMIT,
  LOGIT,
  MIDDLE,
  UP,
} from './layout.ts';

/** Numbers that the middle layer sees. */
export const SEEN = MIDDLE.taps.length * HIDDEN;
/** Inputs of an up layer: then a 1, which the layer's last row, its biases, is multiplied with, and zeros that align the rows. */
export const PADDED = HIDDEN + 4;

/** Weights, or sums of their derivatives, by the names of the tensors. */
export type Weights = Readonly<
  Record<'first' | 'down' | 'middle' | 'up' | 'last' | 'logit', Float32Array<ArrayBuffer>>
>;

export function zeroWeights(rows: RowOperations, tensors: Tensors): Weights {
  const zeros = Object.entries(tensors).map(([name, { length }]) => [name, rows.floats(length)]);
  return Object.fromEntries(zeros) as Weights;
}

/** Weights and biases of one layer: the biases are the same row again and again. */
export interface LayerRows {
  readonly weight: Matrix;
  readonly bias: Matrix;
}

/** The layer of block b in its tensor. */
export function layerOf(layer: Layer, tensor: Float32Array, b = 0): LayerRows {
  const offset = b * layerSize(layer);
  return {
    weight: matrix(tensor, layer.outputs, offset),
    bias: matrix(tensor, 0, offset + biasOffset(layer)),
  };
}

/** The layers on `count` rows, with a buffer for the stream behind a relu. */
export class RowLayers {
  readonly weights: Weights;
  /** What `enter` or `head` read last, behind its relu, [count, 32]. */
  readonly positive: Float32Array<ArrayBuffer>;

  constructor(
    readonly rows: RowOperations,
    readonly count: number,
    private readonly model: Model,
  ) {
    this.weights = zeroWeights(rows, model.tensors);
    this.positive = rows.floats(count * CHANNELS);
    this.readWeights();
  }

  /** Lengths of its arrays. */
  static lengths(count: number, tensors: Tensors): number[] {
    return [...Object.values(tensors).map(({ length }) => length), count * CHANNELS];
  }

  /** Takes the weights that the model has now. */
  readWeights(): void {
    for (const [name, weight] of Object.entries(this.weights)) weight.set(this.model.tensors[name]);
  }

  /** The stream before the first block, [count, 32], given the taps of the first layer whose pixels are on. */
  first(h: Float32Array, on: RowLists): void {
    const { rows, count } = this;
    const { weight, bias } = layerOf(FIRST, this.weights.first);
    const stream = matrix(h, CHANNELS);
    rows.multiply(stream, stream, weight, count, 0, CHANNELS, bias);
    rows.addSums(stream, weight, on, count, CHANNELS);
    rows.bound(h, count * CHANNELS, LIMIT);
  }

  /** The down layer of block b behind its relu, [count, 16]. */
  down(b: number, h: Float32Array, out: Float32Array): void {
    const { rows, count, positive } = this;
    const { weight, bias } = layerOf(DOWN, this.weights.down, b);
    rows.relu(positive, h, count * CHANNELS);
    rows.multiply(matrix(out, HIDDEN), matrix(positive, CHANNELS), weight, count, CHANNELS, HIDDEN, bias);
    rows.relu(out, out, count * HIDDEN);
  }

  /** The rest of block b: its middle layer, [count, PADDED], and the stream behind it, `next`, which may be `h`. */
  up(b: number, seen: Float32Array, middle: Float32Array, h: Float32Array, next: Float32Array): void {
    const { rows, count } = this;
    const mix = layerOf(MIDDLE, this.weights.middle, b);
    const up = layerOf(UP, this.weights.up, b);
    const mixed = matrix(middle, PADDED);
    rows.multiply(mixed, matrix(seen, SEEN), mix.weight, count, SEEN, HIDDEN, mix.bias);
    rows.relu(middle, middle, count * PADDED);
    const out = matrix(next, CHANNELS);
    rows.multiply(out, mixed, up.weight, count, HIDDEN + 1, CHANNELS, matrix(h, CHANNELS));
    rows.bound(next, count * CHANNELS, LIMIT);
  }

  /** The last layer behind its relu, [count, 32], and the logits, [count]. */
  head(h: Float32Array, last: Float32Array, logits: Float32Array): void {
    const { rows, count, positive } = this;
    const end = layerOf(LAST, this.weights.last);
    const logit = layerOf(LOGIT, this.weights.logit);
    const out = matrix(last, CHANNELS);
    rows.relu(positive, h, count * CHANNELS);
    rows.multiply(out, matrix(positive, CHANNELS), end.weight, count, CHANNELS, CHANNELS, end.bias);
    rows.relu(last, last, count * CHANNELS);
    rows.multiply(matrix(logits, 1), out, logit.weight, count, CHANNELS, 1, logit.bias);
  }
}

/** An array for the middle layer with its ones. */
export function middleRows(rows: RowOperations, count: number): Float32Array<ArrayBuffer> {
  const middle = rows.floats(count * PADDED);
  for (let r = 0; r < count; r++) middle[r * PADDED + HIDDEN] = 1;
  return middle;
}
