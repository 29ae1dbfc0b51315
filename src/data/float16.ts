/**
 * Half precision: IEEE 754 binary16, with 11 significant bits, from 6e-8 (subnormal) to 65504. `Float16Array` would do this where it
 * exists, which is in neither every browser nor Node 20.
 */

/** The largest number that half precision holds. */
export const MAX_HALF = 65504;

const scratch = new DataView(new ArrayBuffer(4));

/** The bits of the nearest number in half precision, ties to the even one; above 65519 in size it is an infinity. */
export function toHalf(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  // From 65520 on the nearest number is out of range.
  if (size >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 the spacing is fixed at 2^-24.
  if (size < 0x38800000) return sign | roundToEven(Math.abs(value) * 2 ** 24);
  // The exponent's bias goes from 127 to 15, the mantissa from 23 to 10 bits; a carry moves into the exponent, as it should.
  const kept = (size - 0x38000000) >>> 13;
  const rest = size & 0x1fff;
  return sign | (kept + (rest > 0x1000 || (rest === 0x1000 && (kept & 1) === 1) ? 1 : 0));
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** The number of these 16 bits. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 0x3ff;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
}

/** The bits of the nearest numbers in half precision, [count]. */
export function halves(values: Float32Array): Uint16Array<ArrayBuffer> {
  return Uint16Array.from(values, toHalf);
}

/** The numbers of these bits, [count]. */
export function floatsOf(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = fromHalf(bits[i]);
  return values;
}

/** Whether half precision holds all of them exactly: those of a file in half precision. */
export function areHalves(values: Float32Array): boolean {
  return values.every((value) => fromHalf(toHalf(value)) === value);
}
