import { describe, expect, it } from 'vitest';
import { type Matrix, matrix, type RowOperations } from '../../../src/simd/rows.ts';
import { difference, implementations, uniforms } from './implementations.ts';

/** Remainders of 4, 8, 16 and 32 columns. */
const COLUMNS = [1, 3, 4, 7, 8, 13, 16, 21, 32, 37, 52, 60, 67, 500];
const ROWS = 9;
/** Lists of no, one, some and more than eight entries; the same row may stand in several. */
const STARTS = [0, 0, 1, 3, 7, 12, 22, 22, 31, 32];
const INDICES = [
  4, 0, 8, 1, 1, 2, 3, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 3, 3, 4, 2, 8, 7, 0, 5, 6, 2,
];
/** Numbers beside a matrix, which no operation may touch. */
const OUTSIDE = 77;

const at = (m: Matrix, r: number, c: number) => m.values[m.first + r * m.stride + c];
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe.each(implementations)('lists of rows: %s', (_, open) => {
  describe.each(COLUMNS)('of %i columns', (columns) => {
    const next = uniforms(columns);

    function random(operations: RowOperations): Matrix {
      const [first, stride] = [3, columns + 2];
      const values = operations.floats(first + ROWS * stride + 4).fill(OUTSIDE);
      for (let r = 0; r < ROWS; r++)
        for (let c = 0; c < columns; c++) values[first + r * stride + c] = next();
      return matrix(values, stride, first);
    }

    function setting() {
      const operations = open();
      const lists = { starts: operations.integers(ROWS + 1), indices: operations.integers(INDICES.length) };
      lists.starts.set(STARTS);
      lists.indices.set(INDICES);
      const factors = operations.floats(INDICES.length).map(next);
      const own = operations.floats(INDICES.length);
      own.set(factors);
      return { operations, lists, factors: own, a: random(operations), b: random(operations) };
    }

    /** `out` as it should be: `value` of every row and column, the rest as it is. */
    function expected(out: Matrix, value: (r: number, c: number) => number): Float64Array {
      const all = Float64Array.from(out.values);
      for (let r = 0; r < ROWS; r++)
        for (let c = 0; c < columns; c++) all[out.first + r * out.stride + c] = value(r, c);
      return all;
    }

    const weighted = (factors: Float32Array, table: Matrix, r: number, c: number) => {
      let sum = 0;
      for (let i = STARTS[r]; i < STARTS[r + 1]; i++) sum += factors[i] * at(table, INDICES[i], c);
      return sum;
    };

    it.each([true, false])('products with the rows of their lists, with a bias: %s', (biased) => {
      const { operations, lists, a, b } = setting();
      const bias = biased ? operations.floats(ROWS) : null;
      bias?.forEach((__, r) => (bias[r] = next()));
      const out = operations.floats(INDICES.length + 1).fill(OUTSIDE);
      const right = Float64Array.from(out);
      for (let r = 0; r < ROWS; r++)
        for (let i = STARTS[r]; i < STARTS[r + 1]; i++) {
          right[i] = bias ? bias[r] : 0;
          for (let c = 0; c < columns; c++) right[i] += at(a, r, c) * at(b, INDICES[i], c);
        }
      operations.listDots(out, a, b, lists, ROWS, columns, bias);
      expect(difference(out, right)).toBeLessThan(2e-7 * (columns + 2));
    });

    it('products are the same bit for bit alone, beside others and with the sides exchanged', () => {
      const { operations, lists, a, b } = setting();
      const together = operations.floats(INDICES.length);
      operations.listDots(together, a, b, lists, ROWS, columns, null);
      const single = { starts: operations.integers(2), indices: operations.integers(1) };
      single.starts[1] = 1;
      const alone = operations.floats(1);
      for (let r = 0; r < ROWS; r++)
        for (let i = STARTS[r]; i < STARTS[r + 1]; i++) {
          single.indices[0] = r;
          const row = { ...b, first: b.first + INDICES[i] * b.stride };
          operations.listDots(alone, row, a, single, 1, columns, null);
          expect(alone[0]).toBe(together[i]);
        }
    });

    it('adds weighted sums of their lists', () => {
      const { operations, lists, factors, a, b } = setting();
      const before = a.values.slice();
      const right = expected(a, (r, c) => before[a.first + r * a.stride + c] + weighted(factors, b, r, c));
      operations.addWeightedSums(a, factors, b, lists, ROWS, columns);
      expect(difference(a.values, right)).toBeLessThan(2e-6);
    });

    it('running sums and their sigmoids', () => {
      const { operations, a, b } = setting();
      const y = random(operations);
      const [slots, indices] = [operations.integers(7), operations.integers(7)];
      slots.set([2, 0, 2, 2, 1, 0, 8]);
      indices.set([3, 3, 0, 8, 8, 1, 2]);
      const sums = Float64Array.from(a.values);
      const results = Float64Array.from(y.values);
      for (let i = 0; i < 7; i++)
        for (let c = 0; c < columns; c++) {
          const own = a.first + slots[i] * a.stride + c;
          sums[own] += at(b, indices[i], c);
          results[y.first + i * y.stride + c] = sigmoid(sums[own]);
        }
      operations.sigmoidSums(y, a, b, slots, indices, 7, columns);
      expect(difference(a.values, sums)).toBeLessThan(1e-6);
      expect(difference(y.values, results)).toBeLessThan(1e-6);
    });

    it('their derivatives, from the last row to the first', () => {
      const { operations, lists, factors, a: y, b } = setting();
      const later = operations.integers(ROWS);
      later.set([3, 2, 7, 5, 8, 6, -1, -1, -1]);
      const right = Float64Array.from(y.values);
      for (let r = ROWS - 1; r >= 0; r--)
        for (let c = 0; c < columns; c++) {
          const own = y.first + r * y.stride + c;
          const after = later[r] < 0 ? 0 : right[y.first + later[r] * y.stride + c];
          right[own] = after + right[own] * (1 - right[own]) * weighted(factors, b, r, c);
        }
      operations.sigmoidSumsBack(y, later, factors, b, lists, ROWS, columns);
      expect(difference(y.values, right)).toBeLessThan(1e-5);
    });
  });
});
