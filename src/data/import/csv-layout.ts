import { fail, ok, type Result } from '../result.ts';
import { numberIn } from './csv-table.ts';

/** Which columns of a table are what. */
export interface CsvLayout {
  /** Whether the first row names the columns. */
  readonly header: boolean;
  readonly columns: number;
  /** The column of the labels; null where there is none. */
  readonly label: number | null;
  /** Those of the pixels, in their order. */
  readonly pixels: readonly number[];
  /** Side of the images. */
  readonly side: number;
  readonly notes: readonly string[];
}

const LABEL_HEADS = /^(labels?|class(es)?|y|targets?|digits?|letters?)$/i;
const INDEX_HEADS = /^(|id|index|unnamed: 0|no\.?|#)$/i;

/** Tells the columns of a table by its first rows. */
export function layoutOf(rows: readonly (readonly string[])[]): Result<CsvLayout> {
  const [first, second] = rows;
  if (rows.length === 0) return fail('rows: there are none');
  const header = isHeader(first, rows.length > 1 ? second : null);
  const body = header ? rows.slice(1) : rows;
  if (body.length === 0) return fail('rows: there are none below the names of the columns');
  const named = header ? namedColumns(first) : null;
  const left = named?.left ?? indices(first.length);
  if (named?.label != null) return withPixels(header, first.length, named.label, left, []);
  const without = squareSide(left.length);
  if (without !== null && (left.length > 5 || squareSide(left.length - 1) === null))
    return withPixels(header, first.length, null, left, []);
  if (squareSide(left.length - 1) === null) return fail(columnsReason(first.length));
  const [label, unsure] = labelColumn(body, left);
  const notes = unsure
    ? [
        `the labels were taken from the ${label === left[0] ? 'first' : 'last'} column; name the column "label" if they are in the other one`,
      ]
    : [];
  return withPixels(
    header,
    first.length,
    label,
    left.filter((each) => each !== label),
    notes,
  );
}

function withPixels(
  header: boolean,
  columns: number,
  label: number | null,
  pixels: readonly number[],
  notes: readonly string[],
): Result<CsvLayout> {
  const side = squareSide(pixels.length);
  return side === null ? fail(columnsReason(columns)) : ok({ header, columns, label, pixels, side, notes });
}

function columnsReason(columns: number): string {
  return `columns: ${columns}; expected a square number of pixels, such as 784, 256 or 64, and perhaps one label before or after them`;
}

/** A row of names: more than one cell is no number, or one that is a number in the row below. */
function isHeader(first: readonly string[], second: readonly string[] | null): boolean {
  const words = indices(first.length).filter((i) => !isNumber(first[i]));
  return words.length > 1 || (words.length === 1 && second !== null && isNumber(second[words[0]] ?? ''));
}

/** The label and the columns left for pixels, by the names in the first row. */
function namedColumns(names: readonly string[]): { label: number | null; left: number[] } {
  const label = names.findIndex((name) => LABEL_HEADS.test(name.trim()));
  const left = indices(names.length).filter(
    (i) => i !== label && !(i === 0 && INDEX_HEADS.test(names[i].trim())),
  );
  return { label: label < 0 ? null : label, left };
}

/** First or last of the columns, and whether it could be the other one too: classes are whole numbers or words, and vary. */
function labelColumn(body: readonly (readonly string[])[], columns: readonly number[]): [number, boolean] {
  const could = (column: number) => {
    const cells = body.map((row) => row[column] ?? '');
    if (cells.some((cell) => !isNumber(cell))) return 2;
    const different = new Set(cells.map(Number));
    if (![...different].every((value) => Number.isInteger(value) && value >= 0 && value <= 255)) return 0;
    return different.size > 1 ? 2 : 1;
  };
  const [first, last] = [columns[0], columns[columns.length - 1]];
  const [asFirst, asLast] = [could(first), could(last)];
  return [asLast > asFirst ? last : first, asFirst === asLast && asFirst > 0 && body.length > 1];
}

function squareSide(count: number): number | null {
  const side = Math.sqrt(count);
  return Number.isInteger(side) && side >= 2 && side <= 256 ? side : null;
}

function isNumber(cell: string): boolean {
  return numberIn(cell).ok;
}

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
