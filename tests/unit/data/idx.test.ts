import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { crc32 } from '../../../src/data/crc32.ts';
import {
  classCount,
  readIdx,
  readIdxImages,
  readIdxLabels,
  writeIdxImages,
  writeIdxLabels,
} from '../../../src/data/idx.ts';
import { pairIdx } from '../../../src/data/idx-pair.ts';
import type { GreyImages } from '../../../src/data/images.ts';

const names = { images: 'digits.idx', labels: 'classes.idx' };

const anyImages = fc
  .record({
    width: fc.integer({ min: 1, max: 9 }),
    height: fc.integer({ min: 1, max: 9 }),
    count: fc.integer({ min: 1, max: 5 }),
  })
  .chain(({ width, height, count }) =>
    fc
      .tuple(
        fc.uint8Array({ minLength: width * height * count, maxLength: width * height * count }),
        fc.uint8Array({ minLength: count, maxLength: count }),
      )
      .map(([pixels, labels]): GreyImages => ({
        grid: { width, height },
        count,
        // One dark pixel at least, so that the levels are read as they stand.
        pixels: new Uint8Array(pixels).fill(200, 0, 1),
        labels: new Uint8Array(labels),
      })),
  );

function gzip(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(bytes));
}

function header(...words: number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(words.length * 4);
  words.forEach((word, i) => new DataView(bytes.buffer).setUint32(i * 4, word));
  return bytes;
}

function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}

function reasonOf(result: ReturnType<typeof readIdx>): string {
  expect(result.ok).toBe(false);
  return result.ok ? '' : result.reason;
}

describe('crc32', () => {
  it('gives the check value of the standard, in one piece or in two', () => {
    const digits = new TextEncoder().encode('123456789');
    expect(crc32(digits)).toBe(0xcbf43926);
    expect(crc32(digits.subarray(4), crc32(digits.subarray(0, 4)))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });
});

describe('IDX', () => {
  it('is read back as it was written, plain and gzipped, and written again byte for byte', () => {
    fc.assert(
      fc.property(anyImages, (images) => {
        const labels = images.labels ?? new Uint8Array(0);
        const imageBytes = writeIdxImages(images);
        const labelBytes = writeIdxLabels(labels);
        for (const pack of [(bytes: Uint8Array<ArrayBuffer>) => bytes, gzip]) {
          const read = readIdx(pack(imageBytes), pack(labelBytes), names);
          expect(read).toEqual({ ok: true, value: images });
          if (read.ok) expect(writeIdxImages(read.value)).toEqual(imageBytes);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('reads a view into a larger buffer, and a large gzip file over many turns', () => {
    const inner = writeIdxImages({
      grid: { width: 2, height: 1 },
      count: 1,
      pixels: Uint8Array.of(3, 4),
      labels: null,
    });
    const outer = join(Uint8Array.of(9, 9, 9), inner, Uint8Array.of(9));
    expect(readIdxImages(outer.subarray(3, 3 + inner.length), 'x')).toMatchObject({
      ok: true,
      value: { count: 1 },
    });
    // Noise, so that the packed file is longer than one turn.
    const pixels = Uint8Array.from({ length: 784 * 100 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255);
    const images: GreyImages = { grid: { width: 28, height: 28 }, count: 100, pixels, labels: null };
    expect(readIdxImages(gzip(writeIdxImages(images)), 'x')).toEqual({ ok: true, value: images });
  });

  it.each([
    [
      'a label file in place of images',
      writeIdxLabels(Uint8Array.of(1)),
      /^digits.idx: magic: found 0x00000801 \(labels\)/,
    ],
    ['text', new TextEncoder().encode('hello, this is no picture'), /^digits.idx: magic: found 0x68656c6c/],
    ['nothing', new Uint8Array(0), /^digits.idx: magic: truncated/],
    ['a cut header', header(0x803, 1, 28), /^digits.idx: header: truncated: 12 of 16/],
    ['no images', header(0x803, 0, 28, 28), /^digits.idx: count: /],
    ['zero width', header(0x803, 1, 28, 0), /^digits.idx: width: 0 /],
    ['zero height', header(0x803, 1, 0, 28), /^digits.idx: height: 0 /],
    ['a huge width', header(0x803, 1, 28, 0xffffffff), /^digits.idx: width: 4294967295/],
    ['a product past 2^53', header(0x803, 0xffffffff, 256, 256), /^digits.idx: count: .*256 MiB/],
    ['a count over the limit', header(0x803, 0xffffffff, 1, 1), /^digits.idx: count: .*256 MiB/],
    [
      'fewer bytes than said',
      join(header(0x803, 2, 2, 2), new Uint8Array(7)),
      /^digits.idx: length: truncated: 23 of 24/,
    ],
    [
      'more bytes than said',
      join(header(0x803, 2, 2, 2), new Uint8Array(9)),
      /^digits.idx: length: 1 trailing/,
    ],
    ['signed bytes', header(0x903, 1, 1, 1), /^digits.idx: magic/],
    [
      'gzip that is cut',
      gzip(writeIdxLabels(Uint8Array.of(1))).subarray(0, 15),
      /^digits.idx: gzip: truncated/,
    ],
    ['gzip of labels', gzip(writeIdxLabels(new Uint8Array(20))), /^digits.idx: magic: .*labels/],
    ['gzip of a short header', gzip(header(0x803, 1)), /^digits.idx: header: truncated: 8 of 16/],
    [
      'gzip of less than said',
      gzip(join(header(0x803, 1, 2, 2), new Uint8Array(3))),
      /^digits.idx: length: truncated/,
    ],
    [
      'gzip of more than said',
      gzip(join(header(0x803, 1, 2, 2), new Uint8Array(5))),
      /^digits.idx: length: unpacks/,
    ],
    [
      'gzip that announces too much',
      gzip(header(0x803, 3000, 256, 256)),
      /^digits.idx: gzip: truncated: .*cannot hold/,
    ],
    [
      'grids that nothing can use',
      gzip(join(header(0x803, 8, 1024, 1024), new Uint8Array(8 * 1024 * 1024))),
      /^digits.idx: height: 1024 pixels is outside 1 to 256/,
    ],
  ])('refuses %s and names the field', (_, bytes, sentence) => {
    expect(reasonOf(readIdx(bytes, null, names))).toMatch(sentence);
  });

  it('refuses labels that do not fit the images', () => {
    const images = writeIdxImages({
      grid: { width: 1, height: 1 },
      count: 2,
      pixels: Uint8Array.of(0, 255),
      labels: null,
    });
    const cases: [Uint8Array<ArrayBuffer>, RegExp][] = [
      [writeIdxLabels(Uint8Array.of(1)), /^classes.idx: count: 1 labels for the 2 images of digits.idx/],
      [images, /^classes.idx: magic: .*expected 0x00000801 \(labels\)/],
      [header(0x801, 0xffffffff), /^classes.idx: count: /],
      [header(0x801, 2), /^classes.idx: length: truncated/],
      [gzip(join(header(0x801, 2), new Uint8Array(4))), /^classes.idx: length: /],
    ];
    for (const [labels, sentence] of cases)
      expect(reasonOf(readIdx(images, labels, names))).toMatch(sentence);
    expect(classCount(Uint8Array.of(3, 9, 0))).toBe(10);
    expect(classCount(null)).toBe(0);
    expect(readIdxLabels(writeIdxLabels(Uint8Array.of(255)), 'x')).toEqual({
      ok: true,
      value: Uint8Array.of(255),
    });
  });

  it('ends a decompression bomb at what it announced', () => {
    const bomb = gzip(join(header(0x803, 1, 4, 4), new Uint8Array(64 * 1024 * 1024)));
    expect(reasonOf(readIdx(bomb, null, names))).toMatch(
      /length: unpacks to more than the 32 bytes announced/,
    );
  });

  it('notices every damaged byte of a gzip file or gives the same images', () => {
    const images: GreyImages = {
      grid: { width: 3, height: 2 },
      count: 2,
      pixels: Uint8Array.from({ length: 12 }, (_, i) => i * 20),
      labels: null,
    };
    const packed = gzip(writeIdxImages(images));
    for (let at = 0; at < packed.length; at++) {
      const damaged = packed.slice();
      damaged[at] ^= 0x55;
      const read = readIdxImages(damaged, 'x');
      // Time stamp and operating system of the gzip header carry nothing.
      if (read.ok) expect(read.value).toEqual(images);
    }
  });

  it('answers every damaged file with a result', () => {
    const damage = fc.array(
      fc.record({ at: fc.nat(), value: fc.integer({ min: 0, max: 255 }), cut: fc.boolean() }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(
        anyImages,
        fc.boolean(),
        damage,
        fc.uint8Array({ maxLength: 3 }),
        (images, packed, changes, tail) => {
          const plain = writeIdxImages(images);
          let bytes = join(packed ? gzip(plain) : plain, tail);
          for (const { at, value, cut } of changes) {
            if (bytes.length === 0) break;
            if (cut) bytes = bytes.slice(0, at % bytes.length);
            // Half of the damage goes to the header, where it matters most.
            else bytes[(at & 1 ? at >> 1 : (at >> 1) % 24) % bytes.length] = value;
          }
          const read = readIdx(bytes, null, names);
          if (read.ok)
            expect(read.value.pixels.length).toBe(
              read.value.count * read.value.grid.width * read.value.grid.height,
            );
          else expect(read.reason).toMatch(/^digits.idx: \w+: /);
        },
      ),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        readIdx(new Uint8Array(noise), new Uint8Array(noise), names);
        readIdx(join(Uint8Array.of(0x1f, 0x8b, 8), noise), null, names);
      }),
      { numRuns: 500 },
    );
  });
});

/** A file of two images of 2 x 1 pixels. */
function levels(...pixels: number[]): Uint8Array<ArrayBuffer> {
  return join(header(0x803, 2, 1, 2), Uint8Array.from(pixels));
}

describe.each([
  ['plain', (bytes: Uint8Array<ArrayBuffer>) => bytes],
  ['gzipped', gzip],
])('grey levels of a %s file', (_, pack) => {
  it.each([
    ['0 and 1 alone are paper and ink', [0, 1, 1, 0], [0, 255, 255, 0], /^the pixels are 0 and 1/],
    ['0 alone are blank, which needs no word', [0, 0, 0, 0], [0, 0, 0, 0], null],
    [
      'below 128 are left as they are, with a word',
      [0, 1, 25, 3],
      [0, 1, 25, 3],
      /level 25 of 255.* by 10 first$/,
    ],
    ['up to 255 need no word', [0, 1, 255, 0], [0, 1, 255, 0], null],
    ['128 are ink', [1, 0, 0, 128], [1, 0, 0, 128], null],
  ])('%s', (_case, pixels, expected, note) => {
    const bytes = pack(levels(...pixels));
    const read = readIdxImages(bytes, 'x');
    if (!read.ok) throw new Error(read.reason);
    expect([...read.value.pixels]).toEqual(expected);
    const pair = pairIdx([{ name: 'x', bytes }]);
    if (!pair.ok) throw new Error(pair.reason);
    if (note === null) expect([read.value.note, pair.value.note]).toEqual([undefined, null]);
    else {
      expect(read.value.note).toMatch(note);
      expect(pair.value.note).toBe(read.value.note);
    }
  });
});

describe('files for the import', () => {
  const images = { name: 'a', bytes: gzip(levels(0, 255, 0, 0)) };
  const labels = { name: 'b', bytes: writeIdxLabels(Uint8Array.of(1, 2)) };

  it('are told apart in any order', () => {
    const found = { grid: { width: 2, height: 1 }, count: 2, note: null };
    expect(pairIdx([images, labels])).toEqual({ ok: true, value: { ...found, images: 0, labels: 1 } });
    expect(pairIdx([labels, images])).toEqual({ ok: true, value: { ...found, images: 1, labels: 0 } });
    expect(pairIdx([images])).toEqual({ ok: true, value: { ...found, images: 0, labels: null } });
  });

  it.each([
    ['none', [], /^files: none given/],
    ['labels alone', [labels], /^b: labels alone/],
    ['two of images', [images, images], /^a: a second file of images/],
    ['two of labels', [labels, images, labels], /^b: a second file of labels/],
    [
      'labels of other images',
      [images, { ...labels, bytes: writeIdxLabels(Uint8Array.of(1)) }],
      /^b: count: 1 labels for the 2 images of a/,
    ],
    ['a damaged file', [{ ...images, bytes: images.bytes.with(-5, 9) }], /^a: gzip: /],
    [
      'a hostile name',
      [{ name: `\u001b[31m\u202e${'x'.repeat(1000)}`, bytes: new Uint8Array(9) }],
      /^x{79}…: magic/,
    ],
  ])('that are %s are refused', (_, files, sentence) => {
    const pair = pairIdx(files);
    expect(pair.ok ? 'accepted' : pair.reason).toMatch(sentence);
  });

  it('are inspected without memory for their pixels', () => {
    const bytes = gzip(join(header(0x803, 256, 256, 256), new Uint8Array(16 * 1024 * 1024)));
    let largest = 0;
    const recorded = new Proxy(Uint8Array, {
      construct(target, given: [number]) {
        if (typeof given[0] === 'number') largest = Math.max(largest, given[0]);
        return new target(...given);
      },
    });
    vi.stubGlobal('Uint8Array', recorded);
    try {
      expect(pairIdx([{ name: 'x', bytes }])).toMatchObject({ ok: true, value: { count: 256 } });
      expect(largest).toBeLessThan(100);
      expect(readIdxImages(bytes, 'x').ok).toBe(true);
      expect(largest).toBeGreaterThan(16 * 1024 * 1024);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
