import { csvOf, type CsvCell } from '../../data/write-csv.ts';

/** A table as it is saved: values in full, not as they are shown. */
export interface ResultTable {
  /** Headers, with their units: "log p (nats)". */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly CsvCell[])[];
}

/** UTF-8 text of a CSV file (RFC 4180) with a header row. */
export function tableCsv({ columns, rows }: ResultTable): string {
  return csvOf([columns, ...rows]);
}

/**
 * The same as JSON: the notes that say what the values are of, the link, and a list of rows, each a list in the order of the columns. What is no
 * finite number is null, as JSON has none.
 */
export function tableJson(title: string, notes: readonly string[], link: string, table: ResultTable): string {
  const { columns, rows } = table;
  return `${JSON.stringify({ title, notes, link, columns, rows }, null, 1)}\n`;
}

/** The words of cells as values: "−1,234.5" is a number, everything else stays as it is. */
export function cellOf(words: string): CsvCell {
  const plain = words.trim().replaceAll('−', '-');
  const number = /^-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$/.test(plain);
  return number ? Number(plain.replaceAll(',', '')) : words.trim().replaceAll(/\s+/g, ' ');
}
