import { cleanText } from '../clean-text.ts';
import { fail, ok, type Result } from '../result.ts';
import { labelBytes } from './arrays.ts';
import { type CsvLayout, layoutOf } from './csv-layout.ts';
import { numberIn, rowsOf } from './csv-table.ts';
import { MAX_VALUES } from './numbers.ts';
import type { ReadSource } from './read-source.ts';
import { greyOf } from './scale.ts';

/** Labels are kept as bytes. */
const MAX_CLASSES = 256;

/**
 * A table with an image a row: its pixels in raster order, and perhaps its class, as a number or a word. Read step by step: each step gives
 * the share that has been read, and the last one the images. `name` begins a reason.
 */
export function* csvSteps(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  title: string,
): Generator<number, Result<ReadSource>> {
  let table: Table | null = null;
  const steps = rowsOf(bytes);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) {
      if (step.value !== null) return fail(`${name}: ${step.value}`);
      break;
    }
    const { rows, share } = step.value;
    if (table === null && rows.length > 0) {
      const layout = layoutOf(rows);
      if (!layout.ok) return fail(`${name}: ${layout.reason}`);
      // A little more than the rows before it let expect.
      table = new Table(layout.value, Math.ceil((rows.length / share) * 1.02) + 1);
    }
    const problem = table?.add(rows);
    if (problem) return fail(`${name}: ${problem}`);
    yield share;
  }
  if (table === null) return fail(`${name}: rows: there are none`);
  const source = table.source(title);
  return source.ok ? source : fail(`${name}: ${source.reason}`);
}

/** The rows of a table as far as they have been read. */
class Table {
  readonly #layout: CsvLayout;
  /** [rows, n]; bytes as long as all numbers are whole and from 0 to 255. */
  #values: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  readonly #labels: string[] = [];
  #images = 0;
  /** Rows that are not empty, with the header. */
  #rows = 0;

  constructor(layout: CsvLayout, expected: number) {
    this.#layout = layout;
    this.#values = new Uint8Array(Math.min(MAX_VALUES, expected * layout.pixels.length));
  }

  /** Returns what is wrong with a row; null where nothing is. */
  add(rows: readonly (readonly string[])[]): string | null {
    const { columns, pixels, label, header } = this.#layout;
    for (const row of rows) {
      this.#rows++;
      if (header && this.#rows === 1) continue;
      if (row.length !== columns)
        return `row ${this.#rows}: ${row.length} cells, but the first has ${columns}`;
      let at = this.#images * pixels.length;
      if (at + pixels.length > MAX_VALUES)
        return `rows: more than ${MAX_VALUES >> 20} Mi pixels; take fewer rows`;
      if (at + pixels.length > this.#values.length) this.#grow();
      for (const column of pixels) {
        const number = numberIn(row[column]);
        if (!number.ok) return `row ${this.#rows}, column ${column + 1}: ${number.reason}`;
        const { value } = number;
        if (this.#values instanceof Uint8Array && !(value >= 0 && value <= 255 && Number.isInteger(value)))
          this.#values = Float32Array.from(this.#values);
        this.#values[at++] = value;
      }
      if (label !== null) this.#labels.push(row[label].trim());
      this.#images++;
    }
    return null;
  }

  #grow(): void {
    const length = Math.min(MAX_VALUES, Math.ceil(this.#values.length * 1.5) + this.#layout.pixels.length);
    const larger = this.#values instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
    larger.set(this.#values);
    this.#values = larger;
  }

  source(title: string): Result<ReadSource> {
    const { pixels, side, notes, label } = this.#layout;
    if (this.#images === 0) return fail('rows: there are none below the names of the columns');
    const grey = greyOf(this.#values.subarray(0, this.#images * pixels.length));
    if (!grey.ok) return grey;
    const classes = label === null ? ok({ labels: null, classNames: null }) : classesOf(this.#labels);
    if (!classes.ok) return classes;
    const grid = { width: side, height: side };
    return ok({
      name: title,
      format: 'CSV',
      images: { grid, count: this.#images, pixels: grey.value.pixels, labels: classes.value.labels },
      classNames: classes.value.classNames,
      notes: grey.value.note === null ? notes : [...notes, grey.value.note],
      candidates: [],
      chosen: null,
      files: null,
    });
  }
}

/** Labels as numbers where all are; words become classes in alphabetical order. */
function classesOf(cells: readonly string[]): Result<{
  readonly labels: Uint8Array<ArrayBuffer>;
  readonly classNames: readonly string[] | null;
}> {
  const words = [...new Set(cells)];
  if (words.every((word) => numberIn(word).ok)) {
    const labels = labelBytes(Float64Array.from(cells, Number));
    return labels.ok ? ok({ labels: labels.value, classNames: null }) : labels;
  }
  const empty = cells.indexOf('');
  if (empty >= 0) return fail(`labels: image ${empty + 1} has none`);
  if (words.length > MAX_CLASSES)
    return fail(`labels: ${words.length} different words: more than ${MAX_CLASSES} classes`);
  words.sort((a, b) => (a < b ? -1 : 1));
  const numbers = new Map(words.map((word, i) => [word, i]));
  return ok({
    labels: Uint8Array.from(cells, (cell) => numbers.get(cell) ?? 0),
    classNames: words.map((word) => cleanText(word, 40) || '?'),
  });
}
