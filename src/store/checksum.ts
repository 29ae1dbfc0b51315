import { crc32 } from '../data/crc32.ts';

/**
 * A plain deep copy for the store: proxies are replaced by their targets, and a view of a larger buffer is copied
 * without the rest of that buffer. Throws TypeError, naming the field, for anything but
 * null, booleans, numbers, strings, arrays, plain objects and the typed arrays of bytes, words and floats.
 */
export function plainCopy(value: unknown, field = 'value'): unknown {
  if (value === null || ['undefined', 'boolean', 'number', 'string'].includes(typeof value)) return value;
  if (isNumbers(value)) return value.byteLength === value.buffer.byteLength ? value : value.slice();
  if (Array.isArray(value)) return value.map((entry, i) => plainCopy(entry, `${field}[${i}]`));
  if (isPlainObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, plainCopy(entry, `${field}.${key}`)]),
    );
  throw new TypeError(`${field}: this kind of value cannot be stored`);
}

/**
 * CRC-32 over everything in a value of those kinds, the same whatever the order of an object's keys. A CRC
 * instead of SHA-256: it detects decay, not tampering, and needs no await, which would end a transaction of IndexedDB.
 * Values of other kinds, which damaged rows may hold, are covered by their type.
 */
export function checksum(value: unknown, soFar = 0): number {
  if (isNumbers(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return crc32(bytes, text(`${tagOf(value)}${value.length}`, soFar));
  }
  if (Array.isArray(value))
    return value.reduce<number>((sum, entry) => checksum(entry, sum), text(`[${value.length}`, soFar));
  if (isPlainObject(value)) {
    const keys = Object.keys(value).sort();
    return keys.reduce(
      (sum, key) => checksum(value[key], text(`${key.length}:${key}`, sum)),
      text(`{${keys.length}`, soFar),
    );
  }
  if (typeof value === 'string') return text(`"${value.length}:${value}`, soFar);
  // -0 and 0 are different values with the same text.
  if (typeof value === 'number') return text(Object.is(value, -0) ? '#-0' : `#${value}`, soFar);
  return text(`${typeof value} ${tagOf(value)} ${value === true ? 'true' : ''}`, soFar);
}

const encoder = new TextEncoder();

function text(characters: string, soFar: number): number {
  return crc32(encoder.encode(characters), soFar);
}

type Numbers = Uint8Array | Uint32Array | Float32Array | Float64Array;
const NUMBERS = new Set([
  '[object Uint8Array]',
  '[object Uint32Array]',
  '[object Float32Array]',
  '[object Float64Array]',
]);

/** By tag, because an array may come from another realm, where `instanceof` fails. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

function isNumbers(value: unknown): value is Numbers {
  return ArrayBuffer.isView(value) && NUMBERS.has(tagOf(value));
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return tagOf(value) === '[object Object]' && !ArrayBuffer.isView(value);
}
