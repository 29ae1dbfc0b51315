import { cleanText } from './clean-text.ts';
import { bytesOf, countOf, numbersAt, type NumberArray, type NumberType } from './import/numbers.ts';
import { fail, ok, type Result } from './result.ts';

/**
 * NPY, the format of one array of NumPy (NEP 1): a magic number, a version, the length of the header, the header as the text of a
 * Python dictionary, then the numbers. Read here: versions 1 to 3, whole numbers and floats of either order of bytes, in C or
 * Fortran order. Arrays of objects are pickled Python, and refused unread.
 */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Headers of numeric arrays have 54 to 200 bytes. */
const MAX_HEADER = 65536;

interface NpyHeader {
  readonly type: NumberType;
  readonly little: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Where the numbers begin. */
  readonly start: number;
}

export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/** Reads an array; a reason begins with `name` and names the field. The values may be a view of the bytes. */
export function readNpy(bytes: Uint8Array<ArrayBuffer>, name: string): Result<NumberArray> {
  const header = headerOf(bytes);
  if (!header.ok) return fail(`${name}: ${header.reason}`);
  const { type, little, fortran, shape, start } = header.value;
  const count = countOf(shape);
  if (!count.ok) return fail(`${name}: ${count.reason}`);
  const length = count.value * bytesOf(type);
  const there = bytes.length - start;
  if (there !== length)
    return fail(
      there < length
        ? `${name}: length: truncated: ${there} of ${length} bytes of numbers`
        : `${name}: length: ${there - length} trailing bytes after the last number`,
    );
  const values = numbersAt(bytes, start, count.value, type, little);
  return ok({ name, shape, values: fortran && shape.length > 1 ? inRows(values, shape) : values });
}

function headerOf(bytes: Uint8Array<ArrayBuffer>): Result<NpyHeader> {
  if (!isNpy(bytes)) return fail('magic: this is no NPY file');
  const version = bytes[6];
  if (!(version >= 1 && version <= 3))
    return fail(`version: ${bytes.length > 6 ? version : 'truncated'}: only 1 to 3 are known`);
  const sized = version === 1 ? 10 : 12;
  if (bytes.length < sized) return fail('header: truncated');
  const view = new DataView(bytes.buffer, bytes.byteOffset, sized);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER) return fail(`header: ${length} bytes is longer than ${MAX_HEADER}`);
  const start = sized + length;
  if (bytes.length < start) return fail(`header: truncated: ${bytes.length - sized} of ${length} bytes`);
  // Names of fields alone may be other than ASCII, and such arrays are refused.
  return dictionaryOf(new TextDecoder().decode(bytes.subarray(sized, start)), start);
}

/** Reads the three entries of the dictionary, in any order. */
function dictionaryOf(text: string, start: number): Result<NpyHeader> {
  const entries = new Map<string, string>();
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (inner === undefined) return fail('header: is no dictionary');
  for (let rest = inner.trim(); rest !== '';) {
    const entry =
      /^(['"])(\w+)\1\s*:\s*('[^']*'|"[^"]*"|\([\d\sL,]*\)|True|False|\[[\s\S]*\])\s*(?:,\s*|$)/.exec(rest);
    if (!entry) return fail(`header: "${cleanText(rest, 40)}" is no entry of it`);
    const [all, , key, value] = entry;
    if (entries.has(key)) return fail(`header: there are two entries "${cleanText(key, 20)}"`);
    entries.set(key, value);
    rest = rest.slice(all.length);
  }
  const [descr, order, shape] = ['descr', 'fortran_order', 'shape'].map((key) => entries.get(key));
  if (descr === undefined || order === undefined || shape === undefined || entries.size !== 3)
    return fail('header: its entries are not descr, fortran_order and shape');
  const type = typeOf(descr);
  if (!type.ok) return type;
  if (order !== 'True' && order !== 'False') return fail('fortran_order: is neither True nor False');
  const sides = shapeOf(shape);
  return sides.ok ? ok({ ...type.value, fortran: order === 'True', shape: sides.value, start }) : sides;
}

function typeOf(descr: string): Result<{ readonly type: NumberType; readonly little: boolean }> {
  if (!/^['"]/.test(descr))
    return fail('dtype: an array of records; save the images as an array of numbers of its own');
  const text = descr.slice(1, -1);
  const known = /^([<>|=]?)(b1|\?|[ui][1248]|f[248])$/.exec(text);
  if (known) {
    const [, order, kind] = known;
    const type = (kind === 'b1' || kind === '?' ? 'u1' : kind) as NumberType;
    return ok({ type, little: order !== '>' });
  }
  const what = /^[<>|=]?O/.test(text)
    ? 'holds Python objects (pickled), which are not read; save it with a numeric dtype, such as uint8'
    : 'is none of bool, int8 to int64, uint8 to uint64 and float16 to float64; convert the array first';
  return fail(`dtype: "${cleanText(text, 40)}" ${what}`);
}

/** "(60000, 28, 28)", "(5,)" or "()". Sides of more than 2^53 are refused: they would not be exact. */
function shapeOf(text: string): Result<number[]> {
  const parts = text
    .slice(1, -1)
    .split(',')
    .map((part) => part.trim());
  if (parts.at(-1) === '') parts.pop();
  if (!text.startsWith('(') || parts.length > 32 || !parts.every((part) => /^\d+L?$/.test(part)))
    return fail(`shape: "${cleanText(text, 40)}" is no tuple of whole numbers`);
  const sides = parts.map((part) => Number(part.replace('L', '')));
  const large = sides.findIndex((side) => !Number.isSafeInteger(side));
  return large < 0 ? ok(sides) : fail(`shape: ${cleanText(parts[large], 40)} is too large`);
}

/** Numbers in Fortran order, whose first index moves fastest, in C order. */
function inRows(values: NumberArray['values'], shape: readonly number[]): NumberArray['values'] {
  const rows = values.slice();
  const steps: number[] = [];
  let step = 1;
  for (const side of shape) {
    steps.push(step);
    step *= side;
  }
  const at = shape.map(() => 0);
  for (let to = 0, from = 0; to < values.length; to++) {
    rows[to] = values[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++at[axis] < shape[axis]) break;
      from -= steps[axis] * shape[axis];
      at[axis] = 0;
    }
  }
  return rows;
}
