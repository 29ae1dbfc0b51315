import { fail, ok, type Result } from '../result.ts';
import type { Numbers } from './numbers.ts';

export interface GreyOf {
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** How the numbers were read where they are no levels from 0 to 255; null where they are. */
  readonly note: string | null;
}

/**
 * Numbers as grey levels, 0 to 255, whatever scale the file has. The scale is told from the smallest and largest number, and from whether all
 * are whole: bits, levels to 16 as of optdigits, to 255, to 65535, shares of 1, or -1 to 1 as of USPS. Levels to 255 in bytes stay the array that they are.
 */
export function greyOf(values: Numbers): Result<GreyOf> {
  let least = Infinity;
  let most = -Infinity;
  let whole = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    // Also of no number.
    if (!(Math.abs(value) < Infinity))
      return fail(`values: number ${i + 1} is ${Number.isNaN(value) ? 'not a number' : 'infinite'}`);
    if (value < least) least = value;
    if (value > most) most = value;
    if (whole && !Number.isInteger(value)) whole = false;
  }
  const scale = scaleOf(least, most, whole);
  if (!scale)
    return fail(
      `values: from ${shown(least)} to ${shown(most)} is no known scale of grey levels: use 0 to 255, 0 to 1, 0 to 16, -1 to 1 or 0 to 65535`,
    );
  const { factor, shift, note } = scale;
  if (factor === 1 && shift === 0 && values instanceof Uint8Array) return ok({ pixels: values, note });
  const pixels = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) pixels[i] = Math.round((values[i] + shift) * factor);
  return ok({ pixels, note });
}

interface Scale {
  readonly shift: number;
  readonly factor: number;
  readonly note: string | null;
}

function scaleOf(least: number, most: number, whole: boolean): Scale | null {
  const to = (factor: number, note: string | null, shift = 0): Scale => ({ factor, note, shift });
  if (least < 0)
    return least >= -1 && most <= 1
      ? to(127.5, 'the numbers lie between -1 and 1: read as grey levels, -1 as paper and 1 as ink', 1)
      : null;
  if (!whole) {
    if (most <= 1) return to(255, 'the numbers are shares from 0 to 1: read as grey levels, 1 as ink');
    return most <= 255 ? to(1, 'grey levels with fractions were rounded') : null;
  }
  // Images of 0 alone are blank under every reading.
  if (most === 0) return to(1, null);
  if (most === 1) return to(255, 'the pixels are 0 and 1, read as paper and ink');
  if (most <= 16) return to(255 / 16, 'the grey levels go up to 16, and were multiplied by 255/16');
  if (most <= 255) return to(1, null);
  return most <= 65535 ? to(1 / 257, 'the grey levels go up to 65535, and were divided by 257') : null;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(6)));
}
