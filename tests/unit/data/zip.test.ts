import { deflateSync, zipSync } from 'fflate';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isZip, readZip, writeZip, type ZipLimits } from '../../../src/data/zip.ts';

const LIMITS: ZipLimits = { entries: 8, entryBytes: 2 ** 20, bytes: 2 ** 21 };
const rest = () => Promise.resolve();

async function written(files: Parameters<typeof writeZip>[0]): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Blob(await writeZip(files, rest)).arrayBuffer());
}

function reason(bytes: Uint8Array<ArrayBuffer>, limits = LIMITS): string {
  const read = readZip(bytes, 'a.zip', limits);
  expect(read.ok).toBe(false);
  return read.ok ? '' : read.reason;
}

/** The archive with other numbers in the directory entry of its only file; a wrong size of the file itself stays hidden there. */
function lying(bytes: Uint8Array<ArrayBuffer>, field: number, value: number): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const directory = view.getUint32(copy.length - 22 + 16, true);
  view.setUint32(directory + field, value, true);
  return copy;
}

const PACKED_SIZE = 20;
const SIZE = 24;

describe('a zip archive', () => {
  it('is read back as it was written, stored and packed, and equal files give equal bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          fc.record({
            name: fc.stringMatching(/^[a-z]{1,8}(\/[a-zé]{1,8})?$/),
            bytes: fc.uint8Array({ maxLength: 3000 }).map((bytes) => Uint8Array.from(bytes)),
            packed: fc.boolean(),
          }),
          { maxLength: 6, selector: ({ name }) => name },
        ),
        async (files) => {
          const bytes = await written(files);
          expect(isZip(bytes)).toBe(true);
          expect(await written(files)).toEqual(bytes);
          const read = readZip(bytes, 'a.zip', LIMITS);
          expect(read).toEqual({ ok: true, value: files.map(({ name, bytes: b }) => ({ name, bytes: b })) });
        },
      ),
      { numRuns: 100, seed: 1 },
    );
  });

  it('is written in steps, between which the page can answer', async () => {
    let pauses = 0;
    const bytes = new Uint8Array(3.5 * 2 ** 20);
    await writeZip([{ name: 'large', bytes, packed: false }], () => {
      pauses++;
      return Promise.resolve();
    });
    expect(pauses).toBe(4);
  });

  it('is refused where it holds more than it may, before anything is unpacked', () => {
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`f${i}`, new Uint8Array(1)]));
    expect(reason(zipSync(many))).toBe('a.zip: entries: more than 8');
    // A thousandth of its content: fflate packs it well, and it may not be unpacked.
    const large = zipSync({ 'zeros.bin': new Uint8Array(2 ** 20 + 1) });
    expect(large.length).toBeLessThan(5000);
    expect(reason(large)).toBe('a.zip: "zeros.bin": size: larger than 1 MiB');
    const both = { a: new Uint8Array(2 ** 20), b: new Uint8Array(2 ** 20), c: new Uint8Array(1) };
    expect(reason(zipSync(both))).toBe('a.zip: size: the entries are larger than 2 MiB together');
  });

  it('is refused where its directory lies', () => {
    const one = zipSync({ a: new Uint8Array(1000) });
    expect(reason(lying(one, SIZE, 0xffffffff))).toMatch(/^a\.zip: /);
    expect(reason(lying(one, SIZE, 900_000))).toMatch(
      /^a\.zip: "a": size: 900000 bytes cannot come from \d+ packed/,
    );
    expect(reason(lying(one, SIZE, 999))).toMatch(/^a\.zip: /);
    expect(reason(lying(one, PACKED_SIZE, 0x7fffffff))).toMatch(/^a\.zip: /);
    const stored = zipSync({ a: [new Uint8Array(1000), { level: 0 }] });
    expect(reason(lying(stored, SIZE, 2000))).toBe('a.zip: "a": size: 2000 bytes are announced, 1000 stored');
    expect(reason(one.slice(0, -30))).toBe('a.zip: zip: the archive is damaged');
    expect(reason(deflateSync(new Uint8Array(100)))).toBe('a.zip: zip: the archive is damaged');
  });

  it('is refused where a name stands there twice, and may call a file __proto__', async () => {
    const bytes = new Uint8Array(3);
    const twice = await written([
      { name: 'a', bytes, packed: false },
      { name: 'a', bytes, packed: false },
    ]);
    expect(reason(twice)).toBe('a.zip: "a": there are two entries of this name');
    const odd = await written([{ name: '__proto__', bytes: Uint8Array.of(1), packed: false }]);
    const read = readZip(odd, 'a.zip', LIMITS);
    expect(read.ok || read.reason).toBeTruthy();
    expect(({} as Record<string, unknown>)[0]).toBeUndefined();
  });
});
