import { fail, ok, type Result } from '../data/result.ts';
import { isPlainObject, tagOf } from './checksum.ts';

/**
 * Values of the store (see `plainCopy`) as JSON and bytes, without loss. An array of numbers becomes `{"$array": TYPE, "at": BYTE, "length": COUNT}`, its
 * bytes being in a file beside; numbers that JSON lacks and missing values become `{"$value": "NaN"}` and the like.
 */
const ARRAYS = { Uint8Array, Uint32Array, Float32Array, Float64Array } as const;
type ArrayName = keyof typeof ARRAYS;
type Numbers = InstanceType<(typeof ARRAYS)[ArrayName]>;

const VALUES = new Map<string, unknown>([
  ['undefined', undefined],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
]);
/** Arrays begin at multiples of it, so that a reader can map them. */
const ALIGNMENT = 8;
/** Deeper values are no records of Inkling. */
const MAX_DEPTH = 32;

/** Collects the bytes of arrays; `at` is where the next one begins. */
export class ArrayBytes {
  readonly parts: Uint8Array<ArrayBuffer>[] = [];
  length = 0;

  add(array: Numbers): number {
    const at = this.length;
    const bytes = new Uint8Array(Math.ceil(array.byteLength / ALIGNMENT) * ALIGNMENT);
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    this.parts.push(bytes);
    this.length += bytes.length;
    return at;
  }
}

/** What `JSON.stringify` can write without loss; the arrays are added to `arrays`. */
export function toJson(value: unknown, arrays: ArrayBytes): unknown {
  if (typeof value === 'number' || value === undefined) {
    const name = Object.is(value, -0) ? '-0' : String(value);
    return VALUES.has(name) ? { $value: name } : value;
  }
  if (ArrayBuffer.isView(value)) {
    const array = value as Numbers;
    return { $array: nameOf(array), at: arrays.add(array), length: array.length };
  }
  if (Array.isArray(value)) return value.map((entry) => toJson(entry, arrays));
  if (!isPlainObject(value)) return value;
  const entries = Object.keys(value)
    .sort()
    .map((key): [string, unknown] => [key, toJson(value[key], arrays)]);
  return entries.some(([key]) => key.startsWith('$') || key === '__proto__')
    ? { $entries: entries }
    : Object.fromEntries(entries);
}

/** The value that `toJson` wrote. Every array is a copy. A reason names what is wrong. */
export function fromJson(json: unknown, bytes: Uint8Array, depth = 0): Result<unknown> {
  if (depth > MAX_DEPTH) return fail(`a value is nested more than ${MAX_DEPTH} deep`);
  if (Array.isArray(json)) {
    const list: unknown[] = [];
    for (const entry of json) {
      const value = fromJson(entry, bytes, depth + 1);
      if (!value.ok) return value;
      list.push(value.value);
    }
    return ok(list);
  }
  if (!isPlainObject(json)) return ok(json);
  if ('$value' in json)
    return typeof json.$value === 'string' && VALUES.has(json.$value)
      ? ok(VALUES.get(json.$value))
      : fail('$value: is unknown');
  if ('$array' in json) return arrayIn(json, bytes);
  const entries: unknown = '$entries' in json ? json.$entries : Object.entries(json);
  if (!Array.isArray(entries)) return fail('$entries: is not a list');
  const value: Record<string, unknown> = {};
  for (const entry of entries as readonly unknown[]) {
    if (!Array.isArray(entry) || entry.length !== 2 || typeof entry[0] !== 'string')
      return fail('$entries: is not a list of names and values');
    if (entry[0] === '__proto__') return fail('the name "__proto__" is not allowed');
    const read = fromJson(entry[1], bytes, depth + 1);
    if (!read.ok) return read;
    value[entry[0]] = read.value;
  }
  return ok(value);
}

function arrayIn(json: Record<string, unknown>, bytes: Uint8Array): Result<Numbers> {
  const { $array: name, at, length } = json;
  if (!isArrayName(name)) return fail('$array: is none of the types of arrays');
  if (!isWhole(at) || !isWhole(length)) return fail('$array: at and length are not whole numbers');
  const end = at + length * ARRAYS[name].BYTES_PER_ELEMENT;
  if (end > bytes.length)
    return fail(`$array: ${at} to ${end} is outside the ${bytes.length} bytes of the arrays`);
  // `slice` copies, also to an address that fits the type.
  return ok(new ARRAYS[name](bytes.slice(at, end).buffer));
}

function isArrayName(name: unknown): name is ArrayName {
  return typeof name === 'string' && Object.hasOwn(ARRAYS, name);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function nameOf(array: Numbers): string {
  return tagOf(array).slice('[object '.length, -1);
}
