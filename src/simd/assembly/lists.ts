/** Products and sums over lists of rows, with a factor for every entry. Strides are in bytes, counts in numbers. */
import { loadPart, logistic, multiplyAdd, storePart, total } from './vector';

/** The product of two rows. Every number of a list is summed in this order. */
function dot(a: usize, b: usize, columns: i32): f32 {
  let s = f32x4.splat(0);
  let t = f32x4.splat(0);
  let c = 8;
  for (; c <= columns; c += 8) {
    s = multiplyAdd(v128.load(a), v128.load(b), s);
    t = multiplyAdd(v128.load(a, 16), v128.load(b, 16), t);
    a += 32;
    b += 32;
  }
  return finish(s, t, a, b, columns & 7);
}

/** The sum of both, and the products of the last `rest` < 8 numbers. */
function finish(s: v128, t: v128, a: usize, b: usize, rest: i32): f32 {
  if (rest >= 4) s = multiplyAdd(v128.load(a), v128.load(b), s);
  if (rest & 3) {
    const at: usize = (rest & 4) << 2;
    t = multiplyAdd(loadPart(a + at, rest & 3), loadPart(b + at, rest & 3), t);
  }
  return total(f32x4.add(s, t));
}

/** out[at] = bias[r] + a[r] . b[indices[at]] for the entries of every list. */
export function listDots(
  out: usize,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  starts: usize,
  indices: usize,
  rows: i32,
  columns: i32,
  bias: usize,
): void {
  const rest = columns & 7;
  const last = (<usize>(columns - rest)) << 2;
  for (let r = 0; r < rows; r++) {
    let at = (<usize>load<i32>(starts)) << 2;
    const end = (<usize>load<i32>(starts, 4)) << 2;
    const begin = bias ? load<f32>(bias + ((<usize>r) << 2)) : 0;
    for (; at + 16 <= end; at += 16) {
      const list = indices + at;
      const b0 = b + <usize>load<i32>(list) * bStride;
      const b1 = b + <usize>load<i32>(list, 4) * bStride;
      const b2 = b + <usize>load<i32>(list, 8) * bStride;
      const b3 = b + <usize>load<i32>(list, 12) * bStride;
      let s0 = f32x4.splat(0);
      let t0 = f32x4.splat(0);
      let s1 = f32x4.splat(0);
      let t1 = f32x4.splat(0);
      let s2 = f32x4.splat(0);
      let t2 = f32x4.splat(0);
      let s3 = f32x4.splat(0);
      let t3 = f32x4.splat(0);
      for (let c: usize = 0; c < last; c += 32) {
        const x = v128.load(a + c);
        const y = v128.load(a + c, 16);
        s0 = multiplyAdd(x, v128.load(b0 + c), s0);
        t0 = multiplyAdd(y, v128.load(b0 + c, 16), t0);
        s1 = multiplyAdd(x, v128.load(b1 + c), s1);
        t1 = multiplyAdd(y, v128.load(b1 + c, 16), t1);
        s2 = multiplyAdd(x, v128.load(b2 + c), s2);
        t2 = multiplyAdd(y, v128.load(b2 + c, 16), t2);
        s3 = multiplyAdd(x, v128.load(b3 + c), s3);
        t3 = multiplyAdd(y, v128.load(b3 + c, 16), t3);
      }
      const to = out + at;
      store<f32>(to, begin + finish(s0, t0, a + last, b0 + last, rest));
      store<f32>(to, begin + finish(s1, t1, a + last, b1 + last, rest), 4);
      store<f32>(to, begin + finish(s2, t2, a + last, b2 + last, rest), 8);
      store<f32>(to, begin + finish(s3, t3, a + last, b3 + last, rest), 12);
    }
    for (; at < end; at += 4) {
      const row = b + <usize>load<i32>(indices + at) * bStride;
      store<f32>(out + at, begin + dot(a, row, columns));
    }
    a += aStride;
    starts += 4;
  }
}

/** Where the sums of 32 columns stand between `sum32` and what is done with them. */
const SUMS: usize = 64;

/** SUMS = the sum over the entries from `at` to `end` of factors[at] table[indices[at]], of 32 columns. */
function sum32(factors: usize, indices: usize, at: usize, end: usize, table: usize, stride: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let s4 = f32x4.splat(0);
  let s5 = f32x4.splat(0);
  let s6 = f32x4.splat(0);
  let s7 = f32x4.splat(0);
  for (; at < end; at += 4) {
    const f = v128.load32_splat(factors + at);
    const row = table + <usize>load<i32>(indices + at) * stride;
    s0 = multiplyAdd(f, v128.load(row), s0);
    s1 = multiplyAdd(f, v128.load(row, 16), s1);
    s2 = multiplyAdd(f, v128.load(row, 32), s2);
    s3 = multiplyAdd(f, v128.load(row, 48), s3);
    s4 = multiplyAdd(f, v128.load(row, 64), s4);
    s5 = multiplyAdd(f, v128.load(row, 80), s5);
    s6 = multiplyAdd(f, v128.load(row, 96), s6);
    s7 = multiplyAdd(f, v128.load(row, 112), s7);
  }
  v128.store(SUMS, s0);
  v128.store(SUMS, s1, 16);
  v128.store(SUMS, s2, 32);
  v128.store(SUMS, s3, 48);
  v128.store(SUMS, s4, 64);
  v128.store(SUMS, s5, 80);
  v128.store(SUMS, s6, 96);
  v128.store(SUMS, s7, 112);
}

/** The same of `count` < 32 columns, in whole vectors; the last may hold more than was asked for. */
function sumPart(
  factors: usize,
  indices: usize,
  at: usize,
  end: usize,
  table: usize,
  stride: usize,
  count: i32,
): void {
  let to = SUMS;
  if (count >= 16) {
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    let s3 = f32x4.splat(0);
    for (let i = at; i < end; i += 4) {
      const f = v128.load32_splat(factors + i);
      const row = table + <usize>load<i32>(indices + i) * stride;
      s0 = multiplyAdd(f, v128.load(row), s0);
      s1 = multiplyAdd(f, v128.load(row, 16), s1);
      s2 = multiplyAdd(f, v128.load(row, 32), s2);
      s3 = multiplyAdd(f, v128.load(row, 48), s3);
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
    to += 64;
    table += 64;
    count -= 16;
  }
  for (; count > 0; count -= 4) {
    let sum = f32x4.splat(0);
    for (let i = at; i < end; i += 4) {
      const row = table + <usize>load<i32>(indices + i) * stride;
      const values = count >= 4 ? v128.load(row) : loadPart(row, count);
      sum = multiplyAdd(v128.load32_splat(factors + i), values, sum);
    }
    v128.store(to, sum);
    to += 16;
    table += 16;
  }
}

/** SUMS = the sums of up to 32 columns from column `c` on. */
function sums(
  factors: usize,
  indices: usize,
  at: usize,
  end: usize,
  table: usize,
  stride: usize,
  c: i32,
  columns: i32,
): void {
  const from = table + ((<usize>c) << 2);
  if (columns - c >= 32) sum32(factors, indices, at, end, from, stride);
  else sumPart(factors, indices, at, end, from, stride, columns - c);
}

/** out[r] += the sum over r's list of factors[at] table[indices[at]]. */
export function addWeightedSums(
  out: usize,
  outStride: usize,
  factors: usize,
  table: usize,
  tableStride: usize,
  starts: usize,
  indices: usize,
  rows: i32,
  columns: i32,
): void {
  for (let r = 0; r < rows; r++) {
    const at = (<usize>load<i32>(starts)) << 2;
    const end = (<usize>load<i32>(starts, 4)) << 2;
    for (let c = 0; at < end && c < columns; c += 32) {
      sums(factors, indices, at, end, table, tableStride, c, columns);
      let to = out + ((<usize>c) << 2);
      let from = SUMS;
      for (let rest = min(32, columns - c); rest > 0; rest -= 4) {
        if (rest >= 4) v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
        else storePart(to, f32x4.add(loadPart(to, rest), v128.load(from)), rest);
        to += 16;
        from += 16;
      }
    }
    out += outStride;
    starts += 4;
  }
}

/** sums[slots[i]] += table[indices[i]], y[i] = sigmoid(sums[slots[i]]). */
export function sigmoidSums(
  y: usize,
  yStride: usize,
  sums: usize,
  sumsStride: usize,
  table: usize,
  tableStride: usize,
  slots: usize,
  indices: usize,
  count: i32,
  columns: i32,
): void {
  for (let i = 0; i < count; i++) {
    let to = y;
    let sum = sums + <usize>load<i32>(slots) * sumsStride;
    let from = table + <usize>load<i32>(indices) * tableStride;
    let rest = columns;
    for (; rest >= 4; rest -= 4) {
      const value = f32x4.add(v128.load(sum), v128.load(from));
      v128.store(sum, value);
      v128.store(to, logistic(value));
      sum += 16;
      from += 16;
      to += 16;
    }
    if (rest > 0) {
      const value = f32x4.add(loadPart(sum, rest), loadPart(from, rest));
      storePart(sum, value, rest);
      storePart(to, logistic(value), rest);
    }
    y += yStride;
    slots += 4;
    indices += 4;
  }
}

/** From the last row to the first: y[r] = y[next[r]] + y[r] (1 - y[r]) (the sum over r's list of factors[at] table[indices[at]]). */
export function sigmoidSumsBack(
  y: usize,
  yStride: usize,
  next: usize,
  factors: usize,
  table: usize,
  tableStride: usize,
  starts: usize,
  indices: usize,
  rows: i32,
  columns: i32,
): void {
  for (let r = rows - 1; r >= 0; r--) {
    const place = (<usize>r) << 2;
    const at = (<usize>load<i32>(starts + place)) << 2;
    const end = (<usize>load<i32>(starts + place, 4)) << 2;
    const row = y + <usize>r * yStride;
    const later = load<i32>(next + place);
    const before = y + <usize>max(later, 0) * yStride;
    for (let c = 0; c < columns; c += 32) {
      sums(factors, indices, at, end, table, tableStride, c, columns);
      let own = row + ((<usize>c) << 2);
      let from = before + ((<usize>c) << 2);
      let sum = SUMS;
      for (let rest = min(32, columns - c); rest > 0; rest -= 4) {
        const value = rest >= 4 ? v128.load(own) : loadPart(own, rest);
        let error = f32x4.mul(f32x4.sub(value, f32x4.mul(value, value)), v128.load(sum));
        if (later >= 0) error = f32x4.add(error, rest >= 4 ? v128.load(from) : loadPart(from, rest));
        if (rest >= 4) v128.store(own, error);
        else storePart(own, error, rest);
        own += 16;
        from += 16;
        sum += 16;
      }
    }
  }
}
