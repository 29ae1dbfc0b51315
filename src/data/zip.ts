import { unzipSync, Zip, ZipPassThrough, ZipDeflate } from 'fflate';
import { cleanText } from './clean-text.ts';
import { crc32 } from './crc32.ts';
import type { NamedFile } from './idx-pair.ts';
import { fail, ok, type Result } from './result.ts';

/** What an archive may hold, so that a small file cannot ask for much memory or time. */
export interface ZipLimits {
  readonly entries: number;
  /** Of one entry, unpacked. */
  readonly entryBytes: number;
  /** Of all entries that are taken, unpacked. */
  readonly bytes: number;
}

/** Deflate never packs more than 1,032 bytes into one. */
const MAX_RATIO = 1032;
/** Bytes that are packed between two looks at the event loop. */
const STEP_BYTES = 2 ** 20;
/** The earliest time that a zip archive can state: equal contents give equal bytes. */
const NO_TIME = '1980-01-01T00:00:00';

/** Signatures and lengths of the directory (APPNOTE of PKWARE, sections 4.3.12 and 4.3.16). */
const DIRECTORY_ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;

/** An expected failure inside a callback of fflate. */
class Refusal extends Error {}

/** Whether the bytes begin as a zip archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

/**
 * The entries of a zip archive that `wanted` takes, by name, folders left out. What the directory of the archive claims is checked against the
 * limits before memory is taken; lengths and CRC-32 are compared with what is unpacked. A reason reads "file: field: what is wrong".
 */
export function readZip(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  limits: ZipLimits,
  wanted: (entry: string) => boolean = () => true,
): Result<NamedFile[]> {
  const claimed = new Map<string, number>();
  let seen = 0;
  let total = 0;
  try {
    const files = unzipSync(bytes, {
      filter: ({ name: entry, size, originalSize, compression }) => {
        if (++seen > limits.entries) throw new Refusal(`entries: more than ${limits.entries}`);
        if (entry.endsWith('/') || !wanted(entry)) return false;
        const shown = `"${cleanText(entry, 60)}"`;
        if (claimed.has(entry)) throw new Refusal(`${shown}: there are two entries of this name`);
        if (compression !== 0 && compression !== 8)
          throw new Refusal(
            `${shown}: compression: method ${compression} is neither stored (0) nor deflate (8)`,
          );
        if (!(originalSize <= limits.entryBytes))
          throw new Refusal(`${shown}: size: larger than ${mebibytes(limits.entryBytes)}`);
        total += originalSize;
        if (total > limits.bytes)
          throw new Refusal(`size: the entries are larger than ${mebibytes(limits.bytes)} together`);
        if (size > bytes.length || originalSize > size * MAX_RATIO)
          throw new Refusal(`${shown}: size: ${originalSize} bytes cannot come from ${size} packed ones`);
        if (compression === 0 && size !== originalSize)
          throw new Refusal(`${shown}: size: ${originalSize} bytes are announced, ${size} stored`);
        claimed.set(entry, originalSize);
        return true;
      },
    });
    const entries: NamedFile[] = [];
    const sums = checksumsIn(bytes);
    for (const [entry, length] of claimed) {
      const content = Object.hasOwn(files, entry) ? files[entry] : undefined;
      const sum = sums.get(entry);
      if (content && sum !== undefined && crc32(content) !== sum)
        return fail(`${name}: "${cleanText(entry, 60)}": crc32: does not match: the archive is damaged`);
      if (content?.length !== length)
        return fail(
          `${name}: "${cleanText(entry, 60)}": ${content?.length ?? 0} of ${length} bytes are there`,
        );
      entries.push({ name: entry, bytes: content });
    }
    return ok(entries);
  } catch (error) {
    if (error instanceof Refusal) return fail(`${name}: ${error.message}`);
    // fflate throws Errors for broken archives, and a RangeError where a directory points outside of the file.
    return fail(`${name}: zip: the archive is damaged`);
  }
}

/** The CRC-32 of every entry by its name, as the directory of the archive states them; fflate does not compare them. */
function checksumsIn(bytes: Uint8Array): Map<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sums = new Map<string, number>();
  let end = bytes.length - END_BYTES;
  while (end >= 0 && view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
  if (end < 0) return sums;
  const decoder = new TextDecoder();
  let at = view.getUint32(end + 16, true);
  while (at + ENTRY_BYTES <= end && view.getUint32(at, true) === DIRECTORY_ENTRY) {
    const name = bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + view.getUint16(at + 28, true));
    sums.set(decoder.decode(name), view.getUint32(at + 16, true));
    at += ENTRY_BYTES + name.length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return sums;
}

/** A file of an archive that is written; `packed` files are deflated, others stored as they are. */
export interface ZipEntry extends NamedFile {
  readonly packed: boolean;
}

/**
 * A zip archive of files. `pause` is awaited between steps of a mebibyte, so that a page stays responsive. Equal files give equal bytes.
 * Throws what `pause` rejects with.
 */
export async function writeZip(
  files: readonly ZipEntry[],
  pause: () => Promise<void>,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    parts.push(chunk);
  });
  for (const { name, bytes, packed } of files) {
    const entry = packed ? new ZipDeflate(name, { level: 6 }) : new ZipPassThrough(name);
    entry.mtime = NO_TIME;
    zip.add(entry);
    for (let at = 0; ; at += STEP_BYTES) {
      const last = at + STEP_BYTES >= bytes.length;
      // A copy: fflate may keep the array, and hand it on.
      entry.push(bytes.slice(at, at + STEP_BYTES), last);
      if (last) break;
      await pause();
    }
    await pause();
  }
  zip.end();
  return parts;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
