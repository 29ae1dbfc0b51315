import { lazily } from './lazily.ts';

/**
 * CRC-32 with the reflected polynomial 0xEDB88320 (the checksum of gzip, RFC 1952, section 8), eight bytes a
 * step with eight tables. It notices every damage confined to 32 neighbouring bits; it is no protection
 * against deliberate changes. Continue a checksum over a further piece by passing the one so far. Returns a u32.
 */
export function crc32(bytes: Uint8Array, soFar = 0): number {
  const table = tables();
  let crc = ~soFar;
  const end = bytes.length;
  let at = 0;
  for (const fast = end - 7; at < fast; at += 8) {
    const low = crc ^ (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
    crc =
      table[0x700 | (low & 255)] ^
      table[0x600 | ((low >>> 8) & 255)] ^
      table[0x500 | ((low >>> 16) & 255)] ^
      table[0x400 | (low >>> 24)] ^
      table[0x300 | bytes[at + 4]] ^
      table[0x200 | bytes[at + 5]] ^
      table[0x100 | bytes[at + 6]] ^
      table[bytes[at + 7]];
  }
  for (; at < end; at++) crc = table[(crc ^ bytes[at]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Table t at t * 256: what a byte does to the checksum when t zero bytes follow it. */
const tables = lazily(buildTables);

function buildTables(): Int32Array {
  const all = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    all[byte] = crc;
  }
  for (let at = 256; at < all.length; at++) {
    const before = all[at - 256];
    all[at] = all[before & 255] ^ (before >>> 8);
  }
  return all;
}
