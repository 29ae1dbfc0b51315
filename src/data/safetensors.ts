import { cleanText } from './clean-text.ts';
import { floatsOf, halves, MAX_HALF } from './float16.ts';
import { duplicateKey } from './json-keys.ts';
import { fail, ok } from './result.ts';
import type { Result } from './result.ts';

/**
 * safetensors, as Hugging Face's public description of the format has it: the header's length as a
 * little-endian u64, a JSON header that gives each tensor's dtype, shape and byte range, then the tensors'
 * bytes without gaps. Inkling reads and writes F32 and F16; numbers in memory are f32 in any case.
 */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** As many as the product of the shape. */
  readonly values: Float32Array<ArrayBuffer>;
  /** How the file stores them: F16 halves its length and rounds to 11 significant bits. */
  readonly dtype: Dtype;
}

export type Dtype = keyof typeof BYTES;

export interface TensorFile {
  /** In the header's order, which encoding keeps. */
  readonly tensors: readonly NamedTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** A header is some hundred bytes; a longer one is a mistake or an attack. */
const MAX_HEADER = 1024 * 1024;
const MAX_RANK = 8;
const METADATA = '__metadata__';
/** Of one number. */
const BYTES = { F32: 4, F16: 2 } as const;

/**
 * The file's bytes: metadata first where there is any, then the tensors as given; the header is padded with
 * spaces to a multiple of 8. Throws RangeError for a name that is reserved or used twice, for a shape
 * that does not fit its values, and for a number that is beyond the range of F16.
 */
export function encodeSafetensors(file: TensorFile): Uint8Array<ArrayBuffer> {
  const entries: string[] = [];
  const metadata = Object.entries(file.metadata).map(
    ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
  );
  if (metadata.length > 0) entries.push(`"${METADATA}":{${metadata.join(',')}}`);
  const names = new Set([METADATA, '__proto__']);
  let length = 0;
  for (const { name, shape, values, dtype } of file.tensors) {
    if (names.has(name)) throw new RangeError(`tensors: the name ${quote(name)} is reserved or used twice`);
    names.add(name);
    if (sizeOf(shape) !== values.length)
      throw new RangeError(`${name}: shape [${shape.join(', ')}] does not fit ${values.length} values`);
    const beyond = dtype === 'F16' ? values.find((value) => !(Math.abs(value) <= MAX_HALF)) : undefined;
    if (beyond !== undefined) throw new RangeError(`${name}: ${beyond} is beyond the range of F16`);
    const end = length + values.length * BYTES[dtype];
    entries.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${length},${end}]}`,
    );
    length = end;
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const header = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + header + length);
  new DataView(bytes.buffer).setUint32(0, header, true);
  bytes.set(json, 8);
  bytes.fill(0x20, 8 + json.length, 8 + header);
  let at = 8 + header;
  for (const { values, dtype } of file.tensors) {
    const own = stored(values, dtype);
    bytes.set(own, at);
    at += own.length;
  }
  return bytes;
}

/** The numbers as a file of this type holds them, [count]; infinite where F16 is too small for them. */
export function rounded(values: Float32Array<ArrayBuffer>, dtype: Dtype): Float32Array<ArrayBuffer> {
  return dtype === 'F16' ? floatsOf(halves(values)) : values;
}

/**
 * Reads a file from any source. Everything that the header claims is checked against the file's
 * real length before memory is taken. A reason reads "file: field: what is wrong".
 */
export function decodeSafetensors(bytes: Uint8Array, name = 'file'): Result<TensorFile> {
  const header = readHeader(bytes);
  if (!header.ok) return fail(`${name}: ${header.reason}`);
  const data = bytes.subarray(header.value.end);
  const places: Place[] = [];
  let metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(header.value.json)) {
    if (key === METADATA) {
      const read = readMetadata(value);
      if (!read.ok) return fail(`${name}: ${read.reason}`);
      metadata = read.value;
      continue;
    }
    const place = readPlace(key, value, data.length);
    if (!place.ok) return fail(`${name}: ${place.reason}`);
    places.push(place.value);
  }
  const misplaced = gapOrOverlap(places, data.length);
  if (misplaced !== null) return fail(`${name}: ${misplaced}`);

  const tensors: NamedTensor[] = [];
  for (const place of places) {
    // A copy, because the bytes may begin at any address.
    const copy = new Uint8Array(data.subarray(place.begin, place.end));
    const values =
      place.dtype === 'F16' ? floatsOf(new Uint16Array(copy.buffer)) : new Float32Array(copy.buffer);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) return fail(`${name}: ${quote(place.name)}: value ${bad} is ${values[bad]}, not finite`);
    tensors.push({ name: place.name, shape: place.shape, values, dtype: place.dtype });
  }
  return ok({ tensors, metadata });
}

/** The header of a file that `decodeSafetensors` has read, its length before it: all of the file but the tensors' numbers. */
export function headerOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.slice(0, 8 + new DataView(bytes.buffer, bytes.byteOffset, 8).getUint32(0, true));
}

/**
 * The file with this header and these numbers, byte for byte what it was when its numbers are those that were read. Fails, naming the
 * field, where the header is none or the tensors are not those that it announces.
 */
export function withHeader(
  header: Uint8Array,
  tensors: Readonly<Record<string, Float32Array<ArrayBuffer>>>,
): Result<Uint8Array<ArrayBuffer>> {
  const read = readHeader(header);
  if (!read.ok) return read;
  const places: Place[] = [];
  let length = 0;
  for (const [key, value] of Object.entries(read.value.json)) {
    if (key === METADATA) continue;
    const place = readPlace(key, value, Number.MAX_SAFE_INTEGER);
    if (!place.ok) return place;
    const numbers = Object.hasOwn(tensors, key) ? tensors[key].length : 0;
    if (numbers * BYTES[place.value.dtype] !== place.value.end - place.value.begin)
      return fail(
        `${quote(key)}: ${numbers} numbers do not fill its ${place.value.end - place.value.begin} bytes`,
      );
    places.push(place.value);
    length = Math.max(length, place.value.end);
  }
  const misplaced = gapOrOverlap(places, length);
  if (misplaced !== null) return fail(misplaced);
  const bytes = new Uint8Array(read.value.end + length);
  bytes.set(header.subarray(0, read.value.end));
  for (const { name, dtype, begin } of places)
    bytes.set(stored(tensors[name], dtype), read.value.end + begin);
  return ok(bytes);
}

/** The numbers as the bytes of a file. */
function stored(values: Float32Array<ArrayBuffer>, dtype: Dtype): Uint8Array {
  const numbers = dtype === 'F16' ? halves(values) : values;
  // As they lie: every platform that browsers and Node run on is little-endian, as the format is.
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly begin: number;
  readonly end: number;
}

function readHeader(bytes: Uint8Array): Result<{ json: Record<string, unknown>; end: number }> {
  if (bytes.length < 8) return fail(`header length: truncated: the file has ${bytes.length} bytes`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > MAX_HEADER) return fail(`header length: ${length.toString()} bytes exceed the limit of 1 MiB`);
  const end = 8 + Number(length);
  if (end > bytes.length)
    return fail(`header length: ${end - 8} bytes are announced, ${bytes.length - 8} follow`);
  if (bytes[8] !== 0x7b || end === 8) return fail('header: does not begin with {');
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, end));
    json = JSON.parse(text);
  } catch {
    return fail('header: is not JSON in UTF-8');
  }
  if (!isObject(json)) return fail('header: is not a JSON object');
  const twice = duplicateKey(text);
  return twice === null ? ok({ json, end }) : fail(`header: the key ${quote(twice)} stands there twice`);
}

function readMetadata(value: unknown): Result<Record<string, string>> {
  if (!isObject(value)) return fail(`${METADATA}: is not an object`);
  const metadata: Record<string, string> = {};
  for (const [key, text] of Object.entries(value)) {
    if (key === '__proto__') return fail(`${METADATA}: the key "__proto__" is not allowed`);
    if (typeof text !== 'string') return fail(`${METADATA}: ${quote(key)} is not a string`);
    metadata[key] = text;
  }
  return ok(metadata);
}

function readPlace(name: string, value: unknown, available: number): Result<Place> {
  const field = quote(name);
  if (name === '__proto__') return fail('header: a tensor cannot be named "__proto__"');
  if (!isObject(value)) return fail(`${field}: is not an object`);
  for (const key of Object.keys(value))
    if (key !== 'dtype' && key !== 'shape' && key !== 'data_offsets')
      return fail(`${field}: unknown field ${quote(key)}`);
  const { dtype } = value;
  if (dtype !== 'F32' && dtype !== 'F16')
    return fail(
      `${field}: dtype: ${typeof dtype === 'string' ? `${quote(dtype)} ` : ''}is neither "F32" nor "F16"`,
    );
  const { shape, data_offsets: offsets } = value;
  if (!isWholeNumbers(shape)) return fail(`${field}: shape: is not a list of whole numbers`);
  if (shape.length > MAX_RANK) return fail(`${field}: shape: ${shape.length} dimensions exceed ${MAX_RANK}`);
  if (!isWholeNumbers(offsets) || offsets.length !== 2)
    return fail(`${field}: data_offsets: are not two whole numbers`);
  const [begin, end] = offsets;
  if (begin > end || end > available)
    return fail(`${field}: data_offsets: ${begin} to ${end} lies outside the ${available} bytes of data`);
  const size = sizeOf(shape);
  // A product past 2^53 is rounded, but it is far above any file's length and so still differs.
  const needed = size * BYTES[dtype];
  if (needed !== end - begin)
    return fail(
      `${field}: shape: [${shape.join(', ')}] needs ${needed} bytes, data_offsets give ${end - begin}`,
    );
  return ok({ name, shape, dtype, begin, end });
}

function gapOrOverlap(places: readonly Place[], available: number): string | null {
  let at = 0;
  for (const { name, begin, end } of places.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < at) return `${quote(name)}: data_offsets: overlap the tensor before, which ends at ${at}`;
    if (begin > at) return `${quote(name)}: data_offsets: leave a gap of ${begin - at} bytes before it`;
    at = end;
  }
  return at === available ? null : `data: ${available - at} bytes after the last tensor belong to none`;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWholeNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0);
}

/** A text of the file in quotes, cleaned and cut. Other values are never quoted: they may be of any size and depth. */
function quote(text: string): string {
  return `"${cleanText(text)}"`;
}
