import { crc32 } from './crc32.ts';
import { hex } from './hex.ts';

const BYTES = 16;

/**
 * 32 hexadecimal digits that follow from the bytes alone: of SHA-256 where there is hashing, which browsers offer on secure origins; else the CRC-32 of
 * each quarter. Equal files give equal digits, on one machine.
 */
export async function contentId(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const subtle = (globalThis.crypto as Partial<Crypto>).subtle;
  if (subtle) return hex(new Uint8Array(await subtle.digest('SHA-256', bytes)).subarray(0, BYTES));
  const quarter = Math.ceil(bytes.length / 4);
  const sums = [0, 1, 2, 3].map((part) => crc32(bytes.subarray(part * quarter, (part + 1) * quarter)));
  return hex(new Uint8Array(Uint32Array.from(sums).buffer));
}
