/**
 * Products of rows with a table of ten columns, one for every class, over the nonzero values: about an eighth of a digit's
 * pixels. The ten sums are written out, so that they stay in registers.
 */
import type { Rows } from './rows.ts';

/** Rows as lists of their nonzero values. */
export interface SparseRows {
  /** Row m is entries starts[m] to starts[m + 1] - 1, [rows + 1]. */
  readonly starts: Uint32Array;
  /** Offset of an entry's column in the table: ten times the column. */
  readonly places: Uint32Array;
  readonly values: Float64Array;
}

/** The rows named by `indices`. */
export function sparseRows({ width, values }: Rows, indices: Uint32Array): SparseRows {
  const starts = new Uint32Array(indices.length + 1);
  indices.forEach((index, m) => {
    let count = 0;
    for (let k = 0; k < width; k++) if (values[index * width + k] !== 0) count++;
    starts[m + 1] = starts[m] + count;
  });
  const total = starts[indices.length];
  const list = { starts, places: new Uint32Array(total), values: new Float64Array(total) };
  let at = 0;
  indices.forEach((index) => {
    for (let k = 0; k < width; k++) {
      const value = values[index * width + k];
      if (value === 0) continue;
      list.places[at] = 10 * k;
      list.values[at++] = value;
    }
  });
  return list;
}

/** sums[y] += sum over the row's entries of value table[column][y], [10]. */
export function addScores(
  { starts, places, values }: SparseRows,
  row: number,
  table: Float64Array,
  sums: Float64Array,
): void {
  let [a, b, c, d, e, f, g, h, i, j] = sums;
  const end = starts[row + 1];
  for (let at = starts[row]; at < end; at++) {
    const value = values[at];
    const place = places[at];
    a += value * table[place];
    b += value * table[place + 1];
    c += value * table[place + 2];
    d += value * table[place + 3];
    e += value * table[place + 4];
    f += value * table[place + 5];
    g += value * table[place + 6];
    h += value * table[place + 7];
    i += value * table[place + 8];
    j += value * table[place + 9];
  }
  sums.set([a, b, c, d, e, f, g, h, i, j]);
}

/** table[column][y] += value by[y] for every entry of the row. */
export function addOuter(
  { starts, places, values }: SparseRows,
  row: number,
  by: Float64Array,
  table: Float64Array,
): void {
  const [a, b, c, d, e, f, g, h, i, j] = by;
  const end = starts[row + 1];
  for (let at = starts[row]; at < end; at++) {
    const value = values[at];
    const place = places[at];
    table[place] += value * a;
    table[place + 1] += value * b;
    table[place + 2] += value * c;
    table[place + 3] += value * d;
    table[place + 4] += value * e;
    table[place + 5] += value * f;
    table[place + 6] += value * g;
    table[place + 7] += value * h;
    table[place + 8] += value * i;
    table[place + 9] += value * j;
  }
}
