import { cleanText } from '../clean-text.ts';
import { isNpy, readNpy } from '../npy-read.ts';
import { fail, ok, type Result } from '../result.ts';
import { readZip } from '../zip.ts';
import { MAX_VALUES, type NumberArray } from './numbers.ts';

/** An archive of arrays with its images, labels and a few more. */
const LIMITS = { entries: 256, entryBytes: MAX_VALUES + 65536, bytes: 2 * MAX_VALUES } as const;

const isArray = (entry: string) => /\.npy$/i.test(entry) && !/(^|\/)(\.|__MACOSX)/.test(entry);

/**
 * The arrays of an NPZ archive by name, without the ending. One that cannot be read, such as one of objects, is left out where others can, and
 * named in a note. Other entries are not unpacked.
 */
export function readNpz(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
): Result<{ readonly arrays: readonly NumberArray[]; readonly notes: readonly string[] }> {
  const entries = readZip(bytes, name, LIMITS, isArray);
  if (!entries.ok) return entries;
  const arrays: NumberArray[] = [];
  const unread: string[] = [];
  for (const entry of entries.value) {
    const called = cleanText(entry.name.replace(/\.npy$/i, '')) || 'array';
    // Names that differ in what is not shown alone.
    const again = arrays.filter((each) => each.name === called).length;
    const array = readNpy(entry.bytes, again > 0 ? `${called} (${arrays.length + 1})` : called);
    if (array.ok) arrays.push(array.value);
    else unread.push(array.reason);
  }
  if (entries.value.length === 0) return fail(`${name}: entries: there is no .npy array in the archive`);
  if (arrays.length === 0) return fail(`${name}: ${unread[0]}`);
  return ok({ arrays, notes: unread.map((reason) => `left out: ${reason}`) });
}

/** Whether a zip archive begins with an array, as those that NumPy writes do. */
export function beginsWithArray(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 30 || view.getUint32(0, true) !== 0x04034b50) return false;
  const first = new TextDecoder('latin1').decode(head.subarray(30, 30 + view.getUint16(26, true)));
  return isArray(first) || isNpy(head.subarray(30 + view.getUint16(26, true)));
}
