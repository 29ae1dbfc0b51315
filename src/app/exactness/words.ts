import { fixed } from '../format.ts';
import { type ExactRow, rowHolds } from './exactness.svelte.ts';

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** A number that may be very small: "0.043", "1.2 × 10⁻⁸", "0". */
export function tiny(value: number, decimals = 3): string {
  if (value === 0) return '0';
  if (!Number.isFinite(value) || Math.abs(value) >= 10 ** -decimals) return fixed(value, decimals);
  const [mantissa, exponent] = value.toExponential(1).split('e');
  return `${mantissa.replace('-', '−')} × 10${raised(Number(exponent))}`;
}

function raised(exponent: number): string {
  const digits = Array.from(String(Math.abs(exponent)), (digit) => SUPERSCRIPTS[Number(digit)]).join('');
  return exponent < 0 ? `⁻${digits}` : digits;
}

const STATES = {
  waiting: 'not checked yet',
  learning: 'learning …',
  summing: 'adding up …',
  drawing: 'drawing …',
  refused: 'not on this grid',
  failed: 'no result',
} as const;

/** A row's outcome in a word or two. */
export function verdict(row: ExactRow): string {
  const holds = rowHolds(row);
  if (row.state !== 'done' || holds === null) return STATES[row.state === 'done' ? 'waiting' : row.state];
  if (row.planted !== null) return holds ? 'passes, and must not' : 'fails, as it must';
  return holds ? 'holds' : 'fails';
}

/** Whether a row came out as it should; null until it has. */
export function asItShould(row: ExactRow): boolean | null {
  if (row.state === 'failed') return false;
  const holds = rowHolds(row);
  return holds === null ? null : holds === (row.planted === null);
}

/** A probability as it stands in a table: one too small for a number is no zero. */
export function chance(p: number): string {
  return p === 0 ? 'below 10⁻³⁰⁰' : tiny(p, 4);
}

/** What the whole page found, in a sentence. */
export function summary(rows: readonly ExactRow[]): string {
  const honest = rows.filter((row) => row.planted === null && row.state !== 'refused');
  const planted = rows.filter((row) => row.planted !== null);
  const good = (list: readonly ExactRow[]) => list.filter((row) => asItShould(row) === true).length;
  return `${good(honest)} of ${honest.length} models hold; ${good(planted)} of ${planted.length} planted errors are caught.`;
}
