import { Gunzip } from 'fflate';
import { crc32 } from './crc32.ts';
import { fail, ok } from './result.ts';
import type { Result } from './result.ts';

/** Deflate never packs more than 1,032 bytes into one (two bits for a copy of 258). */
const MAX_RATIO = 1032;
/** Compressed bytes unpacked in one step: the output of a step stays under 17 MiB. */
const STEP_BYTES = 16384;
/** Four times as many as block gzip needs for 256 MiB. */
const MAX_MEMBERS = 16384;
/** A header holds a file's name and a comment; a longer one is a mistake or an attack. */
const MAX_HEADER = 65536;
const TRAILER = 8;
/** The header of a member that is never unpacked: when fflate reports it, the member before has ended. */
const END_MARK = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);

/**
 * Unpacks a gzip file whose content says its own size: `measure` gets the first `headBytes` bytes and returns how many
 * there must be in all. Only then is memory taken, and never more than that: a decompression bomb is refused as soon as it exceeds
 * what it announced. A file is a series of members (RFC 1952, section 2.2), some of them empty, with zero bytes after the last
 * one as tapes and disks add them; the checksums of every member's header and content are verified. Reasons begin with
 * the field ("gzip: ..."), without the file's name.
 */
export function gunzipMeasured(
  bytes: Uint8Array,
  headBytes: number,
  measure: (head: Uint8Array) => Result<number>,
): Result<Uint8Array<ArrayBuffer>> {
  let content = new Uint8Array(0);
  let at = 0;
  const read = scanGzip(bytes, headBytes, measure, (chunk, length) => {
    if (at === 0) content = new Uint8Array(length);
    content.set(chunk, at);
    at += chunk.length;
  });
  return read.ok ? ok(content) : read;
}

/**
 * The same without keeping the content: `see` gets it piece by piece, the head first, and the measured length. It holds
 * back nothing, so that the first pieces are seen before the last are verified. Returns the length.
 */
export function scanGzip(
  bytes: Uint8Array,
  headBytes: number,
  measure: (head: Uint8Array) => Result<number>,
  see: (chunk: Uint8Array, length: number) => void,
): Result<number> {
  const sink = new MeasuredSink(
    headBytes,
    (head) => {
      const size = measure(head);
      return size.ok && size.value > bytes.length * MAX_RATIO
        ? fail(`gzip: truncated: ${bytes.length} packed bytes cannot hold the ${size.value} announced`)
        : size;
    },
    see,
  );
  const problem = readMembers(bytes, (chunk) => sink.write(chunk));
  return problem === null ? sink.finish() : fail(sink.problem ?? problem);
}

/** Hands the content of all members over until `write` wants no more; returns what is wrong with the file, else null. */
function readMembers(bytes: Uint8Array, write: (chunk: Uint8Array) => boolean): string | null {
  const members = new Members(bytes, write);
  const stream = new Gunzip((chunk) => members.content(chunk));
  stream.onmember = (begin) => members.begin(begin);
  try {
    for (let at = 0; at < bytes.length && members.ended() === null; at += STEP_BYTES) {
      members.nextStep();
      stream.push(bytes.subarray(at, at + STEP_BYTES));
    }
    if (members.ended() === null) stream.push(END_MARK);
  } catch (error) {
    // fflate throws for broken streams, and for what follows a member and is none; an earlier refusal says more.
    return members.ended() ?? members.meaningOf(error);
  }
  return members.ended() ?? members.finish();
}

/** Checks every member as it is read. */
class Members {
  readonly #bytes: Uint8Array;
  readonly #write: (chunk: Uint8Array) => boolean;
  #problem: string | null;
  #count = 1;
  /** Checksum and length of the content of the member under way. */
  #crc = 0;
  #length = 0;
  /** Where the member under way begins; at the end of the file once the last one is complete. */
  #begin = 0;
  /** Bytes since the last content or beginning of a member: all of them lie within one header. */
  #silent = 0;

  constructor(bytes: Uint8Array, write: (chunk: Uint8Array) => boolean) {
    this.#bytes = bytes;
    this.#write = write;
    this.#problem = wrongHeader(bytes, 0);
  }

  /** Why no more need be read; null where the rest is wanted. */
  ended(): string | null {
    return this.#problem;
  }

  nextStep(): void {
    if (this.#silent > MAX_HEADER) this.#problem ??= HEADER_TOO_LONG;
    this.#silent += STEP_BYTES;
  }

  content(chunk: Uint8Array): void {
    this.#silent = 0;
    if (this.#problem !== null || this.#begin >= this.#bytes.length) return;
    this.#crc = crc32(chunk, this.#crc);
    this.#length += chunk.length;
    if (!this.#write(chunk)) this.#problem = 'gzip: not read to its end';
  }

  begin(begin: number): void {
    this.#silent = 0;
    this.#begin = begin;
    if (this.#problem !== null || begin > this.#bytes.length) return;
    if (!this.#endsAt(begin))
      this.#problem = `gzip: the checksum of member ${this.#count} does not match: the file is damaged`;
    else if (begin < this.#bytes.length) this.#problem = this.#wrongNext();
    this.#crc = 0;
    this.#length = 0;
  }

  /** After the mark at the end: what is wrong with the last member. */
  finish(): string | null {
    return this.#begin === this.#bytes.length ? null : `gzip: truncated in member ${this.#count}`;
  }

  /** What an exception of fflate says about the file; null where only zero bytes follow the last member. */
  meaningOf(error: unknown): string | null {
    const detail = error instanceof Error ? error.message : 'unreadable';
    if (detail !== 'invalid gzip data') return `gzip: damaged (${detail})`;
    return this.#endsInZeros()
      ? null
      : `gzip: member ${this.#count} is damaged, or what follows it is neither a member nor zero bytes`;
  }

  #wrongNext(): string | null {
    this.#count++;
    return this.#count > MAX_MEMBERS
      ? `gzip: more than ${MAX_MEMBERS} members`
      : wrongHeader(this.#bytes, this.#begin);
  }

  /** Whether the member under way ends before place `end`: whether its checksum and its length stand there. */
  #endsAt(end: number): boolean {
    const bytes = this.#bytes;
    if (end < TRAILER || end > bytes.length) return false;
    const trailer = new DataView(bytes.buffer, bytes.byteOffset + end - TRAILER, TRAILER);
    return trailer.getUint32(0, true) === this.#crc && trailer.getUint32(4, true) === this.#length;
  }

  /** Whether zero bytes alone follow the member under way, whose trailer may itself end with some. */
  #endsInZeros(): boolean {
    const bytes = this.#bytes;
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end--;
    for (const last = Math.min(end + TRAILER, bytes.length); end <= last; end++)
      if (this.#endsAt(end)) return true;
    return false;
  }
}

const HEADER_TOO_LONG = `gzip: a member's header is longer than ${MAX_HEADER} bytes`;

/** Passes content on, at most as much as its first bytes announce. */
class MeasuredSink {
  problem: string | null = null;
  private readonly head: Uint8Array<ArrayBuffer>;
  private expected: number | null = null;
  private length = 0;

  constructor(
    headBytes: number,
    private readonly measure: (head: Uint8Array) => Result<number>,
    private readonly see: (chunk: Uint8Array, length: number) => void,
  ) {
    this.head = new Uint8Array(headBytes);
  }

  /** Returns whether more is wanted. */
  write(chunk: Uint8Array): boolean {
    let rest = chunk;
    if (this.expected === null) {
      const missing = this.head.length - this.length;
      this.head.set(rest.subarray(0, missing), this.length);
      this.length += Math.min(missing, rest.length);
      if (rest.length < missing) return true;
      rest = rest.subarray(missing);
      const size = this.measure(this.head);
      if (!size.ok) {
        this.problem = size.reason;
        return false;
      }
      this.expected = size.value;
      this.see(this.head, size.value);
    }
    if (this.length + rest.length > this.expected) {
      this.problem = `length: unpacks to more than the ${this.expected} bytes announced`;
      return false;
    }
    if (rest.length > 0) this.see(rest, this.expected);
    this.length += rest.length;
    return true;
  }

  finish(): Result<number> {
    if (this.problem !== null) return fail(this.problem);
    if (this.expected === null) return fail(`header: truncated: ${this.length} of ${this.head.length} bytes`);
    if (this.length < this.expected)
      return fail(`length: truncated: ${this.length} of the ${this.expected} bytes announced`);
    return ok(this.length);
  }
}

/** What is wrong with the header of the member that begins at `start` (RFC 1952, section 2.3); null where all is well. */
function wrongHeader(bytes: Uint8Array, start: number): string | null {
  const head = bytes.subarray(start, start + MAX_HEADER);
  const truncated = bytes.length - start > MAX_HEADER ? HEADER_TOO_LONG : 'gzip: truncated header';
  if (head.length < 18) return truncated;
  if (head[2] !== 8) return `gzip: compression method ${head[2]} is not deflate`;
  const flags = head[3];
  if (flags & 0xe0) return 'gzip: reserved flags are set';
  let at = 10;
  if (flags & 4) at += 2 + (head[at] | (head[at + 1] << 8));
  for (const field of [8, 16]) {
    if (!(flags & field)) continue;
    const zero = head.indexOf(0, at);
    if (zero < 0) return truncated;
    at = zero + 1;
  }
  if (flags & 2) {
    if (at + 2 > head.length) return truncated;
    if ((head[at] | (head[at + 1] << 8)) !== (crc32(head.subarray(0, at)) & 0xffff))
      return "gzip: the checksum of a member's header does not match: the file is damaged";
    at += 2;
  }
  return at < head.length ? null : truncated;
}
