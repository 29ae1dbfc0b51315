/**
 * One masked layer in one order, and the two sums that all computation on the CPU uses. An input adds its row of
 * weights to the outputs from `firsts` on: as pixels are taken by place and units by degree, a mask is a run of a row.
 * Only inputs that are not 0 are listed: about 104 of 784 pixels of a digit, about half of the rectified units.
 * All numbers are f64, the weights too: with two types of arrays every access would need a type check.
 */
export interface Layer {
  readonly source: Float64Array;
  /** Where the row of each input begins in `source`, [inputs]: weight to output i at `bases[input] + i`. */
  readonly bases: Int32Array;
  /** The first output that sees the input, [inputs], not falling. */
  readonly firsts: Int32Array;
  /** [outputs] */
  readonly bias: Float64Array;
}

/** Outputs worked on at a time, so that the weights in use stay in the cache. */
export const BLOCK = 64;

/** The inputs of one image that are not 0, in ascending order. */
export class Inputs {
  readonly numbers: Int32Array;
  readonly values: Float64Array;
  count = 0;

  constructor(maxCount: number) {
    this.numbers = new Int32Array(maxCount);
    this.values = new Float64Array(maxCount);
  }

  push(number: number, value: number): void {
    this.numbers[this.count] = number;
    this.values[this.count++] = value;
  }
}

/**
 * sums[to + i] += value w[input -> i] over all inputs, for outputs i from `from` to `end - 1` that see them. Always
 * from the first input to the last, so that a sum depends on what its output sees alone, bit for bit.
 */
export function addRows(
  sums: Float64Array,
  to: number,
  layer: Layer,
  { numbers, values, count }: Inputs,
  from: number,
  end: number,
): void {
  const { source, bases, firsts } = layer;
  let r = 0;
  for (; r + 8 <= count; r += 8) {
    if (firsts[numbers[r]] >= end) return;
    const start = Math.max(from, firsts[numbers[r + 7]]);
    for (let q = r; q < r + 7 && firsts[numbers[q]] < start; q++)
      addRow(sums, to, source, bases[numbers[q]], values[q], Math.max(from, firsts[numbers[q]]), start, end);
    const a = bases[numbers[r]];
    const b = bases[numbers[r + 1]];
    const c = bases[numbers[r + 2]];
    const d = bases[numbers[r + 3]];
    const e = bases[numbers[r + 4]];
    const f = bases[numbers[r + 5]];
    const g = bases[numbers[r + 6]];
    const h = bases[numbers[r + 7]];
    const va = values[r];
    const vb = values[r + 1];
    const vc = values[r + 2];
    const vd = values[r + 3];
    const ve = values[r + 4];
    const vf = values[r + 5];
    const vg = values[r + 6];
    const vh = values[r + 7];
    for (let i = start; i < end; i++) {
      sums[to + i] =
        sums[to + i] +
        va * source[a + i] +
        vb * source[b + i] +
        vc * source[c + i] +
        vd * source[d + i] +
        ve * source[e + i] +
        vf * source[f + i] +
        vg * source[g + i] +
        vh * source[h + i];
    }
  }
  for (; r < count; r++) {
    const first = firsts[numbers[r]];
    if (first >= end) return;
    addRow(sums, to, source, bases[numbers[r]], values[r], Math.max(from, first), end, end);
  }
}

/** sums[to + i] += value source[base + i] for i from `first` to the smaller of `stop` and `end`, less 1. */
export function addRow(
  sums: Float64Array,
  to: number,
  source: Float64Array,
  base: number,
  value: number,
  first: number,
  stop: number,
  end: number,
): void {
  const last = Math.min(stop, end);
  for (let i = first; i < last; i++) sums[to + i] += value * source[base + i];
}

/** sums[into + r] += sum over outputs i from `from` to `end - 1` of w[input r -> i] d[at + i]: the way back. */
export function dotRows(
  sums: Float64Array,
  into: number,
  layer: Layer,
  { numbers, count }: Inputs,
  d: Float64Array,
  at: number,
  from: number,
  end: number,
): void {
  const { source, bases, firsts } = layer;
  let r = 0;
  for (; r + 4 <= count; r += 4) {
    if (firsts[numbers[r]] >= end) return;
    const start = Math.max(from, firsts[numbers[r + 3]]);
    for (let q = r; q < r + 3 && firsts[numbers[q]] < start; q++)
      sums[into + q] += dotRow(
        source,
        bases[numbers[q]],
        d,
        at,
        Math.max(from, firsts[numbers[q]]),
        Math.min(start, end),
      );
    const a = bases[numbers[r]];
    const b = bases[numbers[r + 1]];
    const c = bases[numbers[r + 2]];
    const e = bases[numbers[r + 3]];
    let sa = 0;
    let sb = 0;
    let sc = 0;
    let se = 0;
    for (let i = start; i < end; i++) {
      const value = d[at + i];
      sa += source[a + i] * value;
      sb += source[b + i] * value;
      sc += source[c + i] * value;
      se += source[e + i] * value;
    }
    sums[into + r] += sa;
    sums[into + r + 1] += sb;
    sums[into + r + 2] += sc;
    sums[into + r + 3] += se;
  }
  for (; r < count; r++) {
    const first = firsts[numbers[r]];
    if (first >= end) return;
    sums[into + r] += dotRow(source, bases[numbers[r]], d, at, Math.max(from, first), end);
  }
}

function dotRow(
  source: Float64Array,
  base: number,
  d: Float64Array,
  at: number,
  first: number,
  last: number,
): number {
  let sum = 0;
  for (let i = first; i < last; i++) sum += source[base + i] * d[at + i];
  return sum;
}
