/**
 * The inner loops of every layer: weighted sums of rows of a weight matrix, eight columns in registers at a time, over
 * a list of the inputs that are not 0. About half of them are, after a relu.
 */

/** Inputs that are on: their values and where their rows begin. */
export interface Inputs {
  readonly values: Float64Array;
  readonly rows: Int32Array;
}

/**
 * out[c] = w[bias + c] + sum over inputs r < `count` of values[r] w[rows[r] + c], for c < `width`, w being `weight` from
 * `base` on.
 */
export function sumRows(
  { values, rows }: Inputs,
  count: number,
  weight: Float64Array,
  base: number,
  bias: number,
  width: number,
  out: Float64Array,
): void {
  for (let c = 0; c < width; c += 8) {
    const at = base + bias + c;
    let a0 = weight[at];
    let a1 = weight[at + 1];
    let a2 = weight[at + 2];
    let a3 = weight[at + 3];
    let a4 = weight[at + 4];
    let a5 = weight[at + 5];
    let a6 = weight[at + 6];
    let a7 = weight[at + 7];
    for (let r = 0; r < count; r++) {
      const x = values[r];
      const row = base + rows[r] + c;
      a0 += x * weight[row];
      a1 += x * weight[row + 1];
      a2 += x * weight[row + 2];
      a3 += x * weight[row + 3];
      a4 += x * weight[row + 4];
      a5 += x * weight[row + 5];
      a6 += x * weight[row + 6];
      a7 += x * weight[row + 7];
    }
    out[c] = a0;
    out[c + 1] = a1;
    out[c + 2] = a2;
    out[c + 3] = a3;
    out[c + 4] = a4;
    out[c + 5] = a5;
    out[c + 6] = a6;
    out[c + 7] = a7;
  }
}

/**
 * Backpropagation: for every input r < `count`, adds values[r] d[c] to g[rows[r] + c], and to `back[r]`, 0 at first, the sum
 * over c < `width` of w[rows[r] + c] d[c]. w and g are `weight` and `gradient` from `base` on, d from `from` on.
 */
export function spreadRows(
  { values, rows }: Inputs,
  count: number,
  weight: Float64Array,
  gradient: Float64Array,
  base: number,
  d: Float64Array,
  from: number,
  width: number,
  back: Float64Array,
): void {
  for (let r = 0; r < count; r++) back[r] = 0;
  for (let c = 0; c < width; c += 8) {
    const at = from + c;
    const d0 = d[at];
    const d1 = d[at + 1];
    const d2 = d[at + 2];
    const d3 = d[at + 3];
    const d4 = d[at + 4];
    const d5 = d[at + 5];
    const d6 = d[at + 6];
    const d7 = d[at + 7];
    for (let r = 0; r < count; r++) {
      const x = values[r];
      const row = base + rows[r] + c;
      gradient[row] += x * d0;
      gradient[row + 1] += x * d1;
      gradient[row + 2] += x * d2;
      gradient[row + 3] += x * d3;
      gradient[row + 4] += x * d4;
      gradient[row + 5] += x * d5;
      gradient[row + 6] += x * d6;
      gradient[row + 7] += x * d7;
      back[r] +=
        weight[row] * d0 +
        weight[row + 1] * d1 +
        weight[row + 2] * d2 +
        weight[row + 3] * d3 +
        (weight[row + 4] * d4 + weight[row + 5] * d5 + weight[row + 6] * d6 + weight[row + 7] * d7);
    }
  }
}

/**
 * Lists the positive ones of x[from .. from + width - 1] from place `to` on, row i beginning at i * stride. Returns how
 * many; one place more may be written.
 */
export function listPositive(
  x: Float64Array,
  from: number,
  width: number,
  stride: number,
  { values, rows }: Inputs,
  to: number,
): number {
  let at = to;
  for (let i = 0; i < width; i++) {
    const value = x[from + i];
    values[at] = value;
    rows[at] = i * stride;
    if (value > 0) at++;
  }
  return at - to;
}
