import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../src/data/crc32.ts';
import { gunzipMeasured, scanGzip } from '../../../src/data/gunzip.ts';
import { ok } from '../../../src/data/result.ts';

/** The content announces its length in one byte. */
const content = Uint8Array.from({ length: 40 }, (_, i) => (i === 0 ? 40 : i % 7));
const measure = (head: Uint8Array) => ok(head[0]);

function gzip(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(gzipSync(bytes));
}

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function reasonOf(bytes: Uint8Array): string {
  const read = gunzipMeasured(bytes, 1, measure);
  if (read.ok) expect(read.value).toEqual(content);
  return read.ok ? 'read' : read.reason;
}

/** A member whose header holds these optional fields, with its own checksum if wanted. */
function member(flags: number, fields: Uint8Array, headerCrc = (crc: number) => crc): Uint8Array {
  const packed = gzip(content);
  const header = join(packed.subarray(0, 10), fields);
  header[3] = flags;
  const crc = headerCrc(crc32(header));
  const own = flags & 2 ? Uint8Array.of(crc & 255, (crc >>> 8) & 255) : new Uint8Array(0);
  return join(header, own, packed.subarray(10));
}

const text = (value: string) => new TextEncoder().encode(value);
const empty = gzip(new Uint8Array(0));
const whole = gzip(content);
const halves = [gzip(content.subarray(0, 17)), gzip(content.subarray(17))];

describe('a gzip file', () => {
  it.each([
    ['one member', whole],
    ['two members', join(...halves)],
    ['a member for every byte', join(...Array.from(content, (byte) => gzip(Uint8Array.of(byte))))],
    ['an empty first member', join(empty, whole)],
    ['an empty last member', join(whole, empty)],
    ['empty members in between', join(halves[0], empty, empty, halves[1])],
    ['zeros after it', join(whole, new Uint8Array(512))],
    ['a single zero after it', join(whole, new Uint8Array(1))],
    ['zeros after an empty last member', join(whole, empty, new Uint8Array(20_000))],
    ['1,000 empty members', join(whole, ...Array.from({ length: 1000 }, () => empty))],
    ['a name and a comment', member(24, text('name\0a comment\0'))],
    ['an extra field', member(4, Uint8Array.of(3, 0, 1, 2, 3))],
    ['a name longer than a turn', member(8, text(`${'n'.repeat(40_000)}\0`))],
    ['a name longer than a turn in a later member', join(empty, member(8, text(`${'n'.repeat(40_000)}\0`)))],
    ['a checksum of its header', member(2, new Uint8Array(0))],
    ['a checksum of a header with a name', member(10, text('name\0'))],
  ])('of %s is read', (_, bytes) => {
    expect(reasonOf(bytes)).toBe('read');
    const pieces: Uint8Array[] = [];
    expect(scanGzip(bytes, 1, measure, (piece) => pieces.push(piece.slice()))).toEqual(ok(40));
    expect(join(...pieces)).toEqual(content);
  });

  const wrong = (bytes: Uint8Array, at: number) => bytes.with(at, bytes[at] ^ 1);
  it.each([
    [
      'a wrong checksum of the first member',
      join(wrong(halves[0], halves[0].length - 8), halves[1]),
      /checksum of member 1/,
    ],
    [
      'a wrong checksum of the last member',
      join(halves[0], wrong(halves[1], halves[1].length - 8)),
      /checksum of member 2/,
    ],
    ['a wrong length', wrong(whole, whole.length - 4), /checksum of member 1/],
    [
      'a wrong checksum before zeros',
      join(wrong(whole, whole.length - 8), new Uint8Array(9)),
      /member 1 is damaged, or/,
    ],
    [
      'a wrong checksum of the header',
      member(2, new Uint8Array(0), (crc) => crc ^ 1),
      /checksum of a member's header/,
    ],
    ['text after it', join(whole, text('and more')), /what follows it is neither a member nor zero bytes/],
    ['one byte after it', join(whole, text('!')), /what follows it is neither/],
    ['zeros and then a member', join(halves[0], new Uint8Array(4), halves[1]), /what follows it is neither/],
    ['reserved flags', member(0x80, new Uint8Array(0)), /reserved flags/],
    ['another method in a later member', join(empty, wrong(whole, 2)), /neither a member|method/],
    ['reserved flags in a later member', join(empty, member(0x40, new Uint8Array(0))), /reserved flags/],
    ['a name without an end', member(8, text('n'.repeat(200_000))), /header is longer than 65536/],
    [
      'a name without an end in a later member',
      join(empty, member(8, text('n'.repeat(200_000)))),
      /header is longer than 65536/,
    ],
    [
      'more members than the limit',
      join(...Array.from({ length: 16_400 }, () => empty)),
      /more than 16384 members/,
    ],
  ])('with %s is refused', (_, bytes, sentence) => {
    expect(reasonOf(bytes)).toMatch(sentence);
  });

  it('cut anywhere is refused', () => {
    const file = join(...halves, member(8, text('name\0')));
    const ends = [halves[0].length, halves[0].length + halves[1].length, file.length];
    for (let length = 0; length < file.length; length++) {
      const reason = reasonOf(file.subarray(0, length));
      if (length === ends[1]) expect(reason).toBe('read');
      else expect(reason).toMatch(/^(gzip|length|header): /);
    }
  });

  it('cut into members anywhere, padded and of any content is read back', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 2, maxLength: 255 }),
        fc.array(fc.nat(), { maxLength: 5 }),
        fc.nat({ max: 30 }),
        (bytes, cuts, padding) => {
          const wanted = new Uint8Array(bytes);
          wanted[0] = wanted.length;
          const at = [0, ...cuts.map((cut) => cut % wanted.length).sort((a, b) => a - b), wanted.length];
          const members = at.slice(1).map((end, i) => gzip(wanted.subarray(at[i], end)));
          const read = gunzipMeasured(join(...members, new Uint8Array(padding)), 1, measure);
          expect(read).toEqual(ok(wanted));
        },
      ),
      { numRuns: 100 },
    );
  });
});
