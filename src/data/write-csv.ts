/** A cell: a number is written in full, null is empty. */
export type CsvCell = string | number | null;

/**
 * Rows as CSV (RFC 4180): commas, CRLF behind every row, quotes where a cell needs them. Numbers have as many digits as tell them from their
 * neighbours; those that are not finite are nan, inf and -inf, which R, Julia, pandas and NumPy read.
 */
export function csvOf(rows: readonly (readonly CsvCell[])[]): string {
  return rows.map((row) => `${row.map(cellText).join(',')}\r\n`).join('');
}

function cellText(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return numberText(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A spreadsheet takes a text that begins so for a formula, which may reach outside of the sheet. */
const FORMULA = /^[=+\-@\t\r]/;

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return String(value);
}
