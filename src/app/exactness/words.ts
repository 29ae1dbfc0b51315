import { fixed } from '../format.ts';
import { type ExactRow, rowHolds } from './exactness.svelte.ts';

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** A number that may be very small: "0.043", "1.2 × 10⁻⁸", "0". */
export function smallNumber(value: number, decimals = 3): string {
  if (value === 0) return '0';
  if (!Number.isFinite(value) || Math.abs(value) >= 10 ** -decimals) return fixed(value, decimals);
  const [mantissa, exponent] = value.toExponential(1).split('e');
  return `${mantissa.replace('-', '−')} × 10${superscript(Number(exponent))}`;
}

function superscript(exponent: number): string {
  const digits = Array.from(String(Math.abs(exponent)), (digit) => SUPERSCRIPTS[Number(digit)]).join('');
  return exponent < 0 ? `⁻${digits}` : digits;
}

const STATES = {
  waiting: 'not checked yet',
  training: 'learning …',
  summing: 'adding up …',
  drawing: 'drawing …',
  refused: 'not on this grid',
  failed: 'no result',
} as const;

/** The result of a row in a few words. */
export function verdict(row: ExactRow): string {
  const holds = rowHolds(row);
  if (row.state !== 'done' || holds === null) return STATES[row.state === 'done' ? 'waiting' : row.state];
  if (row.planted !== null) return holds ? 'passes, and must not' : 'fails, as it must';
  return holds ? 'holds' : 'fails';
}

/** Whether a genuine row holds, or a planted error fails; null while that is not known. */
export function isAsExpected(row: ExactRow): boolean | null {
  if (row.state === 'failed') return false;
  const holds = rowHolds(row);
  return holds === null ? null : holds === (row.planted === null);
}

/** A p-value for the table. One that underflowed to 0 is shown as a bound. */
export function pValue(p: number): string {
  return p === 0 ? 'below 10⁻³⁰⁰' : smallNumber(p, 4);
}

/** The result of all checks, in a sentence. */
export function summary(rows: readonly ExactRow[]): string {
  const genuine = rows.filter((row) => row.planted === null && row.state !== 'refused');
  const planted = rows.filter((row) => row.planted !== null);
  const good = (list: readonly ExactRow[]) => list.filter((row) => isAsExpected(row) === true).length;
  return `${good(genuine)} of ${genuine.length} models hold; ${good(planted)} of ${planted.length} planted errors are caught.`;
}
