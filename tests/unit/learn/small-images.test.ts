import { describe, expect, it } from 'vitest';
import { allImages } from '../../../src/data/enumerate.ts';
import { getPixel } from '../../../src/data/images.ts';
import { barsOf, largestOf, orderOf, sumOf } from '../../../src/learn/figures/all-images.ts';
import { bitsOf, imageOf, placeOf, rowsOf } from '../../../src/learn/figures/small-images.ts';

describe('numbers of small images', () => {
  it('are those of the enumeration, pixel by pixel', () => {
    const grid = { width: 3, height: 3 };
    const images = allImages(grid);
    for (let image = 0; image < images.count; image++) {
      const bits = bitsOf(image, 9);
      expect(Array.from(bits)).toEqual(Array.from(bits, (_, pixel) => getPixel(images, image, pixel)));
      expect(imageOf(bits)).toBe(image);
    }
  });

  it('are told by rows, and pixels by row and column', () => {
    expect(rowsOf(bitsOf(0b0110, 4), { width: 2, height: 2 })).toBe('01, 10');
    expect(placeOf(5, { width: 3, height: 3 })).toBe('row 2, column 3');
  });
});

describe('bars of all images', () => {
  it('stand by probability, equal ones by number', () => {
    expect(orderOf([0.1, 0.4, 0.1, 0.4], 4)).toEqual([1, 3, 0, 2]);
    expect(orderOf(null, 4)).toEqual([0, 1, 2, 3]);
  });

  it('have heights in proportion, and none where the probability is 0', () => {
    const p = [0.25, 0, 0.75, 0];
    expect(sumOf(p)).toBe(1);
    expect(barsOf(p, [0, 1, 2, 3], largestOf(p), 40, 30)).toBe(
      'M1.00 30V20.00h8.00V30ZM21.00 30V0.00h8.00V30Z',
    );
  });
});
