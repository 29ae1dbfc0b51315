import Papa from 'papaparse';
import { cleanText } from '../clean-text.ts';
import { fail, ok, type Result } from '../result.ts';

/** Bytes that are cut into cells in one step. */
const STEP_BYTES = 2 ** 19;
/** A row of 256 x 256 numbers with all their digits is shorter. */
const MAX_ROW_BYTES = 2 ** 22;
const NEWLINE = 10;
const RETURN = 13;

/** Some rows of a table, and how much of the file lies before their end, 0 to 1. */
export interface RowsStep {
  readonly rows: readonly (readonly string[])[];
  readonly share: number;
}

/** Cuts a file into cells, step by step: separated by commas, semicolons, tabs or spaces, some of them perhaps in quotes. Ends with a failure, or null. */
export function* rowsOf(bytes: Uint8Array<ArrayBuffer>): Generator<RowsStep, string | null> {
  const end = bytes.subarray(0, MAX_ROW_BYTES).includes(NEWLINE) ? NEWLINE : RETURN;
  let delimiter: string | null = null;
  let row = 0;
  for (let from = 0; from < bytes.length;) {
    const to = stepEnd(bytes, from, end);
    if (to === null) return `row ${row + 1}: longer than ${MAX_ROW_BYTES >> 20} MiB: is this a table?`;
    const text = new TextDecoder().decode(bytes.subarray(from, to));
    delimiter ??= delimiterOf(text);
    const parsed = Papa.parse<string[]>(text, {
      delimiter,
      newline: end === NEWLINE ? (text.includes('\r\n') ? '\r\n' : '\n') : '\r',
      skipEmptyLines: true,
    });
    const error = parsed.errors.at(0);
    if (error) return `row ${row + (error.row ?? 0) + 1}: ${cleanText(error.message)}`;
    const rows =
      delimiter === ' ' ? parsed.data.map((cells) => cells.filter((cell) => cell !== '')) : parsed.data;
    row += rows.length;
    from = to;
    yield { rows, share: to / bytes.length };
  }
  return null;
}

/** End of the rows that begin at `from` and are read together; null where a row is too long. */
function stepEnd(bytes: Uint8Array, from: number, end: number): number | null {
  if (from + STEP_BYTES >= bytes.length) return bytes.length;
  const last = bytes.lastIndexOf(end, from + STEP_BYTES - 1);
  if (last >= from) return last + 1;
  const next = bytes.subarray(0, from + MAX_ROW_BYTES).indexOf(end, from + STEP_BYTES);
  if (next >= 0) return next + 1;
  return bytes.length - from <= MAX_ROW_BYTES ? bytes.length : null;
}

/** The separator of the first line: a semicolon or a tab where there is one, because commas may then be decimal ones. */
function delimiterOf(text: string): string {
  const line = /[^\r\n]+/.exec(text)?.[0] ?? '';
  return ['\t', ';', ',', ' '].find((each) => line.trim().includes(each)) ?? ',';
}

/** The number in a cell; fails where there is none. Commas are decimal points where they do not separate cells. */
export function numberIn(cell: string): Result<number> {
  const text = cell.includes(',') ? cell.replace(',', '.') : cell;
  const value = Number(text);
  return Number.isNaN(value) || text.trim() === ''
    ? fail(`"${cleanText(cell, 20)}" is no number`)
    : ok(value);
}
