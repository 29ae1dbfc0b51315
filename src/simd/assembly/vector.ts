/** Four f32 at a time: what the other files share. */

/** Bytes at the start of the memory that the row operations use for themselves. Arrays begin behind them: src/simd/wasm-rows.ts. */
const PART: usize = 16;
/** A tile of results, 6 rows of 8 columns. */
export const TILE: usize = 64;
/** A packed panel, DEPTH rows of 8 columns. */
export const PANEL: usize = 512;
/** Rows of a packed panel. */
export const DEPTH: i32 = 256;

/** a b + c: with one rounding where the machine has the instruction, else with two. */
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The first `count` < 4 numbers at `at`, then zeros. */
export function loadPart(at: usize, count: i32): v128 {
  v128.store(PART, f32x4.splat(0));
  for (let i = 0; i < count; i++) store<f32>(PART + ((<usize>i) << 2), load<f32>(at + ((<usize>i) << 2)));
  return v128.load(PART);
}

/** Stores the first `count` < 4 numbers of `values` at `at`. */
export function storePart(at: usize, values: v128, count: i32): void {
  v128.store(PART, values);
  for (let i = 0; i < count; i++) store<f32>(at + ((<usize>i) << 2), load<f32>(PART + ((<usize>i) << 2)));
}

/** The sum of the four numbers. */
export function total(values: v128): f32 {
  const pairs = f32x4.add(values, v128.shuffle<f32>(values, values, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The sum of the four numbers in f64, as two of them. */
export function widened(values: v128): v128 {
  const high = v128.shuffle<f32>(values, values, 2, 3, 0, 1);
  return f64x2.add(f64x2.promote_low_f32x4(values), f64x2.promote_low_f32x4(high));
}

/** Added to a number below 2^22 it rounds it to a whole one, which then stands in the low bits. */
const ROUNDER: f32 = 12_582_912;

/**
 * e^x, relative error below 2e-7 from -87 to 88, and finite beyond. x = n log 2 + r, |r| <= log(2) / 2: e^r by its Taylor series to r^7,
 * 2^n by the bits of its exponent. What is not a number stays so: pmin and pmax give their first operand where they compare one.
 */
export function exp(x: v128): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(x, f32x4.splat(88)), f32x4.splat(-87));
  const whole = multiplyAdd(bounded, f32x4.splat(1.44269504), f32x4.splat(ROUNDER));
  const n = f32x4.sub(whole, f32x4.splat(ROUNDER));
  // log 2 in two parts, the first short enough for n times it to be exact.
  let r = multiplyAdd(n, f32x4.splat(-0.693359375), bounded);
  r = multiplyAdd(n, f32x4.splat(2.1219444e-4), r);
  let p = multiplyAdd(r, f32x4.splat(1 / 5040), f32x4.splat(1 / 720));
  p = multiplyAdd(p, r, f32x4.splat(1 / 120));
  p = multiplyAdd(p, r, f32x4.splat(1 / 24));
  p = multiplyAdd(p, r, f32x4.splat(1 / 6));
  p = multiplyAdd(p, r, f32x4.splat(0.5));
  p = multiplyAdd(f32x4.mul(p, r), r, r);
  const power = i32x4.shl(i32x4.add(whole, i32x4.splat(127)), 23);
  return multiplyAdd(p, power, power);
}

/** 1 / (1 + e^-x). */
export function logistic(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

/**
 * log(1 + e^x) = max(x, 0) + log(1 + t), t = e^-|x|, and log(1 + t) = 2 artanh(s), s = t / (2 + t) <= 1 / 3, by its series to s^15.
 */
export function softplus(x: v128): v128 {
  const t = exp(f32x4.neg(f32x4.abs(x)));
  const s = f32x4.div(t, f32x4.add(f32x4.splat(2), t));
  const q = f32x4.mul(s, s);
  let p = multiplyAdd(q, f32x4.splat(1 / 15), f32x4.splat(1 / 13));
  p = multiplyAdd(p, q, f32x4.splat(1 / 11));
  p = multiplyAdd(p, q, f32x4.splat(1 / 9));
  p = multiplyAdd(p, q, f32x4.splat(1 / 7));
  p = multiplyAdd(p, q, f32x4.splat(0.2));
  p = multiplyAdd(p, q, f32x4.splat(1 / 3));
  p = multiplyAdd(p, q, f32x4.splat(1));
  return f32x4.add(f32x4.max(x, f32x4.splat(0)), f32x4.mul(f32x4.mul(f32x4.splat(2), s), p));
}
