/**
 * The net on all positions of one image at once, as products of matrices: a row for every position. The gradient goes back the same
 * way. The typed arrays of net.ts, which skip what a relu holds at 0, are faster without SIMD.
 */
import { pixelCount } from '../../data/images.ts';
import type { Matrix, RowLists, RowOperations } from '../../simd/rows.ts';
import { bytesFor, matrix } from '../../simd/rows.ts';
import type { Simd } from '../../simd/simd.ts';
import type { Model, Tensors } from '../types.ts';
import type { Layer } from './layout.ts';
import { biasOffset, CHANNELS, DOWN, FIRST, HIDDEN, LAST, layerSize, LIMIT, LOGIT } from './layout.ts';
import { MIDDLE, neighbours, UP } from './layout.ts';

const FIRST_TAPS = FIRST.taps.length;
const MIDDLE_TAPS = MIDDLE.taps.length;
/** Inputs of the middle layer. */
export const SEEN = MIDDLE_TAPS * HIDDEN;
/** Rows of the inputs of an up layer: then a 1, which the layer's last row, its biases, is multiplied with, and zeros to align them. */
export const PADDED = HIDDEN + 4;

/** Weights, or sums of their derivatives, by the names of the tensors. */
export type Rows = Readonly<Record<'first' | 'down' | 'middle' | 'up' | 'last' | 'logit', Float32Array>>;

/** Weights and biases of one layer, in `tensor` from `offset` on. */
export interface LayerRows {
  readonly weight: Matrix;
  readonly bias: Matrix;
}

/** The same row for every position. */
export function layerRows(layer: Layer, tensor: Float32Array, offset = 0): LayerRows {
  return {
    weight: matrix(tensor, layer.outputs, offset),
    bias: matrix(tensor, 0, offset + biasOffset(layer)),
  };
}

/** Lengths of the arrays of a `RowNet`. */
function lengths(n: number, blocks: number, tensors: Tensors, keep: boolean): number[] {
  const kept = keep ? blocks : 1;
  return [
    ...Object.values(tensors).map(({ length }) => length),
    (keep ? blocks + 1 : 1) * n * CHANNELS,
    kept * n * HIDDEN,
    kept * n * PADDED,
    n * CHANNELS,
    n * SEEN,
    n * CHANNELS,
    n,
    n * MIDDLE_TAPS,
    n + 1,
    n * FIRST_TAPS,
  ];
}

/** The rows of an image, position by position. */
export class RowNet {
  readonly n: number;
  readonly blocks: number;
  readonly rows: RowOperations;
  readonly weights: Rows;
  /** The residual stream before every block and behind the last, [blocks + 1, n, 32], where it is kept; else [n, 32]. */
  readonly h: readonly Float32Array[];
  /** Of every block, where they are kept: the down layer behind its relu, [n, 16], and the middle layer, [n, PADDED]. */
  readonly down: readonly Float32Array[];
  readonly middle: readonly Float32Array[];
  /** Of one block: the stream behind its relu, [n, 32], and what the middle layer sees, [n, 80]. */
  readonly positive: Float32Array;
  readonly seen: Float32Array;
  /** The last layer behind its relu, [n, 32]. */
  readonly last: Float32Array;
  /** [n] */
  readonly logits: Float32Array;
  /** [n, taps], see `neighbours`. */
  readonly middleTaps: Int32Array;
  /** Rows of the first layer for the pixels that are on. */
  readonly on: RowLists;
  private readonly firstTaps: Int32Array;

  /** Null where no memory can be had. `extra`: bytes for arrays of the caller. `keep`: whether what the way back needs is kept. */
  static open(model: Model, simd: Simd, keep: boolean, extra = 0): RowNet | null {
    const n = pixelCount(model.grid);
    const bytes = bytesFor(...lengths(n, model.hyper.blocks, model.tensors, keep)) + extra;
    const rows = simd.open(bytes);
    return rows && new RowNet(model, rows, keep);
  }

  private constructor(
    private readonly model: Model,
    rows: RowOperations,
    keep: boolean,
  ) {
    const { grid, hyper, tensors } = model;
    this.n = pixelCount(grid);
    this.blocks = hyper.blocks;
    this.rows = rows;
    const { n, blocks } = this;
    this.weights = Object.fromEntries(
      Object.entries(tensors).map(([name, { length }]) => [name, rows.floats(length)]),
    ) as Rows;
    const kept = keep ? blocks : 1;
    const parts = (count: number, size: number) => {
      const all = rows.floats(count * size);
      const part = (b: number) => all.subarray((b % count) * size, ((b % count) + 1) * size);
      return Array.from({ length: blocks + 1 }, (_, b) => part(b));
    };
    this.h = parts(keep ? blocks + 1 : 1, n * CHANNELS);
    this.down = parts(kept, n * HIDDEN);
    this.middle = parts(kept, n * PADDED);
    for (const each of this.middle) for (let p = 0; p < n; p++) each[p * PADDED + HIDDEN] = 1;
    this.positive = rows.floats(n * CHANNELS);
    this.seen = rows.floats(n * SEEN);
    this.last = rows.floats(n * CHANNELS);
    this.logits = rows.floats(n);
    this.middleTaps = rows.integers(n * MIDDLE_TAPS);
    this.middleTaps.set(neighbours(grid, MIDDLE.taps));
    this.firstTaps = neighbours(grid, FIRST.taps);
    this.on = { starts: rows.integers(n + 1), indices: rows.integers(n * FIRST_TAPS) };
    this.readWeights();
  }

  /** Takes the weights that the model has now. */
  readWeights(): void {
    for (const [name, weight] of Object.entries(this.weights)) weight.set(this.model.tensors[name]);
  }

  /** The part of a tensor that belongs to block b. */
  block(layer: Layer, tensor: Float32Array, b: number): LayerRows {
    return layerRows(layer, tensor, b * layerSize(layer));
  }

  /** Logits of all positions into `logits`, given the pixels x, [n] of 0 and 1. */
  run(x: Uint8Array): void {
    const { n, rows, weights, blocks, positive, last } = this;
    this.list(x);
    const first = layerRows(FIRST, weights.first);
    const stream = matrix(this.h[0], CHANNELS);
    rows.multiply(stream, stream, first.weight, n, 0, CHANNELS, first.bias);
    rows.addSums(stream, first.weight, this.on, n, CHANNELS);
    rows.bound(this.h[0], n * CHANNELS, LIMIT);
    for (let b = 0; b < blocks; b++) this.runBlock(b);
    const end = layerRows(LAST, weights.last);
    const logit = layerRows(LOGIT, weights.logit);
    rows.relu(positive, this.h[blocks], n * CHANNELS);
    const out = matrix(last, CHANNELS);
    rows.multiply(out, matrix(positive, CHANNELS), end.weight, n, CHANNELS, CHANNELS, end.bias);
    rows.relu(last, last, n * CHANNELS);
    rows.multiply(matrix(this.logits, 1), out, logit.weight, n, CHANNELS, 1, logit.bias);
  }

  /** The stream before block b behind its relu, into `positive`. */
  read(b: number): void {
    this.rows.relu(this.positive, this.h[b], this.n * CHANNELS);
  }

  /** What the middle layer of block b sees, into `seen`. */
  gather(b: number): void {
    const { rows, n } = this;
    const source = matrix(this.down[b], HIDDEN);
    rows.gather(matrix(this.seen, HIDDEN), source, this.middleTaps, n * MIDDLE_TAPS, HIDDEN);
  }

  private runBlock(b: number): void {
    const { n, rows, weights } = this;
    const down = this.block(DOWN, weights.down, b);
    const middle = this.block(MIDDLE, weights.middle, b);
    const up = this.block(UP, weights.up, b);
    this.read(b);
    const low = matrix(this.down[b], HIDDEN);
    rows.multiply(low, matrix(this.positive, CHANNELS), down.weight, n, CHANNELS, HIDDEN, down.bias);
    rows.relu(this.down[b], this.down[b], n * HIDDEN);
    this.gather(b);
    const mixed = matrix(this.middle[b], PADDED);
    rows.multiply(mixed, matrix(this.seen, SEEN), middle.weight, n, SEEN, HIDDEN, middle.bias);
    rows.relu(this.middle[b], this.middle[b], n * PADDED);
    const next = matrix(this.h[b + 1], CHANNELS);
    rows.multiply(next, mixed, up.weight, n, HIDDEN + 1, CHANNELS, matrix(this.h[b], CHANNELS));
    rows.bound(this.h[b + 1], n * CHANNELS, LIMIT);
  }

  /** Lists the on-pixels that the first layer sees from every position. */
  private list(x: Uint8Array): void {
    const { n, firstTaps } = this;
    const { starts, indices } = this.on;
    let count = 0;
    for (let p = 0, at = 0; p < n; p++) {
      for (let t = 0; t < FIRST_TAPS; t++, at++) {
        const q = firstTaps[at];
        if (q >= 0 && x[q] !== 0) indices[count++] = t;
      }
      starts[p + 1] = count;
    }
  }
}
