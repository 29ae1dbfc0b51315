import { describe, expect, it } from 'vitest';
import { centre } from '../../../src/data/centring.ts';
import { ORIENTATIONS, type Orientation } from '../../../src/data/import/orientation.ts';
import { AS_READ, gridAfter, prepare, type Preparation } from '../../../src/data/import/preparation.ts';
import { proposalsFor } from '../../../src/data/import/proposals.ts';
import type { ImportSource } from '../../../src/data/import/source.ts';
import { fits, poolImages } from '../../../src/data/pool.ts';
import { bars } from '../../fixtures/arrays.ts';

function source(images: ImportSource['images'], classNames: ImportSource['classNames'] = null): ImportSource {
  return { name: 'a', format: 'CSV', images, classNames, notes: [] };
}

function prepared(from: ImportSource, change: Partial<Preparation>) {
  const result = prepare(from, { ...AS_READ, ...change });
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

const six = source({
  grid: { width: 3, height: 2 },
  count: 1,
  pixels: Uint8Array.of(1, 2, 3, 4, 5, 6),
  labels: Uint8Array.of(7),
});

describe('a preparation', () => {
  it.each([
    ['as-is', [1, 2, 3, 4, 5, 6]],
    ['transposed', [1, 4, 2, 5, 3, 6]],
    ['turned-right', [4, 1, 5, 2, 6, 3]],
    ['turned-left', [3, 6, 2, 5, 1, 4]],
    ['upside-down', [6, 5, 4, 3, 2, 1]],
    ['mirrored', [3, 2, 1, 6, 5, 4]],
  ] as const)('turns images: %s', (orientation: Orientation, pixels) => {
    const { images } = prepared(six, { orientation });
    expect(Array.from(images.pixels)).toEqual(pixels);
    expect(images.grid).toEqual(gridAfter(six.images.grid, { ...AS_READ, orientation }));
    expect(ORIENTATIONS).toContain(orientation);
  });

  it('inverts, and makes bits at the middle level', () => {
    const grey = source({
      grid: { width: 2, height: 2 },
      count: 1,
      pixels: Uint8Array.of(0, 127, 128, 255),
      labels: null,
    });
    expect(Array.from(prepared(grey, { invert: true }).images.pixels)).toEqual([255, 128, 127, 0]);
    expect(Array.from(prepared(grey, { threshold: true }).images.pixels)).toEqual([0, 0, 255, 255]);
    expect(Array.from(prepared(grey, { threshold: true, invert: true }).images.pixels)).toEqual([
      255, 255, 0, 0,
    ]);
  });

  it('centres as the pad does, and brings to every side', () => {
    const set = source(bars(20, 20));
    const centred = prepared(set, { centring: 'mass' }).images;
    for (const image of [0, 7, 19]) {
      const ink = set.images.pixels.subarray(image * 400, (image + 1) * 400);
      const alone = centre({ width: 20, height: 20, ink });
      expect(Buffer.compare(centred.pixels.subarray(image * 784, (image + 1) * 784), alone.pixels)).toBe(0);
    }
    for (const side of [8, 14, 16, 28, 32]) {
      const { images } = prepared(set, { side });
      expect(images.grid).toEqual({ width: side, height: side });
      // As much of each image is ink as before.
      const share = (pixels: Uint8Array, n: number) =>
        pixels.slice(0, n).reduce((sum, grey) => sum + grey, 0) / n;
      expect(share(images.pixels, side * side)).toBeCloseTo(share(set.images.pixels, 400), -1);
    }
  });

  it('gives images that are no squares a margin', () => {
    const { images } = prepared(six, { side: 3 });
    expect(Array.from(images.pixels)).toEqual([1, 2, 3, 4, 5, 6, 0, 0, 0]);
  });

  it('keeps classes: digits with their numbers, named ones and those past ten in order from 0', () => {
    const digits = source(bars(40, 4));
    const some = prepared(digits, { classes: [3, 7] });
    expect([...new Set(some.images.labels)]).toEqual([3, 7]);
    expect(some.images.count).toBe(8);
    expect(some.classNames).toBeNull();
    const many = source(bars(52, 4, 26));
    const past = prepared(many, { classes: [3, 20] });
    expect([...new Set(past.images.labels)]).toEqual([0, 1]);
    expect(past.classNames).toEqual(['3', '20']);
    const letters = source({ ...many.images, labels: many.images.labels!.map((label) => label + 1) });
    const named = prepared(letters, { classes: [2, 26], firstLabel: 1, naming: 'letters' });
    expect([...new Set(named.images.labels)]).toEqual([0, 1]);
    expect(named.classNames).toEqual(['B', 'Z']);
    expect(Buffer.compare(named.images.pixels.subarray(0, 16), letters.images.pixels.subarray(16, 32))).toBe(
      0,
    );
  });

  it('refuses what leaves nothing, is too large, or has labels below the first', () => {
    const reasonOf = (from: ImportSource, change: Partial<Preparation>) => {
      const result = prepare(from, { ...AS_READ, ...change });
      return result.ok ? '' : result.reason;
    };
    expect(reasonOf(source(bars(10, 4)), { classes: [] })).toMatch(/^classes: no image is left/);
    expect(reasonOf(source(bars(10, 4)), { firstLabel: 1 })).toMatch(
      /^firstLabel: there are images of class 0/,
    );
    const many = {
      grid: { width: 2, height: 2 },
      count: 300_000,
      pixels: new Uint8Array(1_200_000),
      labels: null,
    };
    expect(reasonOf(source(many), { side: 32 })).toMatch(/^side: 300000 images of 32 x 32 pixels exceed/);
  });
});

describe('proposals', () => {
  const changes = (from: ImportSource) => proposalsFor(from).map(({ change }) => change);

  it('are none for a set like MNIST', () => {
    expect(changes(source(bars(40, 28)))).toEqual([]);
  });

  it('are made for dark edges, EMNIST and labels from 1', () => {
    const { grid, count, pixels, labels } = bars(26, 28, 26);
    const dark = source({ grid, count, pixels: pixels.map((grey) => 255 - grey), labels: null });
    expect(changes(dark)).toEqual([{ invert: true }]);
    const letters = {
      ...source({ grid, count, pixels, labels: labels.map((label) => label + 1) }),
      name: 'EMNIST-letters',
    };
    expect(changes(letters)).toEqual([{ orientation: 'transposed' }, { firstLabel: 1, naming: 'letters' }]);
    const usps = source({ ...bars(20, 16), labels: Uint8Array.from({ length: 20 }, (_, i) => (i % 10) + 1) });
    expect(changes(usps)).toEqual([{ firstLabel: 1 }]);
    const balanced = { ...source(bars(94, 28, 47)), name: 'emnist-balanced' };
    expect(changes(balanced)).toEqual([{ orientation: 'transposed' }, { naming: 'balanced' }]);
  });
});

describe('a grid that is little larger', () => {
  it('gets a blank margin: 28 x 28 in 32 x 32', () => {
    const images = {
      grid: { width: 28, height: 28 },
      count: 2,
      pixels: new Uint8Array(2 * 784).fill(9),
      labels: null,
    };
    const wide = poolImages(images, { width: 32, height: 32 });
    if (!wide.ok) throw new Error(wide.reason);
    expect(wide.value.pixels.reduce((sum, grey) => sum + grey, 0)).toBe(2 * 784 * 9);
    expect(Array.from({ length: 32 }, (_, i) => wide.value.pixels[1024 + 2 * 32 + i]).slice(0, 4)).toEqual([
      0, 0, 9, 9,
    ]);
  });

  it('is one of at most a seventh more, in both directions', () => {
    const of = (from: number, to: number) => fits({ width: from, height: from }, { width: to, height: to });
    expect([of(28, 32), of(28, 28), of(28, 3), of(14, 16)]).toEqual([true, true, true, true]);
    expect([of(28, 34), of(8, 28), of(28, 29), of(7, 8)]).toEqual([false, false, false, false]);
  });
});
