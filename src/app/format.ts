/** Numbers and dates for display: a true minus sign, grouped thousands, a fixed number of decimals. */

import { lazily } from '../data/lazily.ts';

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const MINUS = '−';
const order = lazily(() => new Intl.Collator('en'));
const dates = lazily(dateFormat);

export function fixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : Number.isNaN(value) ? '–' : `${MINUS}∞`;
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** Negative where `a` comes before `b` in the alphabet. */
export function alphabetical(a: string, b: string): number {
  return order().compare(a, b);
}

/** A whole number with commas between thousands. Without Intl, whose first use takes a phone a tenth of a second. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return fixed(value, 0);
  return String(BigInt(Math.round(value))).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A number of parameters; from 10^12 on, as a power of ten. */
export function countOf(value: number): string {
  if (value < 1e12) return count(value);
  return `about 10${String(Math.round(Math.log10(value))).replaceAll(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)])}`;
}

/** With a capital letter, as the first word of a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** 1 drawing, 2 drawings. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Bytes in the largest unit that keeps the number above one. */
export function bytes(value: number): string {
  if (value < 1e3) return `${value} B`;
  if (value < 1e6) return `${(value / 1e3).toFixed(0)} kB`;
  if (value < 1e9) return `${(value / 1e6).toFixed(1)} MB`;
  return `${(value / 1e9).toFixed(1)} GB`;
}

/** "under a second", "42 s", "3 min 05 s", "1 h 20 min". */
export function duration(seconds: number): string {
  if (seconds < 1) return 'under a second';
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** Date and time in the browser's language; in British English where that language is no valid tag. */
export function moment(milliseconds: number): string {
  return dates().format(milliseconds);
}

function dateFormat(): Intl.DateTimeFormat {
  const style = { dateStyle: 'medium', timeStyle: 'short' } as const;
  try {
    return new Intl.DateTimeFormat(undefined, style);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new Intl.DateTimeFormat('en-GB', style);
  }
}

/** The number at a tick of an axis, with just as many decimals as `step`, the distance between two ticks, has. */
export function tickLabel(value: number, step: number): string {
  let decimals = 0;
  // A step is a decimal fraction such as 0.25, up to rounding.
  while (
    decimals < 9 &&
    Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6 * step * 10 ** decimals
  )
    decimals++;
  return fixed(value, decimals);
}

/** A share in per cent, without the sign; "0" and "100" only for exactly 0 and 1. */
export function percent(share: number): string {
  if (share <= 0) return '0';
  if (share >= 1) return '100';
  const value = share * 100;
  return value < 1 || value > 99 ? Math.min(99.9, Math.max(0.1, value)).toFixed(1) : value.toFixed(0);
}

/** The logarithm of a probability, at most 0: likelier is higher. Every figure with this sign has this name. */
export const LOG_P = 'log p';
/** The same with the other sign, a cost: likelier is lower. */
export const MINUS_LOG_P = `${MINUS}${LOG_P}`;

/** What a run of a family minimises the mean of; a classifier knows the class alone. */
export function lossName(task: 'density' | 'classifier'): string {
  return `${MINUS_LOG_P}${task === 'classifier' ? '(y | x)' : '(x)'}`;
}

/** "79.39 ± 0.20": a mean in nats with two decimals, because its standard error shows no digit before the second. */
export function estimateWords({
  nats,
  standardError,
}: {
  readonly nats: number;
  readonly standardError: number;
}): string {
  return `${fixed(nats, 2)} ± ${fixed(standardError, 2)}`;
}

/** log p or −log p in nats; two decimals for small images, whose scores may differ by less than a tenth of a nat. */
export function natsOf(nats: number, pixels: number): string {
  return fixed(nats, pixels < 100 ? 2 : 1);
}
