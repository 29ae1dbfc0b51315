import type { ListOperations } from './lists.ts';
import { plainLists } from './plain-lists.ts';
import type { Matrix, RowLists, RowOperations } from './rows.ts';
import { Room } from './rows.ts';

/** Row operations on typed arrays: where there is no WebAssembly SIMD. `bytes` is how much its arrays may take together. */
export function plainRows(bytes: number): RowOperations {
  const room = new Room(0, bytes);
  return {
    floats: (length) => (room.take(length), new Float32Array(length)),
    integers: (length) => (room.take(length), new Int32Array(length)),
    ...products,
    ...indexed,
    ...plainLists,
    ...normalised,
    ...elements,
  };
}

/** Sums of one row of a result. */
let sums = new Float64Array(1024);

function sumsFor(columns: number): Float64Array {
  if (sums.length < columns) sums = new Float64Array(columns);
  return sums;
}

type Arrays = 'floats' | 'integers';
type Products = 'multiply' | 'multiplyTransposed' | 'addTransposedProduct' | 'addColumnSums' | 'rowDots';
type Indexed = 'gather' | 'scatterAdd' | 'addSums' | 'scatterSums';
type Normalised = 'rmsNormalise' | 'rmsBack';
type Elements = Exclude<keyof RowOperations, Arrays | Products | Indexed | Normalised | keyof ListOperations>;

const rowOf = ({ first, stride }: Matrix, r: number) => first + r * stride;

/** sums[c] += factor values[from + c] */
function addTimes(to: Float64Array, values: Float32Array, from: number, factor: number, columns: number) {
  for (let c = 0; c < columns; c++) to[c] += factor * values[from + c];
}

/** Row r of `multiply` from column `c` on. */
function multiplyRow(
  out: Matrix,
  a: Matrix,
  b: Matrix,
  r: number,
  c: number,
  inner: number,
  columns: number,
  start: Matrix | null,
): void {
  const from = rowOf(a, r);
  const to = rowOf(out, r);
  for (; c < columns; c++) {
    let sum = start ? start.values[rowOf(start, r) + c] : 0;
    for (let k = 0, at = b.first + c; k < inner; k++, at += b.stride)
      sum += a.values[from + k] * b.values[at];
    out.values[to + c] = sum;
  }
}

/** Rows r and r + 1 of `multiply`: eight sums in registers at a time. */
function multiplyRows2(
  out: Matrix,
  a: Matrix,
  b: Matrix,
  r: number,
  inner: number,
  columns: number,
  start: Matrix | null,
): void {
  const x = a.values;
  const w = b.values;
  const stride = b.stride;
  const from = rowOf(a, r);
  const next = rowOf(a, r + 1) - from;
  const to = rowOf(out, r);
  const toNext = rowOf(out, r + 1);
  const first = start ? rowOf(start, r) : 0;
  const second = start ? rowOf(start, r + 1) : 0;
  const s = start?.values ?? NO_START;
  const step = start ? 1 : 0;
  let c = 0;
  for (; c + 4 <= columns; c += 4) {
    let s00 = s[first + step * c];
    let s01 = s[first + step * (c + 1)];
    let s02 = s[first + step * (c + 2)];
    let s03 = s[first + step * (c + 3)];
    let s10 = s[second + step * c];
    let s11 = s[second + step * (c + 1)];
    let s12 = s[second + step * (c + 2)];
    let s13 = s[second + step * (c + 3)];
    let at = b.first + c;
    for (let k = from; k < from + inner; k++) {
      const x0 = x[k];
      const x1 = x[k + next];
      const w0 = w[at];
      const w1 = w[at + 1];
      const w2 = w[at + 2];
      const w3 = w[at + 3];
      s00 += x0 * w0;
      s01 += x0 * w1;
      s02 += x0 * w2;
      s03 += x0 * w3;
      s10 += x1 * w0;
      s11 += x1 * w1;
      s12 += x1 * w2;
      s13 += x1 * w3;
      at += stride;
    }
    out.values[to + c] = s00;
    out.values[to + c + 1] = s01;
    out.values[to + c + 2] = s02;
    out.values[to + c + 3] = s03;
    out.values[toNext + c] = s10;
    out.values[toNext + c + 1] = s11;
    out.values[toNext + c + 2] = s12;
    out.values[toNext + c + 3] = s13;
  }
  if (c < columns) {
    multiplyRow(out, a, b, r, c, inner, columns, start);
    multiplyRow(out, a, b, r + 1, c, inner, columns, start);
  }
}

const NO_START = new Float32Array(1);

const products: Pick<RowOperations, Products> = {
  multiply(out, a, b, rows, inner, columns, start) {
    let r = 0;
    for (; r + 2 <= rows; r += 2) multiplyRows2(out, a, b, r, inner, columns, start);
    if (r < rows) multiplyRow(out, a, b, r, 0, inner, columns, start);
  },
  multiplyTransposed(out, d, b, rows, columns, inner, start) {
    for (let r = 0; r < rows; r++) {
      for (let k = 0; k < inner; k++) {
        const sum = start ? start.values[rowOf(start, r) + k] : 0;
        out.values[rowOf(out, r) + k] = sum + dot(d.values, rowOf(d, r), b.values, rowOf(b, k), columns);
      }
    }
  },
  addTransposedProduct(out, a, d, rows, inner, columns) {
    const row = sumsFor(columns);
    for (let k = 0; k < inner; k++) {
      const to = rowOf(out, k);
      for (let c = 0; c < columns; c++) row[c] = out.values[to + c];
      for (let r = 0; r < rows; r++) {
        const x = a.values[rowOf(a, r) + k];
        if (x !== 0) addTimes(row, d.values, rowOf(d, r), x, columns);
      }
      for (let c = 0; c < columns; c++) out.values[to + c] = row[c];
    }
  },
  addColumnSums(out, d, rows, columns) {
    const row = sumsFor(columns);
    for (let c = 0; c < columns; c++) row[c] = out[c];
    for (let r = 0; r < rows; r++) addTimes(row, d.values, rowOf(d, r), 1, columns);
    for (let c = 0; c < columns; c++) out[c] = row[c];
  },
  rowDots(out, a, b, rows, columns) {
    for (let r = 0; r < rows; r++) out[r] = dot(a.values, rowOf(a, r), b.values, rowOf(b, r), columns);
  },
};

function dot(a: Float32Array, aFrom: number, b: Float32Array, bFrom: number, columns: number): number {
  let sum = 0;
  for (let c = 0; c < columns; c++) sum += a[aFrom + c] * b[bFrom + c];
  return sum;
}

function addRow(to: Float32Array, at: number, from: Float32Array, row: number, columns: number): void {
  for (let c = 0; c < columns; c++) to[at + c] += from[row + c];
}

const indexed: Pick<RowOperations, Indexed> = {
  gather(out, table, indices, count, columns) {
    for (let i = 0; i < count; i++) {
      const to = rowOf(out, i);
      const from = rowOf(table, indices[i]);
      for (let c = 0; c < columns; c++) out.values[to + c] = indices[i] < 0 ? 0 : table.values[from + c];
    }
  },
  scatterAdd(table, d, indices, count, columns) {
    for (let i = 0; i < count; i++) {
      if (indices[i] >= 0) addRow(table.values, rowOf(table, indices[i]), d.values, rowOf(d, i), columns);
    }
  },
  addSums(out, table, lists, rows, columns) {
    each(lists, rows, (r, i) => addRow(out.values, rowOf(out, r), table.values, rowOf(table, i), columns));
  },
  scatterSums(table, d, lists, rows, columns) {
    each(lists, rows, (r, i) => addRow(table.values, rowOf(table, i), d.values, rowOf(d, r), columns));
  },
};

function each({ starts, indices }: RowLists, rows: number, work: (r: number, index: number) => void): void {
  for (let r = 0; r < rows; r++) for (let at = starts[r]; at < starts[r + 1]; at++) work(r, indices[at]);
}

const normalised: Pick<RowOperations, Normalised> = {
  rmsNormalise(out, scales, x, rows, columns, epsilon) {
    for (let r = 0; r < rows; r++) {
      const at = r * columns;
      const scale = 1 / Math.sqrt(dot(x, at, x, at, columns) / columns + epsilon);
      scales[r] = scale;
      for (let c = at; c < at + columns; c++) out[c] = x[c] * scale;
    }
  },
  rmsBack(dx, d, y, scales, rows, columns) {
    for (let r = 0; r < rows; r++) {
      const at = r * columns;
      const mean = dot(d, at, y, at, columns) / columns;
      for (let c = at; c < at + columns; c++) dx[c] += scales[r] * (d[c] - y[c] * mean);
    }
  },
};

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const elements: Pick<RowOperations, Elements> = {
  relu(out, x, count) {
    for (let i = 0; i < count; i++) out[i] = Math.max(0, x[i]);
  },
  reluBack(d, y, count) {
    for (let i = 0; i < count; i++) d[i] = y[i] > 0 ? d[i] : 0;
  },
  elu(out, x, count) {
    for (let i = 0; i < count; i++) out[i] = x[i] > 0 ? x[i] : Math.expm1(x[i]);
  },
  eluBack(d, y, count) {
    for (let i = 0; i < count; i++) d[i] += d[i] * Math.min(0, y[i]);
  },
  sigmoid(out, x, count) {
    for (let i = 0; i < count; i++) out[i] = sigmoid(x[i]);
  },
  sigmoidBack(d, y, count) {
    for (let i = 0; i < count; i++) d[i] *= y[i] * (1 - y[i]);
  },
  bound(x, count, limit) {
    for (let i = 0; i < count; i++) x[i] = Math.min(limit, Math.max(-limit, x[i]));
  },
  boundBack(d, y, count, limit) {
    for (let i = 0; i < count; i++) d[i] = Math.abs(y[i]) < limit ? d[i] : 0;
  },
  softplusSum(x, count) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += softplus(x[i]);
    return sum;
  },
  logisticLoss(d, z, t, count) {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      sum += softplus(z[i]) - t[i] * z[i];
      d[i] = sigmoid(z[i]) - t[i];
    }
    return sum;
  },
  scale(x, count, factor) {
    for (let i = 0; i < count; i++) x[i] *= factor;
  },
  addScaled(out, x, count, factor) {
    for (let i = 0; i < count; i++) out[i] += factor * x[i];
  },
  sumOfSquares(x, count) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += x[i] * x[i];
    return sum;
  },
  moveTowards(x, to, count, share) {
    for (let i = 0; i < count; i++) x[i] += share * (to[i] - x[i]);
  },
  adam(w, g, m, v, count, { beta1, beta2, rate, epsilon, factor }) {
    for (let i = 0; i < count; i++) {
      const gradient = factor * g[i];
      const first = beta1 * m[i] + (1 - beta1) * gradient;
      const second = beta2 * v[i] + (1 - beta2) * gradient * gradient;
      m[i] = first;
      v[i] = second;
      w[i] -= (rate * first) / (Math.sqrt(second) + epsilon);
    }
  },
};
