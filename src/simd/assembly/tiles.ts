/**
 * The inner loops of the products: a tile of results stays in registers while the sums run over `inner`. Strides are in bytes. `start` and
 * `startStride` say where the sums begin (a matrix, or one row with stride 0); 0 where they begin at zero.
 */
import { multiplyAdd } from './vector';

function begin(start: usize, column: usize): v128 {
  return start ? v128.load(start + column) : f32x4.splat(0);
}

/** out[4, 8] = start + a[4, inner] b[inner, 8]; of a, a row ends `aRow` behind the one before, a column `aColumn`. */
export function tile4(
  out: usize,
  outStride: usize,
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bStride: usize,
  inner: i32,
  start: usize,
  startStride: usize,
): void {
  let s = start;
  let c00 = begin(s, 0);
  let c01 = begin(s, 16);
  if (start) s += startStride;
  let c10 = begin(s, 0);
  let c11 = begin(s, 16);
  if (start) s += startStride;
  let c20 = begin(s, 0);
  let c21 = begin(s, 16);
  if (start) s += startStride;
  let c30 = begin(s, 0);
  let c31 = begin(s, 16);
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  for (let k = inner; k > 0; k--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const x0 = v128.load32_splat(a);
    c00 = multiplyAdd(x0, b0, c00);
    c01 = multiplyAdd(x0, b1, c01);
    const x1 = v128.load32_splat(a1);
    c10 = multiplyAdd(x1, b0, c10);
    c11 = multiplyAdd(x1, b1, c11);
    const x2 = v128.load32_splat(a2);
    c20 = multiplyAdd(x2, b0, c20);
    c21 = multiplyAdd(x2, b1, c21);
    const x3 = v128.load32_splat(a3);
    c30 = multiplyAdd(x3, b0, c30);
    c31 = multiplyAdd(x3, b1, c31);
    a += aColumn;
    a1 += aColumn;
    a2 += aColumn;
    a3 += aColumn;
    b += bStride;
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  out += outStride;
  v128.store(out, c10);
  v128.store(out, c11, 16);
  out += outStride;
  v128.store(out, c20);
  v128.store(out, c21, 16);
  out += outStride;
  v128.store(out, c30);
  v128.store(out, c31, 16);
}

/** The same of one row, each sum in the same order. */
export function tile1(
  out: usize,
  a: usize,
  aColumn: usize,
  b: usize,
  bStride: usize,
  inner: i32,
  start: usize,
): void {
  let c0 = begin(start, 0);
  let c1 = begin(start, 16);
  for (let k = inner; k > 0; k--) {
    const x = v128.load32_splat(a);
    c0 = multiplyAdd(x, v128.load(b), c0);
    c1 = multiplyAdd(x, v128.load(b, 16), c1);
    a += aColumn;
    b += bStride;
  }
  v128.store(out, c0);
  v128.store(out, c1, 16);
}

/** The same of one row and 32 columns: of fewer, the sums wait for themselves. The numbers of a stand one behind the other. */
export function wideTile1(out: usize, a: usize, b: usize, bStride: usize, inner: i32, start: usize): void {
  let c0 = begin(start, 0);
  let c1 = begin(start, 16);
  let c2 = begin(start, 32);
  let c3 = begin(start, 48);
  let c4 = begin(start, 64);
  let c5 = begin(start, 80);
  let c6 = begin(start, 96);
  let c7 = begin(start, 112);
  for (let k = inner; k > 0; k--) {
    const x = v128.load32_splat(a);
    c0 = multiplyAdd(x, v128.load(b), c0);
    c1 = multiplyAdd(x, v128.load(b, 16), c1);
    c2 = multiplyAdd(x, v128.load(b, 32), c2);
    c3 = multiplyAdd(x, v128.load(b, 48), c3);
    c4 = multiplyAdd(x, v128.load(b, 64), c4);
    c5 = multiplyAdd(x, v128.load(b, 80), c5);
    c6 = multiplyAdd(x, v128.load(b, 96), c6);
    c7 = multiplyAdd(x, v128.load(b, 112), c7);
    a += 4;
    b += bStride;
  }
  v128.store(out, c0);
  v128.store(out, c1, 16);
  v128.store(out, c2, 32);
  v128.store(out, c3, 48);
  v128.store(out, c4, 64);
  v128.store(out, c5, 80);
  v128.store(out, c6, 96);
  v128.store(out, c7, 112);
}
