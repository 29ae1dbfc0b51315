import type { ListOperations } from './lists.ts';
import type { Matrix, RowLists } from './matrix.ts';

export type { Matrix, RowLists };

/**
 * Arithmetic on matrices of f32, as a fast twin of a family needs it. Two implementations: typed arrays (plain-rows.ts) and WebAssembly SIMD
 * (wasm-rows.ts), which a family opens by `openRows` of simd.ts and from then on need not tell apart.
 */

/** `values` as rows of `stride` numbers, beginning at number `first`. */
export function matrix(values: Float32Array, stride: number, first = 0): Matrix {
  return { values, first, stride };
}

/**
 * Arrays and what to do with them. Every array passed must come from `floats` or `integers` of the same object (or be a part of one); results may not
 * overlap with inputs unless it is said. Sizes are not checked against the arrays' lengths. Sums are f32 in the WebAssembly and f64 in the typed
 * arrays, rounded to f32 in the end.
 */
export interface RowOperations extends ListOperations {
  /** Zeros. Throws where less is left of the bytes that were asked for: see `bytesFor`. */
  floats(length: number): Float32Array<ArrayBuffer>;
  integers(length: number): Int32Array<ArrayBuffer>;

  /** out[rows, columns] = start + a[rows, inner] b[inner, columns]. `start` may be `out`, or a bias with stride 0; null is 0. */
  multiply(
    out: Matrix,
    a: Matrix,
    b: Matrix,
    rows: number,
    inner: number,
    columns: number,
    start: Matrix | null,
  ): void;
  /** out[rows, inner] = start + d[rows, columns] b[inner, columns]^T: of `multiply`, the derivative by a. */
  multiplyTransposed(
    out: Matrix,
    d: Matrix,
    b: Matrix,
    rows: number,
    columns: number,
    inner: number,
    start: Matrix | null,
  ): void;
  /** out[inner, columns] += a[rows, inner]^T d[rows, columns]: of `multiply`, the derivative by b. */
  addTransposedProduct(out: Matrix, a: Matrix, d: Matrix, rows: number, inner: number, columns: number): void;
  /** out[columns] += the sum of the rows of d: of `multiply`, the derivative by a bias. */
  addColumnSums(out: Float32Array, d: Matrix, rows: number, columns: number): void;
  /** out[r] = the sum over columns of a[r] b[r]. */
  rowDots(out: Float32Array, a: Matrix, b: Matrix, rows: number, columns: number): void;

  /** out[i] = table[indices[i]] for i < count; zeros where the index is -1. */
  gather(out: Matrix, table: Matrix, indices: Int32Array, count: number, columns: number): void;
  /** Its way back: table[indices[i]] += d[i]. */
  scatterAdd(table: Matrix, d: Matrix, indices: Int32Array, count: number, columns: number): void;
  /** out[r] += the sum of the rows of the table in r's list, for r < rows. */
  addSums(out: Matrix, table: Matrix, lists: RowLists, rows: number, columns: number): void;
  /** Its way back: table[i] += d[r] for every i in r's list. */
  scatterSums(table: Matrix, d: Matrix, lists: RowLists, rows: number, columns: number): void;

  /**
   * out[r] = x[r] scales[r], scales[r] = 1 / sqrt(mean of x[r]^2 + epsilon), rows standing one behind the other. `out` may be `x`.
   */
  rmsNormalise(
    out: Float32Array,
    scales: Float32Array,
    x: Float32Array,
    rows: number,
    columns: number,
    epsilon: number,
  ): void;
  /** Its way back, y being its result: dx[r] += scales[r] (d[r] - y[r] mean(d[r] y[r])). */
  rmsBack(
    dx: Float32Array,
    d: Float32Array,
    y: Float32Array,
    scales: Float32Array,
    rows: number,
    columns: number,
  ): void;

  /** Of the first `count` elements, as are all that follow. `out` may be `x`. */
  relu(out: Float32Array, x: Float32Array, count: number): void;
  /** d = 0 where y, the result, is 0. */
  reluBack(d: Float32Array, y: Float32Array, count: number): void;
  /** x where it is positive, else e^x - 1. `out` may be `x`. */
  elu(out: Float32Array, x: Float32Array, count: number): void;
  /** d times the derivative, y being the result. */
  eluBack(d: Float32Array, y: Float32Array, count: number): void;
  /** 1 / (1 + e^-x). `out` may be `x`. */
  sigmoid(out: Float32Array, x: Float32Array, count: number): void;
  /** d times the derivative, y being the result. */
  sigmoidBack(d: Float32Array, y: Float32Array, count: number): void;
  /** x = x within -limit and limit. */
  bound(x: Float32Array, count: number, limit: number): void;
  /** d = 0 where y, the result, is at the limit. */
  boundBack(d: Float32Array, y: Float32Array, count: number, limit: number): void;
  /** The sum of log(1 + e^x). */
  softplusSum(x: Float32Array, count: number): number;
  /** Returns the sum of log(1 + e^z) - t z, in nats, and writes its derivative: d = sigmoid(z) - t. `d` may be `z`. */
  logisticLoss(d: Float32Array, z: Float32Array, t: Float32Array, count: number): number;
  /** x = factor x */
  scale(x: Float32Array, count: number, factor: number): void;
  /** out += factor x */
  addScaled(out: Float32Array, x: Float32Array, count: number, factor: number): void;
  sumOfSquares(x: Float32Array, count: number): number;
  /** x += share (to - x) */
  moveTowards(x: Float32Array, to: Float32Array, count: number, share: number): void;
  /** g being `factor` times the gradient: m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, w -= rate m / (sqrt(v) + epsilon). */
  adam(
    w: Float32Array,
    g: Float32Array,
    m: Float32Array,
    v: Float32Array,
    count: number,
    settings: {
      readonly beta1: number;
      readonly beta2: number;
      readonly rate: number;
      readonly epsilon: number;
      readonly factor: number;
    },
  ): void;
}

/** Every array begins at a multiple of this many bytes. */
const ALIGNMENT = 16;

/** Bytes that arrays of these lengths take together, of floats or integers. */
export function bytesFor(...lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + Math.ceil((4 * length) / ALIGNMENT) * ALIGNMENT, 0);
}

/** Hands out the bytes from `next` to `end`, one array after the other. */
export class Room {
  constructor(
    private next: number,
    private readonly end: number,
  ) {}

  /** Where an array of `length` numbers begins. */
  take(length: number): number {
    const at = this.next;
    this.next += bytesFor(length);
    if (this.next > this.end) throw new Error(`rows: ${this.next - this.end} bytes more than were asked for`);
    return at;
  }
}
