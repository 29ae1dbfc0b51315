import type { ListOperations } from './lists.ts';
import type { Matrix, RowLists } from './matrix.ts';

const rowOf = ({ first, stride }: Matrix, r: number) => first + r * stride;

/** See ListOperations: on typed arrays. */
export const plainLists: ListOperations = {
  listDots(out, a, b, { starts, indices }, rows, columns, bias) {
    for (let r = 0; r < rows; r++) {
      const own = rowOf(a, r);
      for (let at = starts[r]; at < starts[r + 1]; at++) {
        const other = rowOf(b, indices[at]);
        let sum = bias ? bias[r] : 0;
        for (let c = 0; c < columns; c++) sum += a.values[own + c] * b.values[other + c];
        out[at] = sum;
      }
    }
  },
  addWeightedSums(out, factors, table, lists, rows, columns) {
    const sums = new Float64Array(columns);
    for (let r = 0; r < rows; r++) {
      weightedSum(sums, factors, table, lists, r);
      const to = rowOf(out, r);
      for (let c = 0; c < columns; c++) out.values[to + c] += sums[c];
    }
  },
  sigmoidSums(y, sums, table, slots, indices, count, columns) {
    for (let i = 0; i < count; i++) {
      const to = rowOf(y, i);
      const own = rowOf(sums, slots[i]);
      const from = rowOf(table, indices[i]);
      for (let c = 0; c < columns; c++) {
        const sum = sums.values[own + c] + table.values[from + c];
        sums.values[own + c] = sum;
        y.values[to + c] = 1 / (1 + Math.exp(-sum));
      }
    }
  },
  sigmoidSumsBack(y, next, factors, table, lists, rows, columns) {
    const sums = new Float64Array(columns);
    for (let r = rows - 1; r >= 0; r--) {
      weightedSum(sums, factors, table, lists, r);
      const to = rowOf(y, r);
      const later = rowOf(y, next[r]);
      for (let c = 0; c < columns; c++) {
        const own = y.values[to + c];
        y.values[to + c] = (next[r] < 0 ? 0 : y.values[later + c]) + own * (1 - own) * sums[c];
      }
    }
  },
};

/** sums = the sum over r's list of factors[at] table[indices[at]] */
function weightedSum(
  sums: Float64Array,
  factors: Float32Array,
  table: Matrix,
  { starts, indices }: RowLists,
  r: number,
): void {
  sums.fill(0);
  for (let at = starts[r]; at < starts[r + 1]; at++) {
    const from = rowOf(table, indices[at]);
    for (let c = 0; c < sums.length; c++) sums[c] += factors[at] * table.values[from + c];
  }
}
