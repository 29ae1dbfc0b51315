/** Pearson's chi-squared test of counts against a table of probabilities, and the distribution that it refers to. */

export interface ChiSquared {
  readonly statistic: number;
  /** Cells after pooling, less one. */
  readonly degrees: number;
  /** Probability of a statistic this large or larger if the table is right. */
  readonly p: number;
}

/** Below this expected count the statistic no longer follows its distribution (Cochran 1954). */
const FEWEST_EXPECTED = 10;

/**
 * Tests `observed`, counts [cells], against `probabilities`, [cells]. Cells that expect fewer than ten are pooled into one;
 * where even that expects fewer, the smallest of the others joins it. Cells of probability 0 are not pooled: where one was
 * observed, p is 0. With a single cell left there is nothing to test: 0 degrees, p = 1.
 */
export function chiSquaredTest(observed: ArrayLike<number>, probabilities: ArrayLike<number>): ChiSquared {
  if (observed.length !== probabilities.length)
    throw new RangeError(`observed: ${observed.length} cells beside ${probabilities.length}`);
  let total = 0;
  for (let i = 0; i < observed.length; i++) total += observed[i];
  const cells: { observed: number; expected: number }[] = [];
  const pool = { observed: 0, expected: 0 };
  let impossible = 0;
  for (let i = 0; i < observed.length; i++) {
    const expected = total * probabilities[i];
    if (expected >= FEWEST_EXPECTED) {
      cells.push({ observed: observed[i], expected });
    } else if (expected === 0) {
      impossible += observed[i];
    } else {
      pool.observed += observed[i];
      pool.expected += expected;
    }
  }
  cells.sort((a, b) => b.expected - a.expected);
  while (pool.expected > 0 && pool.expected < FEWEST_EXPECTED && cells.length > 0) {
    const smallest = cells.pop()!;
    pool.observed += smallest.observed;
    pool.expected += smallest.expected;
  }
  if (pool.expected > 0) cells.push(pool);
  const degrees = Math.max(0, cells.length - 1);
  if (impossible > 0) return { statistic: Infinity, degrees: degrees + 1, p: 0 };
  const statistic = cells.reduce(
    (sum, cell) => sum + (cell.observed - cell.expected) ** 2 / cell.expected,
    0,
  );
  return { statistic, degrees, p: degrees === 0 ? 1 : chiSquaredSurvival(statistic, degrees) };
}

/** P(X >= x) of a chi-squared variable: Q(degrees / 2, x / 2), the upper incomplete gamma function over the whole. */
export function chiSquaredSurvival(x: number, degrees: number): number {
  if (!(degrees > 0)) throw new RangeError(`degrees: ${degrees} is not above 0`);
  if (!(x > 0)) return 1;
  if (x === Infinity) return 0;
  const a = degrees / 2;
  const z = x / 2;
  // x^a e^-x / Gamma(a), common to both expansions (Abramowitz and Stegun 6.5.29 and 6.5.31).
  const front = Math.exp(a * Math.log(z) - z - logGamma(a));
  return z < a + 1 ? 1 - front * lowerSeries(a, z) : front * upperFraction(a, z);
}

/** gamma(a, z) e^z z^-a = sum over k of z^k / (a (a + 1) ... (a + k)). */
function lowerSeries(a: number, z: number): number {
  let term = 1 / a;
  let sum = term;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= z / (a + k);
    sum += term;
  }
  return sum;
}

/** Gamma(a, z) e^z z^-a as a continued fraction, from its front end (Lentz 1976). */
function upperFraction(a: number, z: number): number {
  const tiny = 1e-300;
  let denominator = z + 1 - a;
  let ratio = 1 / tiny;
  let inverse = 1 / denominator;
  let value = inverse;
  for (let k = 1; k < 1e6; k++) {
    const numerator = k * (a - k);
    denominator += 2;
    inverse = 1 / (numerator * inverse + denominator || tiny);
    ratio = denominator + numerator / ratio || tiny;
    const factor = ratio * inverse;
    value *= factor;
    if (Math.abs(factor - 1) < 1e-15) break;
  }
  return value;
}

/** log Gamma(a), a > 0: Stirling's series once the argument has been raised to 15. */
function logGamma(a: number): number {
  let z = a;
  let below = 0;
  for (; z < 15; z++) below += Math.log(z);
  const square = 1 / (z * z);
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / z;
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - below;
}
