/**
 * Arrays in NumPy's format .npy, version 1.0 (NumPy Enhancement Proposal 1): magic bytes, the length of the header, the header as a Python
 * dictionary padded to a multiple of 64, and the elements in C order, little-endian.
 */

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];

/** Numbers as an array of float32 or int32 of this shape, whose product is their count. Throws RangeError for another one. */
export function writeNpy(
  values: Float32Array | Int32Array,
  shape: readonly number[],
): Uint8Array<ArrayBuffer> {
  const count = shape.reduce((product, side) => product * side, 1);
  if (count !== values.length)
    throw new RangeError(`shape: [${shape.join(', ')}] does not fit ${values.length} numbers`);
  const type = values instanceof Float32Array ? '<f4' : '<i4';
  return npy(type, shape, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

/** A text as an array without axes: `str(array)` in Python, or `array.item()`. */
export function writeNpyText(text: string): Uint8Array<ArrayBuffer> {
  const points = Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0);
  // An array of no characters at all is one of a single empty character.
  const stored = points.length > 0 ? points : new Uint32Array(1);
  return npy(`<U${stored.length}`, [], new Uint8Array(stored.buffer));
}

function npy(type: string, shape: readonly number[], data: Uint8Array): Uint8Array<ArrayBuffer> {
  // A tuple of one has a comma behind it.
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const before = MAGIC.length + 2;
  const length = Math.ceil((before + header.length + 1) / 64) * 64 - before;
  const bytes = new Uint8Array(before + length + data.length);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint16(MAGIC.length, length, true);
  bytes.set(new TextEncoder().encode(`${header.padEnd(length - 1)}\n`), before);
  bytes.set(data, before + length);
  return bytes;
}
