import { fromHalf } from '../float16.ts';
import { fail, ok, type Result } from '../result.ts';

/** Numbers as a file holds them, as floats or whole numbers; int64 as f64. */
export type Numbers =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

export type NumberType = 'u1' | 'i1' | 'u2' | 'i2' | 'u4' | 'i4' | 'u8' | 'i8' | 'f2' | 'f4' | 'f8';

/** Numbers in C order, of this shape. */
export interface NumberArray {
  /** As the visitor knows it: the name of a file, or of an array in it; cleaned. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Numbers;
}

/** Values that one file may hold, or one array of it: bytes of the images that they become. 300,000 images of MNIST's size. */
export const MAX_VALUES = 256 * 1024 * 1024;

export function bytesOf(type: NumberType): number {
  return Number(type[1]);
}

const PLAIN = {
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  f4: Float32Array,
  f8: Float64Array,
} as const;

const READERS = {
  u2: (view, at, little) => view.getUint16(at, little),
  i2: (view, at, little) => view.getInt16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
} as const satisfies Record<string, (view: DataView, at: number, little: boolean) => number>;

/**
 * `count` numbers of this type from `start` on, which the bytes must hold. Bytes and numbers that lie as this machine keeps them are views, not
 * copies. 64-bit integers past 2^53, which no image has, lose their last digits.
 */
export function numbersAt(
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  count: number,
  type: NumberType,
  little: boolean,
): Numbers {
  const at = bytes.byteOffset + start;
  const size = bytesOf(type);
  if (type === 'u8' || type === 'i8') return longNumbers(bytes, start, count, type, little);
  if (type === 'f2') {
    const view = new DataView(bytes.buffer, at, 2 * count);
    const halves = new Float32Array(count);
    for (let i = 0; i < count; i++) halves[i] = fromHalf(view.getUint16(2 * i, little));
    return halves;
  }
  const Kind = PLAIN[type];
  if (size === 1 || (little && LITTLE && at % size === 0)) return new Kind(bytes.buffer, at, count);
  const read: (view: DataView, at: number, little: boolean) => number = READERS[type as keyof typeof READERS];
  const view = new DataView(bytes.buffer, at, size * count);
  const values = new Kind(count);
  for (let i = 0; i < count; i++) values[i] = read(view, size * i, little);
  return values;
}

const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function longNumbers(
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  count: number,
  type: 'u8' | 'i8',
  little: boolean,
): Float64Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, 8 * count);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const low = view.getUint32(8 * i + (little ? 0 : 4), little);
    const highAt = 8 * i + (little ? 4 : 0);
    const high = type === 'i8' ? view.getInt32(highAt, little) : view.getUint32(highAt, little);
    values[i] = high * 2 ** 32 + low;
  }
  return values;
}

/** Product of a shape; fails where it is more than MAX_VALUES, which keeps it exact. */
export function countOf(shape: readonly number[]): Result<number> {
  let count = 1;
  for (const side of shape) {
    count *= side;
    // Before a zero further on too.
    if (count > MAX_VALUES)
      return fail(`shape: ${shapeText(shape)} is more than ${MAX_VALUES >> 20} Mi values; take fewer images`);
  }
  return ok(count);
}

/** "60000 x 28 x 28". */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'a single value' : shape.join(' x ');
}
