import type { Magnitude } from './powers.ts';

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
/** Numbers of at most so many digits are written out. */
const WRITTEN_OUT = 15;

/** 16777215 as 16,777,215: the digits of a whole number, of any length. */
export function grouped(digits: string): string {
  return digits.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** The power as it is written above its base: 10⁸⁰. */
export function superscript(power: number): string {
  const digits = Array.from(String(Math.abs(power)), (digit) => SUPERSCRIPTS[Number(digit)]).join('');
  return power < 0 ? `⁻${digits}` : digits;
}

export function powerOfTen(power: number): string {
  return `10${superscript(power)}`;
}

/** A whole number in few words: all digits of a short one, else its first three and the power of ten, 6.55 · 10⁴; cut off, not rounded. */
export function inShort({ digits, leading }: Magnitude): string {
  if (digits <= WRITTEN_OUT && leading.length === digits) return grouped(leading);
  return `${leading[0]}.${leading.slice(1, 3).padEnd(2, '0')} · ${powerOfTen(digits - 1)}`;
}
