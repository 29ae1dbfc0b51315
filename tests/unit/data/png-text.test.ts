import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../src/data/crc32.ts';
import { textOf, withText } from '../../../src/data/png-text.ts';
import type { Result } from '../../../src/data/result.ts';
import { smallPng } from './pngs.ts';

const PNG = smallPng();
const ENTRIES = [
  { keyword: 'Title', text: 'A drawing' },
  { keyword: 'Description', text: 'log p −81.2 nats\nÅ 漢字 🖋 & < >' },
  { keyword: 'Inkling-Link', text: 'https://example.org/a/#/play?left=tree&seed=1' },
];

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

/** A chunk with the right checksum. */
function chunk(type: string, data: readonly number[]): number[] {
  const body = [...new TextEncoder().encode(type), ...data];
  const number = (u32: number) => [u32 >>> 24, (u32 >>> 16) & 255, (u32 >>> 8) & 255, u32 & 255];
  return [...number(data.length), ...body, ...number(crc32(Uint8Array.from(body)))];
}

/** The file with further chunks behind its header. */
function withChunks(...chunks: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...PNG.subarray(0, 33), ...chunks.flat(), ...PNG.subarray(33)]);
}

const bytes = (text: string) => [...new TextEncoder().encode(text)];

describe('texts in PNG files', () => {
  it('are read back as they were written, and leave the picture as it was', () => {
    const written = value(withText(PNG, ENTRIES));
    expect(value(textOf(written))).toEqual(ENTRIES);
    expect(decode(written).data).toEqual(decode(PNG).data);
    expect(value(textOf(PNG))).toEqual([]);
  });

  it('stand behind the header, with checksums that another reader accepts', () => {
    const written = value(withText(PNG, ENTRIES));
    expect(new TextDecoder('latin1').decode(written.subarray(37, 41))).toBe('iTXt');
    // fast-png checks every checksum.
    expect(() => decode(written, { checkCrc: true })).not.toThrow();
    const damaged = written.slice();
    damaged[45] ^= 1;
    expect(() => decode(damaged, { checkCrc: true })).toThrow();
  });

  it('replace those under the same keyword', () => {
    const twice = value(withText(value(withText(PNG, ENTRIES)), [{ keyword: 'Title', text: 'Another' }]));
    expect(value(textOf(twice)).filter(({ keyword }) => keyword === 'Title')).toEqual([
      { keyword: 'Title', text: 'Another' },
    ]);
    expect(value(textOf(twice))).toHaveLength(ENTRIES.length);
    expect(decode(twice).data).toEqual(decode(PNG).data);
  });

  it('may be tEXt of other programs, in Latin-1', () => {
    expect(value(textOf(withChunks(chunk('tEXt', [...bytes('Author'), 0, 0xc5, 0x62]))))).toEqual([
      { keyword: 'Author', text: 'Åb' },
    ]);
  });

  it.each([
    ['compressed iTXt', chunk('iTXt', [...bytes('Inkling-Link'), 0, 1, 0, 0, 0, 0x78, 0x9c, 1, 2])],
    ['zTXt', chunk('zTXt', [...bytes('Inkling-Link'), 0, 0, 0x78, 0x9c, 1, 2])],
    ['a wrong checksum', chunk('tEXt', [...bytes('Inkling-Link'), 0, 65]).with(-1, 7)],
    ['no end of the keyword', chunk('tEXt', bytes('Inkling-Link'))],
    ['an empty keyword', chunk('tEXt', [0, 65])],
    ['a keyword with a line break', chunk('tEXt', [...bytes('Inkling\nLink'), 0, 65])],
    ['no UTF-8', chunk('iTXt', [...bytes('Inkling-Link'), 0, 0, 0, 0, 0, 0xff])],
    ['more than 64 KiB', chunk('tEXt', [...bytes('Inkling-Link'), 0, ...new Uint8Array(2 ** 16)])],
  ])('are passed over: %s', (_, added) => {
    expect(value(textOf(withChunks(added)))).toEqual([]);
  });

  it.each([
    ['no PNG', Uint8Array.of(1, 2, 3), 'signature: not a PNG file'],
    ['nothing', new Uint8Array(0), 'signature: not a PNG file'],
    ['no end', PNG.slice(0, PNG.length - 12), 'IEND: missing'],
    ['a length beyond the file', PNG.slice().fill(0xff, 33, 37), /announces 4294967295 bytes/],
    ['another first chunk', PNG.slice().fill(0x41, 12, 16), 'IHDR: missing, or not of 13 bytes'],
    ['a type of other characters', PNG.slice().fill(0x20, 37, 41), 'chunk 2: its type is no four letters'],
    [
      'many texts',
      withChunks(...Array.from({ length: 65 }, () => chunk('tEXt', [65, 0, 66]))),
      /more than 64 texts/,
    ],
  ])('are not read from a file with %s', (_, file, reason) => {
    const read = textOf(file);
    expect(!read.ok && read.reason).toMatch(reason);
  });

  it.each([
    ['', 'text', /keyword/],
    [' Title', 'text', /keyword/],
    ['K'.repeat(80), 'text', /keyword/],
    ['Titel\u0000', 'text', /keyword/],
    ['Title', 'a'.repeat(2 ** 16), 'Title: longer than 64 KiB'],
  ])('are refused: keyword %j', (keyword, text, reason) => {
    const written = withText(PNG, [{ keyword, text }]);
    expect(!written.ok && written.reason).toMatch(reason);
  });
});
