import { Inflate } from 'fflate';
import { crc32 } from './crc32.ts';
import { fail, ok } from './result.ts';
import type { Result } from './result.ts';

/** Deflate never packs more than 1,032 bytes into one (two bits for a copy of 258). */
const MAX_RATIO = 1032;
/** Compressed bytes handed over at a time: what one turn can unpack stays under 17 MiB. */
const TURN = 16384;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks one gzip member (RFC 1952) whose content says its own size: `measure` gets the first `headBytes`
 * bytes and returns how many there must be in all. Only then is memory taken, and never more than that: a
 * bomb ends as soon as it exceeds what it promised. The trailer's checksum is verified. Reasons begin with
 * the field ("gzip: ..."), without the file's name.
 */
export function gunzipMeasured(
  bytes: Uint8Array,
  headBytes: number,
  measure: (head: Uint8Array) => Result<number>,
): Result<Uint8Array<ArrayBuffer>> {
  const start = gzipHeaderLength(bytes);
  if (!start.ok) return start;
  const end = bytes.length - 8;
  if (end <= start.value) return fail('gzip: truncated');

  const packedBytes = end - start.value;
  const sink = new MeasuredSink(headBytes, (head) => {
    const size = measure(head);
    return size.ok && size.value > packedBytes * MAX_RATIO
      ? fail(`gzip: truncated: ${packedBytes} packed bytes cannot hold the ${size.value} announced`)
      : size;
  });
  const inflate = new Inflate((chunk) => sink.write(chunk));
  try {
    for (let at = start.value; at < end && sink.problem === null; at += TURN) {
      const next = Math.min(at + TURN, end);
      inflate.push(bytes.subarray(at, next), next === end);
    }
  } catch (error) {
    // fflate throws for broken streams; an earlier refusal says more.
    const detail = error instanceof Error ? error.message : 'unreadable';
    return fail(sink.problem ?? `gzip: damaged or truncated (${detail})`);
  }
  const content = sink.finish();
  if (!content.ok) return content;
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + end, 8);
  if (
    trailer.getUint32(4, true) !== content.value.length ||
    trailer.getUint32(0, true) !== crc32(content.value)
  )
    return fail('gzip: the checksum does not match: the file is damaged or has bytes after its end');
  return content;
}

/** Collects chunks into memory that is taken once, when the first bytes have told how much it will be. */
class MeasuredSink {
  problem: string | null = null;
  private readonly head: Uint8Array<ArrayBuffer>;
  private content: Uint8Array<ArrayBuffer> | null = null;
  private length = 0;

  constructor(
    headBytes: number,
    private readonly measure: (head: Uint8Array) => Result<number>,
  ) {
    this.head = new Uint8Array(headBytes);
  }

  write(chunk: Uint8Array): void {
    if (this.problem !== null) return;
    let rest = chunk;
    if (this.content === null) {
      const missing = this.head.length - this.length;
      this.head.set(rest.subarray(0, missing), this.length);
      this.length += Math.min(missing, rest.length);
      if (rest.length < missing) return;
      rest = rest.subarray(missing);
      const size = this.measure(this.head);
      if (!size.ok) {
        this.problem = size.reason;
        return;
      }
      this.content = new Uint8Array(size.value);
      this.content.set(this.head);
    }
    if (this.length + rest.length > this.content.length) {
      this.problem = `length: unpacks to more than the ${this.content.length} bytes announced`;
      return;
    }
    this.content.set(rest, this.length);
    this.length += rest.length;
  }

  finish(): Result<Uint8Array<ArrayBuffer>> {
    if (this.problem !== null) return fail(this.problem);
    if (this.content === null) return fail(`header: truncated: ${this.length} of ${this.head.length} bytes`);
    if (this.length < this.content.length)
      return fail(`length: truncated: ${this.length} of the ${this.content.length} bytes announced`);
    return ok(this.content);
  }
}

/** Length of the member's header with its optional fields (RFC 1952, section 2.3). */
function gzipHeaderLength(bytes: Uint8Array): Result<number> {
  const truncated = fail<number>('gzip: truncated header');
  if (bytes.length < 18) return truncated;
  if (bytes[2] !== 8) return fail(`gzip: compression method ${bytes[2]} is not deflate`);
  const flags = bytes[3];
  if (flags & 0xe0) return fail('gzip: reserved flags are set');
  let at = 10;
  if (flags & 4) at += 2 + (bytes[at] | (bytes[at + 1] << 8));
  for (const field of [8, 16]) {
    if (!(flags & field)) continue;
    const zero = bytes.indexOf(0, at);
    if (zero < 0) return truncated;
    at = zero + 1;
  }
  if (flags & 2) at += 2;
  return at < bytes.length ? ok(at) : truncated;
}
