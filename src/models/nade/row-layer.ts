import { type Grid, pixelCount } from '../../data/images.ts';
import { bytesFor, matrix, type Matrix, type RowLists, type RowOperations } from '../../simd/rows.ts';
import type { Model } from '../model.ts';

/** Rows of weights and states begin at a multiple of this many numbers. */
const UNIT = 4;

/** Numbers from one row of weights or states to the next, of models with `size` hidden units; those beyond are zeros. */
export function strideOf(size: number): number {
  return Math.ceil(size / UNIT) * UNIT;
}

/**
 * One model's weights where row operations read them, and what all images share: until its first pixel is on, every image has the same
 * logits. A logit is the same number bit for bit however outputs and images are taken together: see ListOperations.listDots.
 */
export class RowLayer {
  readonly grid: Grid;
  readonly n: number;
  /** Hidden units. */
  readonly size: number;
  /** Numbers in a row. */
  readonly stride: number;
  readonly bias: Float32Array;
  /** [n, stride] */
  readonly input: Matrix;
  readonly output: Matrix;
  /** Before the first pixel: a_1 and h_1, one row each, and their logits, [n]. */
  readonly sums: Matrix;
  readonly states: Matrix;
  readonly logits: Float32Array;
  /** 0, 1, ..., n: the outputs; n lists of one entry. */
  readonly outputs: Int32Array;
  private readonly pair: RowLists;

  /** Bytes that a layer takes of its operations. */
  static bytes(grid: Grid, size: number): number {
    const n = pixelCount(grid);
    const stride = strideOf(size);
    return bytesFor(n * stride, n * stride, n, n, stride, stride, n + 1, 2);
  }

  constructor(
    readonly rows: RowOperations,
    private readonly model: Model,
  ) {
    this.grid = model.grid;
    this.n = pixelCount(model.grid);
    this.size = model.tensors.hidden_bias.length;
    this.stride = strideOf(this.size);
    this.input = this.matrix(this.n);
    this.output = this.matrix(this.n);
    this.sums = this.matrix(1);
    this.states = this.matrix(1);
    this.bias = rows.floats(this.n);
    this.logits = rows.floats(this.n);
    this.outputs = rows.integers(this.n + 1);
    for (let i = 0; i <= this.n; i++) this.outputs[i] = i;
    this.pair = { starts: rows.integers(2), indices: this.outputs };
    this.read();
  }

  /** Zeros, [count, stride]. */
  matrix(count: number): Matrix {
    return matrix(this.rows.floats(count * this.stride), this.stride);
  }

  /** Takes the weights that the model has now. */
  read(): void {
    const { bias, hidden_bias, input, output } = this.model.tensors;
    const { rows, n, size, stride, sums, states, logits } = this;
    this.bias.set(bias);
    sums.values.set(hidden_bias);
    for (const [from, { values }] of [
      [input, this.input],
      [output, this.output],
    ] as const) {
      if (stride === size) values.set(from);
      else for (let i = 0; i < n; i++) values.set(from.subarray(i * size, (i + 1) * size), i * stride);
    }
    rows.sigmoid(states.values, sums.values, stride);
    this.run(logits, states, 0, n);
  }

  /** z[i] = the logit of outputs `from` to `end - 1` under one state, a row of `rows`; z of [n]. */
  run(z: Float32Array, state: Matrix, from: number, end: number): void {
    const { bias, pair, stride } = this;
    pair.starts[0] = from;
    pair.starts[1] = end;
    this.rows.listDots(z, state, this.output, pair, 1, stride, null);
    for (let i = from; i < end; i++) z[i] += bias[i];
  }
}

/** Row r of a matrix. */
export function rowAt({ values, first, stride }: Matrix, r: number): Matrix {
  return { values, first: first + r * stride, stride };
}
