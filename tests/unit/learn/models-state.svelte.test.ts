import { describe, expect, it } from 'vitest';
import type { GreyImages } from '../../../src/data/images.ts';
import { type Bits, N } from '../../../src/learn/01-models/models.ts';
import { Models, params } from '../../../src/learn/01-models/state.svelte.ts';
import { formatValues, readValues, startValues } from '../../../src/learn/state/params.ts';

/** As a chapter opens it: with reactive values. */
function opened(): Models {
  const values = $state(startValues(params));
  return new Models(values);
}

const images = Array.from({ length: 5 }, (_, at) =>
  Uint8Array.from({ length: N }, (_, pixel) => Number(pixel % 7 === at)),
);

describe('the noise', () => {
  it('that is searched or chosen is one that a link carries, so that a link gives the same samples', () => {
    const models = opened();
    for (const image of images) models.add(image);
    models.descend(1);
    const written = readValues(params, formatValues(params, models.values)).noise;
    expect(models.values.noise).toBe(written);
    models.setNoise(0.123456);
    expect(models.values.noise).toBe(0.1235);
  });
});

describe('digits of the data', () => {
  const labels = Uint8Array.from({ length: 40 }, (_, i) => (i % 2 ? 3 : 2));
  const digits: GreyImages = {
    grid: { width: 28, height: 28 },
    count: 40,
    pixels: Uint8Array.from({ length: 40 * N }, (_, i) => (i % N <= Math.floor(i / N) ? 200 : 100)),
    labels,
  };

  it('are added while there is room and ink, and removed', () => {
    const models = opened();
    expect(models.add(new Uint8Array(N))).toBe('blank');
    for (const image of images) expect(models.add(image)).toBe('added');
    expect(models.images).toEqual(images);
    models.remove(4);
    expect(models.add(images[0])).toBe('repeated');
    expect(models.add(images[4])).toBe('added');
    expect(models.add(images[0])).toBe('full');
    models.remove(1);
    expect(models.images).toEqual(images.filter((_, at) => at !== 1));
  });

  it('are taken of one class at a time, and one more is another of that class', () => {
    const models = opened();
    models.takeStarters(digits);
    const ink = (image: Bits): number => image.reduce((sum, bit) => sum + bit, 0);
    expect(models.images.map(ink)).toEqual([2, 4, 6, 8, 10]);
    expect(models.takeDrawing(digits).filter((grey) => grey === 200)).toHaveLength(12);
    expect(models.drawing && ink(models.drawing)).toBe(12);
    models.takeDrawing(digits);
    expect(models.drawing && ink(models.drawing)).toBe(14);
    models.takeStarters(digits);
    expect(models.images.map(ink)).toEqual([1, 3, 5, 7, 9]);
    expect(models.drawing).toBeNull();
  });

  it('that came by a link are followed by one more of their class', () => {
    const first = opened();
    first.takeStarters(digits);
    first.takeStarters(digits);
    const linked = opened();
    linked.values.data = first.values.data;
    linked.takeDrawing(digits);
    expect(linked.drawing?.reduce((sum, bit) => sum + bit, 0)).toBe(11);
  });
});
