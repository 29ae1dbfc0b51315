import { describe, expect, it } from 'vitest';
import { matrix } from '../../../src/simd/rows.ts';
import { difference, implementations, uniforms } from './implementations.ts';

const COLUMNS = [1, 3, 4, 7, 16, 21, 64];
const EPSILON = 1e-3;

describe.each(implementations)('rows: %s', (_, open) => {
  describe.each(COLUMNS)('of %i columns', (columns) => {
    const next = uniforms(columns);
    const rows = 11;
    const stride = columns + 3;

    function setting() {
      const operations = open();
      const table = matrix(operations.floats(rows * stride), stride);
      const out = matrix(operations.floats(rows * stride), stride);
      for (const { values } of [table, out]) values.forEach((__, i) => (values[i] = next()));
      const indices = operations.integers(rows);
      indices.set([4, -1, 0, 10, 4, 4, 2, -1, 9, 1, 3]);
      const starts = operations.integers(rows + 1);
      starts.set([0, 0, 3, 3, 4, 11, 11, 11, 11, 11, 11, 11]);
      const members = operations.integers(rows);
      members.set([4, 4, 0, 10, 1, 2, 3, 5, 6, 7, 10]);
      return { operations, table, out, indices, lists: { starts, indices: members } };
    }

    it('gathers them, and adds them back', () => {
      const { operations, table, out, indices } = setting();
      const right = out.values.slice();
      indices.forEach((index, i) => {
        for (let c = 0; c < columns; c++)
          right[i * stride + c] = index < 0 ? 0 : table.values[index * stride + c];
      });
      operations.gather(out, table, indices, rows, columns);
      expect(difference(out.values, right)).toBe(0);

      const sums = Float64Array.from(table.values);
      indices.forEach((index, i) => {
        for (let c = 0; c < columns && index >= 0; c++)
          sums[index * stride + c] += out.values[i * stride + c];
      });
      operations.scatterAdd(table, out, indices, rows, columns);
      expect(difference(table.values, sums)).toBeLessThan(1e-6);
    });

    it('adds sums of lists, and their derivatives back', () => {
      const { operations, table, out, lists } = setting();
      const right = Float64Array.from(out.values);
      for (let r = 0; r < rows; r++)
        for (let at = lists.starts[r]; at < lists.starts[r + 1]; at++)
          for (let c = 0; c < columns; c++)
            right[r * stride + c] += table.values[lists.indices[at] * stride + c];
      operations.addSums(out, table, lists, rows, columns);
      expect(difference(out.values, right)).toBeLessThan(2e-6);

      const back = Float64Array.from(table.values);
      for (let r = 0; r < rows; r++)
        for (let at = lists.starts[r]; at < lists.starts[r + 1]; at++)
          for (let c = 0; c < columns; c++)
            back[lists.indices[at] * stride + c] += out.values[r * stride + c];
      operations.scatterSums(table, out, lists, rows, columns);
      expect(difference(table.values, back)).toBeLessThan(5e-6);
    });

    it('normalises them to a mean square of 1, and passes derivatives back', () => {
      const operations = open();
      const x = operations.floats(rows * columns).map(() => 3 * next());
      const [values, y, d, dx] = [0, 0, 0, 0].map(() => operations.floats(rows * columns));
      values.set(x);
      d.forEach((__, i) => (d[i] = next()));
      const scales = operations.floats(rows);
      operations.rmsNormalise(y, scales, values, rows, columns, EPSILON);
      operations.rmsBack(dx, d, y, scales, rows, columns);

      /** The sum of d times the result, for a row in f64. */
      const loss = (row: Float64Array, r: number) => {
        const mean = row.reduce((sum, value) => sum + value * value, 0) / columns;
        const scale = 1 / Math.sqrt(mean + EPSILON);
        return row.reduce((sum, value, c) => sum + value * scale * d[r * columns + c], 0);
      };
      for (let r = 0; r < rows; r++) {
        const row = Float64Array.from(x.subarray(r * columns, (r + 1) * columns));
        const size = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / columns + EPSILON);
        expect(Math.abs(scales[r] * size - 1)).toBeLessThan(1e-6);
        for (let c = 0; c < columns; c++) {
          expect(Math.abs(y[r * columns + c] - row[c] / size)).toBeLessThan(2e-6);
          const moved = (by: number) => loss(row.with(c, row[c] + by), r);
          const slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
          expect(Math.abs(dx[r * columns + c] - slope)).toBeLessThan(2e-5 * (1 + scales[r] * columns));
        }
      }
    });
  });
});
