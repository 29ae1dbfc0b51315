/** Of a whole number too long to write down: how many decimal digits it has, and the first of them. */
export interface Magnitude {
  readonly digits: number;
  /** The first digits, as many as were asked for or as there are. */
  readonly leading: string;
}

/** low 10^shift <= value <= high 10^shift: both sides are rounded away from the value, so that it stays between them. */
interface Bounds {
  readonly low: bigint;
  readonly high: bigint;
  readonly shift: number;
}

/** Digits kept at first. Each squaring doubles the relative distance of the bounds, so some are lost on the way. */
const DIGITS = 64;

/**
 * Decimal digits of base^exponent, proven: the power is computed by repeated squaring between two bounds of limited length, and
 * the answer counts only where both bounds agree on it; otherwise more digits are kept, in the end all of them.
 * @param base at least 1
 * @param exponent a whole number, at least 0
 */
export function magnitudeOf(base: bigint, exponent: number, first = 6): Magnitude {
  if (base < 1n || !Number.isSafeInteger(exponent) || exponent < 0)
    throw new RangeError(`base, exponent: ${base} and ${exponent} give no whole number above 0`);
  for (let kept = DIGITS; ; kept *= 2) {
    const { low, high, shift } = powerBetween(base, exponent, kept);
    const [lowText, highText] = [String(low), String(high)];
    const leading = lowText.slice(0, first);
    if (lowText.length === highText.length && highText.startsWith(leading))
      return {
        digits: lowText.length + shift,
        leading: leading.padEnd(Math.min(first, leading.length + shift), '0'),
      };
  }
}

function powerBetween(base: bigint, exponent: number, kept: number): Bounds {
  let power: Bounds = { low: 1n, high: 1n, shift: 0 };
  for (const bit of exponent.toString(2)) {
    power = shortened(power.low * power.low, power.high * power.high, 2 * power.shift, kept);
    if (bit === '1') power = shortened(power.low * base, power.high * base, power.shift, kept);
  }
  return power;
}

/** The bounds with at most `kept` digits: the lower one rounded down, the upper one up. Exact where only zeros are dropped. */
function shortened(low: bigint, high: bigint, shift: number, kept: number): Bounds {
  const dropped = String(high).length - kept;
  if (dropped <= 0) return { low, high, shift };
  const unit = 10n ** BigInt(dropped);
  return { low: low / unit, high: (high + unit - 1n) / unit, shift: shift + dropped };
}

/** The smallest number of binary pixels with more images than 10^power: 2^n > 10^power. */
export function pixelsBeyond(power: number): number {
  const wanted = 10n ** BigInt(power);
  let pixels = 0;
  for (let images = 1n; images <= wanted; images *= 2n) pixels++;
  return pixels;
}
