import { gunzipMeasured } from '../gunzip.ts';
import { isGzip } from '../is-gzip.ts';
import { fail, ok, type Result } from '../result.ts';
import { bytesOf, countOf, numbersAt, type NumberArray, type NumberType } from './numbers.ts';

/** Element types of IDX, by the third byte of a file. All are big-endian. */
const TYPES: Readonly<Record<number, NumberType | undefined>> = {
  0x08: 'u1',
  0x09: 'i1',
  0x0b: 'i2',
  0x0c: 'i4',
  0x0d: 'f4',
  0x0e: 'f8',
};
const MAX_DIMENSIONS = 4;

/** What the first bytes of an IDX file say; null where they are of no IDX file. */
export function idxKind(head: Uint8Array): { readonly type: NumberType; readonly dimensions: number } | null {
  const type = head.length >= 4 && head[0] === 0 && head[1] === 0 ? TYPES[head[2]] : undefined;
  return type && head[3] >= 1 && head[3] <= MAX_DIMENSIONS ? { type, dimensions: head[3] } : null;
}

/** IDX of any element type, of one to four dimensions, plain or gzipped. A reason begins with `name` and names the field. */
export function readIdxNumbers(bytes: Uint8Array<ArrayBuffer>, name: string): Result<NumberArray> {
  const content = isGzip(bytes) ? unpacked(bytes) : ok(bytes);
  if (!content.ok) return fail(`${name}: ${content.reason}`);
  const header = headerOf(content.value);
  if (!header.ok) return fail(`${name}: ${header.reason}`);
  const { type, shape, start, count } = header.value;
  const length = start + count * bytesOf(type);
  if (content.value.length !== length)
    return fail(
      content.value.length < length
        ? `${name}: length: truncated: ${content.value.length} of ${length} bytes`
        : `${name}: length: ${content.value.length - length} trailing bytes after the last element`,
    );
  return ok({ name, shape, values: numbersAt(content.value, start, count, type, false) });
}

interface Header {
  readonly type: NumberType;
  readonly shape: readonly number[];
  readonly count: number;
  /** Where the elements begin. */
  readonly start: number;
}

function headerOf(head: Uint8Array): Result<Header> {
  if (head.length < 4) return fail('magic: truncated');
  const kind = idxKind(head);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (!kind)
    return fail(
      `magic: found 0x${view.getUint32(0).toString(16).padStart(8, '0')}, expected 0x000008nn to 0x00000enn with 1 to ${MAX_DIMENSIONS} dimensions nn`,
    );
  const start = 4 + 4 * kind.dimensions;
  if (head.length < start) return fail(`header: truncated: ${head.length} of ${start} bytes`);
  const shape = Array.from({ length: kind.dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const count = countOf(shape);
  return count.ok ? ok({ ...kind, shape, count: count.value, start }) : count;
}

/** Unpacked twice: how long the header is stands in the first four bytes, after which the first time ends. */
function unpacked(bytes: Uint8Array<ArrayBuffer>): Result<Uint8Array<ArrayBuffer>> {
  let dimensions = 0;
  const first = gunzipMeasured(bytes, 4, (head) => {
    dimensions = idxKind(head)?.dimensions ?? 0;
    return fail('magic: the gzip file holds no IDX file');
  });
  if (dimensions === 0) return first;
  return gunzipMeasured(bytes, 4 + 4 * dimensions, (head) => {
    const header = headerOf(head);
    return header.ok ? ok(head.length + header.value.count * bytesOf(header.value.type)) : header;
  });
}
