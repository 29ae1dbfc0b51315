import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readFilesAtOnce } from '../../../src/data/import/read-files.ts';
import { bars, csv, IDX_TYPES, idxOf, npy, npyOf, npz, WRITTEN_TYPES } from '../../fixtures/arrays.ts';

const text = (content: string) => new Uint8Array(new TextEncoder().encode(content));
const set = bars(30, 8);
const grid = { width: 8, height: 8 };

function read(name: string, bytes: Uint8Array<ArrayBuffer>, ...others: readonly Uint8Array<ArrayBuffer>[]) {
  const result = readFilesAtOnce([
    { name, bytes },
    ...others.map((each, i) => ({ name: `${name}-${i}`, bytes: each })),
  ]);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

function reason(name: string, bytes: Uint8Array<ArrayBuffer>): string {
  const result = readFilesAtOnce([{ name, bytes }]);
  return result.ok ? 'was read' : result.reason;
}

describe('tables', () => {
  it.each([
    ['with a header', csv(set)],
    ['without a header', csv(set, false)],
    ['with Windows line ends and an empty last line', `${csv(set).replaceAll('\n', '\r\n')}\r\n`],
    ['with old Macintosh line ends', csv(set).replaceAll('\n', '\r')],
    ['of semicolons', csv(set).replaceAll(',', ';')],
    ['of tabs', csv(set).replaceAll(',', '\t')],
    ['of spaces', csv(set, false).replaceAll(',', '  ')],
    ['in quotes', csv(set).replaceAll(/[^,\n]+/g, '"$&"')],
    ['with a byte order mark', `\ufeff${csv(set)}`],
    ['with the label last', csv(set, false).replaceAll(/^(\d+),(.*)$/gm, '$2,$1')],
    [
      'with a column of numbers before',
      csv(set).replaceAll(/^(.*)$/gm, (line, _, at) =>
        line === '' ? '' : `${at === 0 ? 'id' : at},${line}`,
      ),
    ],
  ])('%s give the images and their labels', (_, content) => {
    const { images, classNames, format } = read('a.csv', text(content));
    expect(format).toBe('CSV');
    expect(images).toEqual({ grid, count: 30, pixels: set.pixels, labels: set.labels });
    expect(classNames).toBeNull();
  });

  it('of several steps, gzipped, are read as in one', () => {
    const many = bars(3000, 28);
    const content = text(csv(many));
    expect(content.length).toBeGreaterThan(4e6);
    const { images } = read('a.csv.gz', new Uint8Array(gzipSync(content)));
    expect([images.count, images.grid.width]).toEqual([3000, 28]);
    expect(Buffer.compare(images.pixels, many.pixels)).toBe(0);
    expect(Buffer.compare(images.labels!, many.labels)).toBe(0);
  });

  it('without labels, with words as labels, and with decimal commas', () => {
    const bare = csv(set, false).replaceAll(/^\d+,/gm, '');
    expect(read('a', text(bare)).images.labels).toBeNull();
    const words = ['pear', 'apple', 'fig'];
    const named = read(
      'a',
      text(csv(set).replaceAll(/^(\d+),/gm, (_, label) => `${words[Number(label) % 3]},`)),
    );
    expect(named.classNames).toEqual(['apple', 'fig', 'pear']);
    expect(Array.from(named.images.labels!.slice(0, 4))).toEqual([2, 0, 1, 2]);
    const shares = csv(set, false).replaceAll(',', ';').replaceAll('255', '0,5').replace('0,5', '1,0');
    const { images, notes } = read('a', text(shares));
    expect([...new Set(images.pixels)].sort()).toEqual([0, 128, 255]);
    expect(notes.join()).toContain('shares from 0 to 1');
  });

  it.each([
    ['0 and 1', 1, 255, /paper and ink/],
    ['0 to 16', 16, 255, /up to 16/],
    ['0 to 255', 200, 200, null],
    ['0 to 65535', 65535, 255, /up to 65535/],
  ])('of %s are read on that scale, and say so', (_, most, level, note) => {
    const { images, notes } = read('a', text(csv(set).replaceAll(/\b255\b/g, String(most))));
    expect(Math.max(...images.pixels)).toBe(level);
    if (note) expect(notes.join()).toMatch(note);
    else expect(notes).toEqual([]);
  });

  it.each([
    ['a row is short', `${csv(set)}1,2,3\n`, /^a: row 32: 3 cells, but the first has 65$/],
    ['a cell is empty', csv(set).replace(',0,', ',,'), /^a: row 2, column \d+: "" is no number$/],
    ['columns are no square', '1,2,3\n4,5,6\n', /^a: columns: 3; expected a square/],
    ['there is only a header', csv(set).split('\n', 1)[0], /^a: rows: there are none below/],
    ['a quote is open', csv(set).replace('pixel0', '"pixel0'), /^a: /],
    [
      'numbers have no known scale',
      csv(set).replaceAll(',255,', ',70000,'),
      /^a: values: from 0 to 70000 is no known scale/,
    ],
    ['a number is infinite', csv(set).replace(',255,', ',Infinity,'), /^a: values: number \d+ is infinite/],
    [
      'a label is negative',
      csv(set).replace('\n3,', '\n-3,'),
      /^a: labels: -3 of image 4 is no whole number/,
    ],
    ['there is nothing', '\n\n\n', /^a: rows: there are none/],
  ])('are refused where %s', (_, content, expected) => {
    expect(reason('a', text(content))).toMatch(expected);
  });
});

describe('NPY', () => {
  it.each(WRITTEN_TYPES.flatMap((type) => [true, false].map((little) => [type, little] as const)))(
    'of %s, little-endian %s, in either order and every version, gives the same images',
    (type, little) => {
      const most = type === 'b1' ? 1 : type === 'i1' ? 16 : 255;
      const values = Float64Array.from(set.pixels, (grey) => (grey === 0 ? 0 : most));
      for (const version of [1, 2, 3] as const) {
        const plain = read('a.npy', npy(values, [30, 8, 8], { type, little, version }));
        expect(plain.images).toEqual({ grid, count: 30, pixels: set.pixels, labels: null });
      }
      const columns = Float64Array.from(values, (__, at) => {
        const [image, row, column] = [at % 30, Math.floor(at / 30) % 8, Math.floor(at / 240)];
        return values[image * 64 + row * 8 + column];
      });
      const fortran = npy(columns, [30, 8, 8], { type, little, fortran: true });
      expect(read('a.npy', fortran).images.pixels).toEqual(set.pixels);
    },
  );

  it('of half precision', () => {
    const halves = new Uint8Array(128);
    for (let i = 0; i < 64; i += 3) halves.set([0x00, 0x3c], 2 * i);
    const { images } = read(
      'a',
      npyOf("{'descr': '<f2', 'fortran_order': False, 'shape': (1, 64), }", halves),
    );
    expect(Array.from(images.pixels.slice(0, 4))).toEqual([255, 0, 0, 255]);
  });

  it.each([
    [[30, 64], 30, 8, 8],
    [[30, 1, 8, 8], 30, 8, 8],
    [[30, 8, 8, 1], 30, 8, 8],
    [[240, 8], 1, 8, 240],
    [[16, 16], 1, 16, 16],
    [[60, 4, 8], 60, 8, 4],
  ])('of shape %j means images', (shape, count, width, height) => {
    const values = shape.reduce((a, b) => a * b) === 256 ? new Uint8Array(256) : set.pixels;
    expect(read('a', npy(values, shape)).images).toMatchObject({ count, grid: { width, height } });
  });

  it('with labels in a file of its own, in any order', () => {
    const images = npy(set.pixels, [30, 8, 8]);
    const labels = npy(set.labels, [30, 1], { type: 'i8', little: false });
    for (const [first, second] of [
      [images, labels],
      [labels, images],
    ])
      expect(read('a', first, second).images).toMatchObject({ pixels: set.pixels, labels: set.labels });
  });

  it.each([
    [
      'objects',
      "{'descr': '|O', 'fortran_order': False, 'shape': (64,), }",
      /^a: dtype: "\|O" holds Python objects \(pickled\)/,
    ],
    [
      'records',
      "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (64,), }",
      /^a: dtype: an array of records/,
    ],
    [
      'complex numbers',
      "{'descr': '<c8', 'fortran_order': False, 'shape': (8, 8), }",
      /^a: dtype: "<c8" is none of/,
    ],
    [
      'a count of 2^64',
      "{'descr': '|u1', 'fortran_order': False, 'shape': (18446744073709551616, 8, 8), }",
      /^a: shape: 18446744073709551616 is too large/,
    ],
    [
      'an overflowing product',
      "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296, 0), }",
      /^a: shape: .* is more than 256 Mi values/,
    ],
    [
      'a negative side',
      "{'descr': '|u1', 'fortran_order': False, 'shape': (-1, 8, 8), }",
      /^a: (header|shape): /,
    ],
    [
      'an order that is neither',
      "{'descr': '|u1', 'fortran_order': 1, 'shape': (1, 8, 8), }",
      /^a: header: /,
    ],
    [
      'an entry twice',
      "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1, 8, 8), }",
      /^a: header: there are two entries "descr"/,
    ],
    [
      'an entry of its own',
      "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 8, 8), '__proto__': 'x', }",
      /^a: header: its entries are not/,
    ],
    ['no dictionary', 'import os', /^a: header: is no dictionary/],
    [
      'more numbers than there are',
      "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 8, 8), }",
      /^a: length: truncated: 64 of 512 bytes/,
    ],
    [
      'fewer',
      "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 7, 8), }",
      /^a: length: 8 trailing bytes/,
    ],
    [
      'no images',
      "{'descr': '|u1', 'fortran_order': False, 'shape': (64,), }",
      /^a: shape: no images of 2 to 256 pixels a side.* are in 64/,
    ],
    [
      'five dimensions',
      "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1, 8, 8), }",
      /^a: shape: no images/,
    ],
  ])('that announces %s is refused by the field', (_, header, expected) => {
    expect(reason('a', npyOf(header, new Uint8Array(64)))).toMatch(expected);
  });

  it('with a header of a gigabyte, or of another version, is refused before it is read', () => {
    const bytes = npyOf('{}', new Uint8Array(0), 2);
    new DataView(bytes.buffer).setUint32(8, 2 ** 30, true);
    expect(reason('a', bytes)).toMatch(/^a: header: 1073741824 bytes is longer than 65536/);
    bytes[6] = 9;
    expect(reason('a', bytes)).toMatch(/^a: version: 9: only 1 to 3 are known/);
  });
});

describe('NPZ', () => {
  const test = bars(10, 8);
  const mnist = npz({
    x_test: npy(test.pixels, [10, 8, 8]),
    x_train: npy(set.pixels, [30, 8, 8]),
    y_test: npy(test.labels, [10]),
    y_train: npy(set.labels, [30]),
  });

  it('of training and test images: the first are taken, the others offered', () => {
    const { images, candidates, chosen } = read('mnist.npz', mnist);
    expect(images).toEqual({ grid, count: 30, pixels: set.pixels, labels: set.labels });
    expect([candidates, chosen]).toEqual([['x_test', 'x_train'], 'x_train']);
    const other = readFilesAtOnce([{ name: 'a', bytes: mnist }], 'x_test');
    expect(other).toMatchObject({
      ok: true,
      value: { chosen: 'x_test', images: { count: 10, labels: test.labels } },
    });
  });

  it('leaves out arrays that it cannot read, and says so', () => {
    const objects = npyOf("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", new Uint8Array(9));
    const { images, notes } = read(
      'a.npz',
      npz({ data: npy(set.pixels, [30, 64]), target: npy(set.labels, [30]), names: objects }),
    );
    expect(images.labels).toEqual(set.labels);
    expect(notes.join()).toMatch(/left out: names: dtype: "\|O" holds Python objects/);
    expect(reason('a', npz({ names: objects }))).toMatch(/^a: names: dtype/);
  });

  it('is refused where it has no arrays, no images, or announces too much', () => {
    expect(reason('a', new Uint8Array(zipSync({ 'a.txt': text('hello') })))).toMatch(
      /^a: entries: there is no \.npy/,
    );
    expect(reason('a', npz({ y: npy(set.labels, [30]) }))).toMatch(/^a: shape: no images/);
    const bomb = npz({ x: npy(new Uint8Array(1 << 20), [1024, 32, 32]) });
    const view = new DataView(bomb.buffer);
    // The directory claims 4 GB for an entry of a few kilobytes.
    for (let at = 0; at < bomb.length - 46; at++)
      if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, 0xfffffff0, true);
    expect(reason('a', bomb)).toMatch(/^a: "x\.npy": size: larger than 256 MiB/);
  });
});

describe('IDX', () => {
  it.each(IDX_TYPES)('of %s, plain and gzipped, gives the same images and labels', (type) => {
    const most = type === 'i1' ? 16 : 255;
    const values = Float64Array.from(set.pixels, (grey) => (grey === 0 ? 0 : most));
    for (const pack of [
      (bytes: Uint8Array<ArrayBuffer>) => bytes,
      (bytes: Uint8Array<ArrayBuffer>) => new Uint8Array(gzipSync(bytes)),
    ])
      for (const shape of [
        [30, 8, 8],
        [30, 1, 8, 8],
        [30, 64],
      ])
        expect(
          read('a', pack(idxOf(values, shape, type)), pack(idxOf(set.labels, [30], type))).images,
        ).toEqual({
          grid,
          count: 30,
          pixels: set.pixels,
          labels: set.labels,
        });
  });

  it.each([
    [
      'counts that overflow',
      idxOf([], [0xffffffff, 0xffffffff, 28], 'f8'),
      /^a: shape: .* is more than 256 Mi values/,
    ],
    ['more than there is', idxOf(new Uint8Array(7), [2, 2, 2], 'i4').slice(0, -4), /^a: length: truncated/],
    ['less than there is', idxOf(new Uint8Array(9), [2, 2, 2], 'i4'), /^a: length: 4 trailing/],
    [
      'an element type that there is not',
      Uint8Array.of(0, 0, 0x0a, 3, 0, 0, 0, 1),
      /^a: magic: found 0x00000a03/,
    ],
    [
      'infinite pixels',
      idxOf(new Float32Array(64).fill(Infinity), [1, 8, 8], 'f4'),
      /^a: values: number 1 is infinite/,
    ],
    ['labels alone', idxOf(set.labels, [30], 'i4'), /^a: shape: no images/],
    [
      'gzip of more',
      new Uint8Array(gzipSync(idxOf(new Uint8Array(65), [1, 8, 8], 'i2'))),
      /^a: length: unpacks to more/,
    ],
  ])('that announces %s is refused by the field', (_, bytes, expected) => {
    expect(reason('a', bytes)).toMatch(expected);
  });
});

it('other files, and several of what comes alone, are refused by name', () => {
  expect(reason('x\u202e.png', Uint8Array.of(0x89, 0x50, 0, 1))).toBe(
    'x.png: format: neither IDX, NPY, NPZ nor a table of numbers (CSV)',
  );
  expect(reason('empty', new Uint8Array(0))).toMatch(/^empty: format/);
  const table = { name: 'a.csv', bytes: text(csv(set)) };
  expect(readFilesAtOnce([table, table])).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/^a.csv: CSV: comes as one file/) as string,
  });
});
