/** Rows by their numbers, sums of rows, and normalised rows. Strides are in bytes, counts in numbers. */
import { loadPart, multiplyAdd, storePart, total } from './vector';

function addRow(to: usize, from: usize, columns: i32): void {
  let c = 0;
  for (; c + 4 <= columns; c += 4) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    to += 16;
    from += 16;
  }
  for (; c < columns; c++) {
    store<f32>(to, load<f32>(to) + load<f32>(from));
    to += 4;
    from += 4;
  }
}

function copyRow(to: usize, from: usize, columns: i32): void {
  let c = 0;
  for (; c + 4 <= columns; c += 4) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  for (; c < columns; c++) {
    store<f32>(to, load<f32>(from));
    to += 4;
    from += 4;
  }
}

/** out[i] = table[indices[i]], zeros where the index is -1. */
export function gather(
  out: usize,
  outStride: usize,
  table: usize,
  tableStride: usize,
  indices: usize,
  count: i32,
  columns: i32,
): void {
  for (let i = 0; i < count; i++) {
    const row = load<i32>(indices);
    if (row < 0) memory.fill(out, 0, (<usize>columns) << 2);
    else copyRow(out, table + <usize>row * tableStride, columns);
    out += outStride;
    indices += 4;
  }
}

/** table[indices[i]] += d[i], where the index is not -1. */
export function scatterAdd(
  table: usize,
  tableStride: usize,
  d: usize,
  dStride: usize,
  indices: usize,
  count: i32,
  columns: i32,
): void {
  for (let i = 0; i < count; i++) {
    const row = load<i32>(indices);
    if (row >= 0) addRow(table + <usize>row * tableStride, d, columns);
    d += dStride;
    indices += 4;
  }
}

/** out[r] += the sum of the rows of the table that indices[starts[r] .. starts[r + 1] - 1] name. */
export function addSums(
  out: usize,
  outStride: usize,
  table: usize,
  tableStride: usize,
  starts: usize,
  indices: usize,
  rows: i32,
  columns: i32,
): void {
  for (let r = 0; r < rows; r++) {
    const from = indices + ((<usize>load<i32>(starts)) << 2);
    const end = indices + ((<usize>load<i32>(starts, 4)) << 2);
    let c = 0;
    for (; c + 16 <= columns; c += 16) {
      const at = (<usize>c) << 2;
      let s0 = v128.load(out + at);
      let s1 = v128.load(out + at, 16);
      let s2 = v128.load(out + at, 32);
      let s3 = v128.load(out + at, 48);
      for (let i = from; i < end; i += 4) {
        const row = table + <usize>load<i32>(i) * tableStride + at;
        s0 = f32x4.add(s0, v128.load(row));
        s1 = f32x4.add(s1, v128.load(row, 16));
        s2 = f32x4.add(s2, v128.load(row, 32));
        s3 = f32x4.add(s3, v128.load(row, 48));
      }
      v128.store(out + at, s0);
      v128.store(out + at, s1, 16);
      v128.store(out + at, s2, 32);
      v128.store(out + at, s3, 48);
    }
    const at = (<usize>c) << 2;
    if (c < columns)
      for (let i = from; i < end; i += 4)
        addRow(out + at, table + <usize>load<i32>(i) * tableStride + at, columns - c);
    out += outStride;
    starts += 4;
  }
}

/** The way back of `addSums`: adds d[r] to every row of the table that r's list names. */
export function scatterSums(
  table: usize,
  tableStride: usize,
  d: usize,
  dStride: usize,
  starts: usize,
  indices: usize,
  rows: i32,
  columns: i32,
): void {
  for (let r = 0; r < rows; r++) {
    const end = indices + ((<usize>load<i32>(starts, 4)) << 2);
    for (let i = indices + ((<usize>load<i32>(starts)) << 2); i < end; i += 4)
      addRow(table + <usize>load<i32>(i) * tableStride, d, columns);
    d += dStride;
    starts += 4;
  }
}

/** out[columns] += the sum over the rows of d. */
export function addColumnSums(out: usize, d: usize, dStride: usize, rows: i32, columns: i32): void {
  let c = 0;
  for (; c + 8 <= columns; c += 8) {
    let s0 = v128.load(out);
    let s1 = v128.load(out, 16);
    let at = d + ((<usize>c) << 2);
    for (let r = 0; r < rows; r++) {
      s0 = f32x4.add(s0, v128.load(at));
      s1 = f32x4.add(s1, v128.load(at, 16));
      at += dStride;
    }
    v128.store(out, s0);
    v128.store(out, s1, 16);
    out += 32;
  }
  for (; c < columns; c++) {
    let sum = load<f32>(out);
    let at = d + ((<usize>c) << 2);
    for (let r = 0; r < rows; r++) {
      sum += load<f32>(at);
      at += dStride;
    }
    store<f32>(out, sum);
    out += 4;
  }
}

/** out[r] = the sum over the columns of a[r] b[r]. */
export function rowDots(
  out: usize,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  rows: i32,
  columns: i32,
): void {
  for (let r = 0; r < rows; r++) {
    store<f32>(out, dot(a, b, columns));
    out += 4;
    a += aStride;
    b += bStride;
  }
}

function dot(a: usize, b: usize, columns: i32): f32 {
  let sum = f32x4.splat(0);
  let c = 0;
  for (; c + 4 <= columns; c += 4) {
    sum = multiplyAdd(v128.load(a), v128.load(b), sum);
    a += 16;
    b += 16;
  }
  if (c < columns) sum = multiplyAdd(loadPart(a, columns - c), loadPart(b, columns - c), sum);
  return total(sum);
}

/** out[r] = x[r] scales[r], scales[r] = 1 / sqrt(the mean of x[r]^2 + epsilon); rows stand one behind the other. */
export function rmsNormalise(
  out: usize,
  scales: usize,
  x: usize,
  rows: i32,
  columns: i32,
  epsilon: f32,
): void {
  for (let r = 0; r < rows; r++) {
    const scale: f32 = 1 / sqrt<f32>(dot(x, x, columns) / <f32>columns + epsilon);
    store<f32>(scales, scale);
    const factor = f32x4.splat(scale);
    let c = 0;
    for (; c + 4 <= columns; c += 4) {
      v128.store(out, f32x4.mul(v128.load(x), factor));
      out += 16;
      x += 16;
    }
    for (; c < columns; c++) {
      store<f32>(out, load<f32>(x) * scale);
      out += 4;
      x += 4;
    }
    scales += 4;
  }
}

/** The way back of `rmsNormalise`, y being its result: dx[r] += scales[r] (d[r] - y[r] mean(d[r] y[r])). */
export function rmsBack(dx: usize, d: usize, y: usize, scales: usize, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) {
    const scale = load<f32>(scales);
    const mean = dot(d, y, columns) / <f32>columns;
    const s = f32x4.splat(scale);
    const m = f32x4.splat(-mean);
    let c = 0;
    for (; c < columns; c += 4) {
      const rest = columns - c;
      const whole = rest >= 4;
      const own = whole ? v128.load(d) : loadPart(d, rest);
      const result = whole ? v128.load(y) : loadPart(y, rest);
      const before = whole ? v128.load(dx) : loadPart(dx, rest);
      const after = multiplyAdd(s, multiplyAdd(m, result, own), before);
      if (whole) v128.store(dx, after);
      else storePart(dx, after, rest);
      const step: usize = whole ? 16 : (<usize>rest) << 2;
      d += step;
      y += step;
      dx += step;
    }
    scales += 4;
  }
}
