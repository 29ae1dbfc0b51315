/** A logarithmic axis from one power of ten to another. */
export interface LogAxis {
  /** Exponents of its ends. */
  readonly from: number;
  readonly to: number;
}

/** The axis that holds all values, one decade at least; null where there are none. Values are above 0. */
export function logAxis(values: readonly number[]): LogAxis | null {
  if (values.length === 0) return null;
  const logs = values.map((value) => Math.log10(value));
  const from = Math.floor(Math.min(...logs));
  const to = Math.ceil(Math.max(...logs));
  // A value at the very beginning would have no bar.
  const first = Math.min(...logs) - from < 0.05 ? from - 1 : from;
  return { from: first, to: Math.max(to, first + 1) };
}

/** Where a value lies on the axis, 0 to 1. */
export function placeOn({ from, to }: LogAxis, value: number): number {
  return Math.min(1, Math.max(0, (Math.log10(value) - from) / (to - from)));
}

/** Exponents at which ticks stand: every power of ten, or every second or third where there are many. */
export function decadesOf({ from, to }: LogAxis, most = 7): readonly number[] {
  const step = Math.ceil((to - from) / most);
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

/** "0.01", "10", "1k", "100k", "1M", "10G" */
export function decadeLabel(exponent: number): string {
  if (exponent < 0) return (10 ** exponent).toFixed(-exponent);
  const unit = Math.min(4, Math.floor(exponent / 3));
  return `${10 ** (exponent - 3 * unit)}${['', 'k', 'M', 'G', 'T'][unit]}`;
}
