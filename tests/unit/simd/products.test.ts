import { describe, expect, it } from 'vitest';
import { type Matrix, matrix, type RowOperations } from '../../../src/simd/rows.ts';
import { difference, implementations, uniforms } from './implementations.ts';

/** Rows, inner and columns: whole tiles, remainders of each kind, one row or column, nothing to sum, several panels. */
const SHAPES = [
  [4, 8, 8],
  [13, 5, 9],
  [1, 1, 1],
  [1, 80, 16],
  [2, 7, 3],
  [3, 0, 5],
  [5, 3, 12],
  [6, 11, 31],
  [9, 257, 7],
  [17, 300, 20],
  [70, 16, 32],
  [33, 520, 133],
  [131, 65, 10],
] as const;

/** Numbers beside a matrix, which no operation may touch. */
const OUTSIDE = 77;

/** A random matrix inside an array of other numbers. */
function random(rows: RowOperations, count: number, columns: number, next: () => number): Matrix {
  const [first, stride] = [3, columns + 2];
  const values = rows.floats(first + count * stride + 4).fill(OUTSIDE);
  for (let r = 0; r < count; r++) for (let c = 0; c < columns; c++) values[first + r * stride + c] = next();
  return matrix(values, stride, first);
}

/** `out` as it should be: `value` of every row and column, the rest as it is. */
function expected(
  out: Matrix,
  rows: number,
  columns: number,
  value: (row: number, column: number, before: number) => number,
): Float64Array {
  const all = Float64Array.from(out.values);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const at = out.first + r * out.stride + c;
      all[at] = value(r, c, all[at]);
    }
  return all;
}

const at = (m: Matrix, r: number, c: number) => m.values[m.first + r * m.stride + c];

function sum(count: number, term: (k: number) => number): number {
  let total = 0;
  for (let k = 0; k < count; k++) total += term(k);
  return total;
}

describe.each(implementations)('products: %s', (_, open) => {
  describe.each(SHAPES)('%i rows, %i inner, %i columns', (rows, inner, columns) => {
    /** Sums of `inner` products of numbers up to 1, rounded to f32 each time. */
    const near = (terms: number) => 2e-7 * (terms + 2);

    it.each(['zeros', 'a bias', 'the result itself'])('multiply, starting from %s', (start) => {
      const operations = open();
      const next = uniforms(rows + 1000 * inner);
      const a = random(operations, rows, inner, next);
      const b = random(operations, inner, columns, next);
      const out = random(operations, rows, columns, next);
      const bias = { ...random(operations, 1, columns, next), stride: 0 };
      const from = { zeros: null, 'a bias': bias, 'the result itself': out }[start] ?? null;
      const right = expected(
        out,
        rows,
        columns,
        (r, c, before) =>
          (from === out ? before : from ? at(bias, 0, c) : 0) + sum(inner, (k) => at(a, r, k) * at(b, k, c)),
      );
      operations.multiply(out, a, b, rows, inner, columns, from);
      expect(difference(out.values, right)).toBeLessThan(near(inner));
    });

    it.each([false, true])('the derivative by a, added: %s', (added) => {
      const operations = open();
      const next = uniforms(rows + 1000 * inner);
      const d = random(operations, rows, columns, next);
      const b = random(operations, inner, columns, next);
      const out = random(operations, rows, inner, next);
      const right = expected(
        out,
        rows,
        inner,
        (r, k, before) => (added ? before : 0) + sum(columns, (c) => at(d, r, c) * at(b, k, c)),
      );
      operations.multiplyTransposed(out, d, b, rows, columns, inner, added ? out : null);
      expect(difference(out.values, right)).toBeLessThan(near(columns));
    });

    it('the derivative by b, added', () => {
      const operations = open();
      const next = uniforms(rows + 1000 * inner);
      const a = random(operations, rows, inner, next);
      const d = random(operations, rows, columns, next);
      const out = random(operations, inner, columns, next);
      const right = expected(
        out,
        inner,
        columns,
        (k, c, before) => before + sum(rows, (r) => at(a, r, k) * at(d, r, c)),
      );
      operations.addTransposedProduct(out, a, d, rows, inner, columns);
      expect(difference(out.values, right)).toBeLessThan(near(rows));
    });

    it('sums of columns, and products of rows', () => {
      const operations = open();
      const next = uniforms(columns);
      const a = random(operations, rows, columns, next);
      const b = random(operations, rows, columns, next);
      const sums = operations.floats(columns + 1).fill(1);
      const dots = operations.floats(rows + 1).fill(OUTSIDE);
      operations.addColumnSums(sums, a, rows, columns);
      operations.rowDots(dots, a, b, rows, columns);
      const right = Array.from({ length: columns }, (__, c) => 1 + sum(rows, (r) => at(a, r, c)));
      expect(difference(sums, [...right, 1])).toBeLessThan(near(rows));
      const products = Array.from({ length: rows }, (__, r) =>
        sum(columns, (c) => at(a, r, c) * at(b, r, c)),
      );
      expect(difference(dots, [...products, OUTSIDE])).toBeLessThan(near(columns));
    });
  });

  it('gives the same row whatever rows are beside it, so that an image does not depend on its batch', () => {
    const operations = open();
    const next = uniforms(7);
    const a = random(operations, 30, 40, next);
    const b = random(operations, 40, 45, next);
    const out = random(operations, 30, 45, next);
    operations.multiply(out, a, b, 30, 40, 45, null);
    const whole = out.values.slice();
    // From row 5 on, in pieces that end inside tiles.
    for (const step of [1, 7])
      for (let r = 5; r < 30; r += step) {
        const move = (m: Matrix) => ({ ...m, first: m.first + r * m.stride });
        operations.multiply(move(out), move(a), b, Math.min(step, 30 - r), 40, 45, null);
      }
    expect(difference(out.values, whole)).toBe(0);
  });
});
