import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatGrey, pixelMeans, splitIndices, takeRows } from '../../../src/data/dataset.ts';
import { blankImages, packImages, unpackImage } from '../../../src/data/images.ts';
import type { GreyImages } from '../../../src/data/images.ts';

const grid = { width: 2, height: 2 };
const images: GreyImages = {
  grid,
  count: 3,
  pixels: Uint8Array.from({ length: 12 }, (_, i) => i),
  labels: Uint8Array.of(7, 8, 9),
};

describe('packed images', () => {
  it('come back as they were, with zero padding', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1), { minLength: 35, maxLength: 35 }), (bits) => {
        const packed = packImages({ width: 5, height: 7 }, bits);
        expect([...unpackImage(packed, 0)]).toEqual(bits);
        expect(packed.words[1] >>> 3).toBe(0);
      }),
    );
  });
});

describe('pixelMeans', () => {
  it('equals the plain average, also in words with the highest bit set', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 5 })
          .chain((count) =>
            fc.array(fc.constantFrom(0, 1), { minLength: 66 * count, maxLength: 66 * count }),
          ),
        (bits) => {
          const count = bits.length / 66;
          const means = pixelMeans(packImages({ width: 11, height: 6 }, bits));
          const sums = new Float64Array(66);
          bits.forEach((bit, i) => (sums[i % 66] += bit));
          expect([...means]).toEqual([...sums].map((sum) => sum / count));
        },
      ),
    );
    expect([...pixelMeans(blankImages(grid, 0))]).toEqual([0, 0, 0, 0]);
  });
});

describe('splitIndices', () => {
  it('shares out every index once, within its limits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 0, max: 0xffffffff }),
        (count, share, max, seed) => {
          const { train, validation } = splitIndices(count, share, max, seed);
          expect(validation.length).toBe(Math.min(Math.round(count * share), max, count - 1));
          expect([...train, ...validation].sort((a, b) => a - b)).toEqual(
            Array.from({ length: count }, (_, i) => i),
          );
          expect(train).toEqual(train.toSorted());
        },
      ),
    );
    expect(splitIndices(100, 0.1, 50, 1)).not.toEqual(splitIndices(100, 0.1, 50, 2));
  });
});

describe('rows', () => {
  it('are taken with their labels', () => {
    expect(takeRows(images, [2, 0])).toEqual({
      grid,
      count: 2,
      pixels: Uint8Array.of(8, 9, 10, 11, 0, 1, 2, 3),
      labels: Uint8Array.of(9, 7),
    });
    expect(takeRows({ ...images, labels: null }, [1]).labels).toBeNull();
    expect(() => takeRows(images, [3])).toThrow('indices: 3');
  });

  it('are joined, with labels only where every part has them', () => {
    const joined = concatGrey([images, takeRows(images, [1])]);
    expect(joined.count).toBe(4);
    expect([...(joined.labels ?? [])]).toEqual([7, 8, 9, 8]);
    expect([...joined.pixels.subarray(12)]).toEqual([4, 5, 6, 7]);
    expect(concatGrey([images, { ...images, labels: null }]).labels).toBeNull();
    expect(() => concatGrey([images, { ...images, grid: { width: 4, height: 1 } }])).toThrow('grid: 4x1');
    expect(() => concatGrey([])).toThrow('parts');
  });
});
