import { encode } from 'fast-png';

/** A PNG file of grey levels that depend on the place alone, by another encoder. */
export function smallPng(width = 6, height = 5): Uint8Array<ArrayBuffer> {
  const data = Uint8Array.from({ length: width * height }, (_, i) => (i * 37) & 255);
  return Uint8Array.from(encode({ width, height, data, channels: 1, depth: 8 }));
}
