import type { Matrix, RowLists } from './matrix.ts';

/** Products and sums over lists of rows, with a factor for every entry: the sparse counterparts of the products of matrices. */
export interface ListOperations {
  /**
   * out[at] = bias[r] + a[r] . b[indices[at]] for every entry `at` of every list r < rows; null is 0. A product is the same number bit for bit
   * with a and b exchanged and whatever entries are beside it.
   */
  listDots(
    out: Float32Array,
    a: Matrix,
    b: Matrix,
    lists: RowLists,
    rows: number,
    columns: number,
    bias: Float32Array | null,
  ): void;
  /** out[r] += the sum over r's list of factors[at] table[indices[at]]. */
  addWeightedSums(
    out: Matrix,
    factors: Float32Array,
    table: Matrix,
    lists: RowLists,
    rows: number,
    columns: number,
  ): void;
  /**
   * Running sums and their sigmoids: sums[slots[i]] += table[indices[i]], then y[i] = sigmoid(sums[slots[i]]), for i < count in their order.
   */
  sigmoidSums(
    y: Matrix,
    sums: Matrix,
    table: Matrix,
    slots: Int32Array,
    indices: Int32Array,
    count: number,
    columns: number,
  ): void;
  /**
   * Its way back, y being its result, overwritten by the derivatives by the sums, from the last row to the first:
   * y[r] = y[next[r]] + y[r] (1 - y[r]) (the sum over r's list of factors[at] table[indices[at]]). `next` is a later row, that of the same slot,
   * or -1 where there is none.
   */
  sigmoidSumsBack(
    y: Matrix,
    next: Int32Array,
    factors: Float32Array,
    table: Matrix,
    lists: RowLists,
    rows: number,
    columns: number,
  ): void;
}
