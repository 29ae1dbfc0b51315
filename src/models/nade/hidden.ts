/**
 * Hidden states h = sigmoid(a) by table, in f64: the cubic about the nearest of equally spaced nodes, within 4e-10 of
 * the sigmoid. No exponential, no division, no branch.
 */

const PER_UNIT = 32;
/** Beyond this sigmoid(-a) is 2e-11: nothing beside the table's own error. */
const LAST = 24;
const MIDDLE = LAST * PER_UNIT;

/** `[2 * MIDDLE + 1][4]`: coefficients in the distance from node k, a = (k - MIDDLE) / PER_UNIT. */
const SIGMOID = new Float64Array((2 * MIDDLE + 1) * 4);
for (let k = 0; k <= 2 * MIDDLE; k++) {
  const s = 1 / (1 + Math.exp((MIDDLE - k) / PER_UNIT));
  const slope = s * (1 - s);
  SIGMOID.set([s, slope, (slope * (1 - 2 * s)) / 2, (slope * (1 - 6 * slope)) / 6], 4 * k);
}

/** h[to + k] = sigmoid(a[at + k]) for `size` units. */
export function openStates(h: Float64Array, to: number, a: Float64Array, at: number, size: number): void {
  for (let k = 0; k < size; k++) h[to + k] = sigmoidAt(a[at + k]);
}

/** a[at + k] += weight[row + k], then h[to + k] = sigmoid(a[at + k]): what a pixel that is on does to a state. */
export function pushPixel(
  h: Float64Array,
  to: number,
  a: Float64Array,
  at: number,
  weight: Float32Array,
  row: number,
  size: number,
): void {
  for (let k = 0; k < size; k++) {
    const sum = a[at + k] + weight[row + k];
    a[at + k] = sum;
    h[to + k] = sigmoidAt(sum);
  }
}

function sigmoidAt(a: number): number {
  let t = a * PER_UNIT + MIDDLE;
  if (t < 0) t = 0;
  else if (t > 2 * MIDDLE) t = 2 * MIDDLE;
  const k = (t + 0.5) | 0;
  const r = (t - k) * (1 / PER_UNIT);
  const c = k << 2;
  return SIGMOID[c] + r * (SIGMOID[c + 1] + r * (SIGMOID[c + 2] + r * SIGMOID[c + 3]));
}
