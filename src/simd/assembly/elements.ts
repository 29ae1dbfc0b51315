/** Functions of every element, in place or into another array. Counts are in numbers. */
import { exp, loadPart, logistic, multiplyAdd, softplus, storePart, widened } from './vector';

function read(at: usize, rest: i32): v128 {
  return rest >= 4 ? v128.load(at) : loadPart(at, rest);
}

function write(at: usize, values: v128, rest: i32): void {
  if (rest >= 4) v128.store(at, values);
  else storePart(at, values, rest);
}

export function relu(out: usize, x: usize, count: i32): void {
  for (; count > 0; count -= 4) {
    write(out, f32x4.max(read(x, count), f32x4.splat(0)), count);
    out += 16;
    x += 16;
  }
}

/** d = 0 where y, the result of relu, is 0. */
export function reluBack(d: usize, y: usize, count: i32): void {
  for (; count > 0; count -= 4) {
    write(d, v128.and(read(d, count), f32x4.gt(read(y, count), f32x4.splat(0))), count);
    d += 16;
    y += 16;
  }
}

/** x where it is positive, else e^x - 1. */
export function elu(out: usize, x: usize, count: i32): void {
  const zero = f32x4.splat(0);
  for (; count > 0; count -= 4) {
    const value = read(x, count);
    const negative = f32x4.sub(exp(f32x4.min(value, zero)), f32x4.splat(1));
    write(out, v128.bitselect(value, negative, f32x4.gt(value, zero)), count);
    out += 16;
    x += 16;
  }
}

/** d times the derivative of elu, y being its result: 1, or e^x = y + 1. */
export function eluBack(d: usize, y: usize, count: i32): void {
  const zero = f32x4.splat(0);
  for (; count > 0; count -= 4) {
    const own = read(d, count);
    write(d, multiplyAdd(own, f32x4.min(read(y, count), zero), own), count);
    d += 16;
    y += 16;
  }
}

export function sigmoid(out: usize, x: usize, count: i32): void {
  for (; count > 0; count -= 4) {
    write(out, logistic(read(x, count)), count);
    out += 16;
    x += 16;
  }
}

/** d y (1 - y), y being the result of sigmoid. */
export function sigmoidBack(d: usize, y: usize, count: i32): void {
  for (; count > 0; count -= 4) {
    const result = read(y, count);
    write(d, f32x4.mul(read(d, count), f32x4.sub(result, f32x4.mul(result, result))), count);
    d += 16;
    y += 16;
  }
}

/** Keeps x within -limit and limit. */
export function bound(x: usize, count: i32, limit: f32): void {
  const most = f32x4.splat(limit);
  const least = f32x4.splat(-limit);
  for (; count > 0; count -= 4) {
    write(x, f32x4.max(least, f32x4.min(most, read(x, count))), count);
    x += 16;
  }
}

/** d = 0 where y, the result of `bound`, is at the limit. */
export function boundBack(d: usize, y: usize, count: i32, limit: f32): void {
  const most = f32x4.splat(limit);
  for (; count > 0; count -= 4) {
    write(d, v128.and(read(d, count), f32x4.lt(f32x4.abs(read(y, count)), most)), count);
    d += 16;
    y += 16;
  }
}

/** The sum of log(1 + e^x). */
export function softplusSum(x: usize, count: i32): f64 {
  let sum = f64x2.splat(0);
  for (; count >= 4; count -= 4) {
    sum = f64x2.add(sum, widened(softplus(v128.load(x))));
    x += 16;
  }
  let result = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  const rest = count > 0 ? softplus(loadPart(x, count)) : f32x4.splat(0);
  if (count > 0) result += <f64>f32x4.extract_lane(rest, 0);
  if (count > 1) result += <f64>f32x4.extract_lane(rest, 1);
  if (count > 2) result += <f64>f32x4.extract_lane(rest, 2);
  return result;
}

/** d = sigmoid(z) - t, the derivative of log(1 + e^z) - t z, whose sum is returned. */
export function logisticLoss(d: usize, z: usize, t: usize, count: i32): f64 {
  const sum = softplusSum(z, count);
  let products = f64x2.splat(0);
  for (; count > 0; count -= 4) {
    const logit = read(z, count);
    const target = read(t, count);
    products = f64x2.add(products, widened(f32x4.mul(logit, target)));
    write(d, f32x4.sub(logistic(logit), target), count);
    d += 16;
    z += 16;
    t += 16;
  }
  return sum - (f64x2.extract_lane(products, 0) + f64x2.extract_lane(products, 1));
}

export function scale(x: usize, count: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  for (; count > 0; count -= 4) {
    write(x, f32x4.mul(read(x, count), f), count);
    x += 16;
  }
}

/** out += factor x. */
export function addScaled(out: usize, x: usize, count: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  for (; count > 0; count -= 4) {
    write(out, multiplyAdd(read(x, count), f, read(out, count)), count);
    out += 16;
    x += 16;
  }
}

export function sumOfSquares(x: usize, count: i32): f64 {
  let sum = f64x2.splat(0);
  for (; count > 0; count -= 4) {
    const value = read(x, count);
    sum = f64x2.add(sum, widened(f32x4.mul(value, value)));
    x += 16;
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** What is nearer to zero: an operation on numbers below 2^-126 takes a hundred times as long. */
const TINY: f32 = 1e-30;

function withoutTiny(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.splat(TINY)));
}

/**
 * Adam (src/engine/backends/adam.ts): g = factor g, m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, w -= rate m / (sqrt(v) + epsilon).
 * Moments that fade are 0 in the end.
 */
export function adam(
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  count: i32,
  beta1: f32,
  beta2: f32,
  rate: f32,
  epsilon: f32,
  factor: f32,
): void {
  const own1 = f32x4.splat((1 - beta1) * factor);
  const own2 = f32x4.splat((1 - beta2) * factor * factor);
  for (; count > 0; count -= 4) {
    const gradient = read(g, count);
    const first = withoutTiny(multiplyAdd(gradient, own1, f32x4.mul(read(m, count), f32x4.splat(beta1))));
    const square = f32x4.mul(gradient, gradient);
    const second = withoutTiny(multiplyAdd(square, own2, f32x4.mul(read(v, count), f32x4.splat(beta2))));
    write(m, first, count);
    write(v, second, count);
    const step = f32x4.div(
      f32x4.mul(first, f32x4.splat(rate)),
      f32x4.add(f32x4.sqrt(second), f32x4.splat(epsilon)),
    );
    write(w, f32x4.sub(read(w, count), step), count);
    w += 16;
    g += 16;
    m += 16;
    v += 16;
  }
}

/** x += share (to - x). */
export function moveTowards(x: usize, to: usize, count: i32, share: f32): void {
  const s = f32x4.splat(share);
  for (; count > 0; count -= 4) {
    const own = read(x, count);
    write(x, multiplyAdd(f32x4.sub(read(to, count), own), s, own), count);
    x += 16;
    to += 16;
  }
}
