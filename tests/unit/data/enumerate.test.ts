import { describe, expect, it } from 'vitest';
import { allImages, histogram, imageCount } from '../../../src/data/enumerate.ts';
import { getPixel } from '../../../src/data/images.ts';

describe('all images of a grid', () => {
  it('show bit i of their number at pixel i', () => {
    const grid = { width: 3, height: 2 };
    const all = allImages(grid);
    expect([all.count, imageCount(grid)]).toEqual([64, 64]);
    for (let m = 0; m < 64; m++) for (let i = 0; i < 6; i++) expect(getPixel(all, m, i)).toBe((m >> i) & 1);
  });

  it('come in parts', () => {
    const grid = { width: 4, height: 4 };
    expect(imageCount(grid)).toBe(65536);
    expect([...allImages(grid, 65533, 3).words]).toEqual([65533, 65534, 65535]);
    expect(allImages(grid, 65536, 0).count).toBe(0);
    expect(() => allImages(grid, 65533, 4)).toThrow(/outside/);
    expect(() => allImages(grid, -1, 1)).toThrow(/outside/);
    expect(() => allImages({ width: 17, height: 1 })).toThrow(/2\^17/);
  });

  it('are counted, one histogram over several batches', () => {
    const grid = { width: 2, height: 2 };
    const counts = histogram(allImages(grid));
    expect([...counts]).toEqual(Array.from({ length: 16 }, () => 1));
    histogram(allImages(grid, 3, 2), counts);
    expect([counts[2], counts[3], counts[4], counts[5]]).toEqual([1, 2, 2, 1]);
  });
});
