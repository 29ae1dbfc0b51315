/**
 * Hidden states h = sigmoid(a) by table, in f64: the cubic about the nearest of equally spaced nodes, within 4e-10 of
 * the sigmoid. No exponential and no division. The coefficients follow from the sigmoid s at the node itself: with
 * q = s (1 - s) they are q, q (1/2 - s) and q (1/6 - q).
 */

const PER_UNIT = 32;
/** Beyond this sigmoid(-a) is 4e-11: nothing beside the table's own error. */
const LAST = 24;
const MIDDLE = LAST * PER_UNIT;

/** `[2 * MIDDLE + 1]`: sigmoid at node k, a = (k - MIDDLE) / PER_UNIT. */
const SIGMOID = Float64Array.from(
  { length: 2 * MIDDLE + 1 },
  (_, k) => 1 / (1 + Math.exp((MIDDLE - k) / PER_UNIT)),
);

/** h[to + k] = sigmoid(a[at + k]) for `size` units. */
export function openStates(h: Float64Array, to: number, a: Float64Array, at: number, size: number): void {
  for (let k = 0; k < size; k++) h[to + k] = sigmoidAt(a[at + k]);
}

/** a[at + k] += weight[row + k], then h[to + k] = sigmoid(a[at + k]): what a pixel that is on does to a state. */
export function addPixel(
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
  const s = SIGMOID[k];
  const q = s * (1 - s);
  return s + r * q * (1 + r * (0.5 - s + r * (1 / 6 - q)));
}
