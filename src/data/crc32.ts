/**
 * CRC-32 with the reflected polynomial 0xEDB88320 (the checksum of gzip, RFC 1952, section 8), eight bytes a
 * step with eight tables. It notices every damage confined to 32 neighbouring bits; it is no protection
 * against deliberate changes. Continue a checksum over a further piece by passing the one so far. Returns a u32.
 */
export function crc32(bytes: Uint8Array, soFar = 0): number {
  let crc = ~soFar;
  const end = bytes.length;
  let at = 0;
  for (const fast = end - 7; at < fast; at += 8) {
    const low = crc ^ (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
    crc =
      TABLES[0x700 | (low & 255)] ^
      TABLES[0x600 | ((low >>> 8) & 255)] ^
      TABLES[0x500 | ((low >>> 16) & 255)] ^
      TABLES[0x400 | (low >>> 24)] ^
      TABLES[0x300 | bytes[at + 4]] ^
      TABLES[0x200 | bytes[at + 5]] ^
      TABLES[0x100 | bytes[at + 6]] ^
      TABLES[bytes[at + 7]];
  }
  for (; at < end; at++) crc = TABLES[(crc ^ bytes[at]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Table t at t * 256: what a byte does to the checksum when t zero bytes follow it. */
const TABLES = buildTables();

function buildTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256];
    tables[at] = tables[before & 255] ^ (before >>> 8);
  }
  return tables;
}
