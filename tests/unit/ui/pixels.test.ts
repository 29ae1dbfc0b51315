import { describe, expect, it } from 'vitest';
import { attributionLook } from '../../../src/ui/explain/looks.ts';
import { divergingPalette, inkColours, neutral, probabilityPalette } from '../../../src/ui/parts/palette.ts';
import { areaOf, lookOf } from '../../../src/ui/parts/pixels.ts';

const colour = (palette: Uint8Array, i: number) => [...palette.subarray(3 * i, 3 * i + 3)];

describe('colours of a map', () => {
  it('go from the first to the last, and values beyond take these', () => {
    const { colours } = lookOf([-9, -2, 6, 99], probabilityPalette(), -2, 6);
    expect([...colours]).toEqual([0, 0, 255, 255].flatMap((i) => colour(probabilityPalette(), i)));
  });

  it('are neutral at 0 of a diverging scale', () => {
    expect(lookOf([0], divergingPalette(false), -3, 3).colours).toEqual(neutral(divergingPalette(false)));
  });

  it('tell pixels without effect by marks: earlier ones a dot, later ones a hatch', () => {
    const { colours, marks } = attributionLook({
      values: Float32Array.of(0, 0.5, 0, NaN),
      places: Uint32Array.of(0, 1, 3, 2),
      place: 2,
      largest: 0.5,
      dark: true,
    });
    expect(marks).toEqual(['dot', '', 'hatch', '']);
    const unseen = [...inkColours(true).unseen];
    const palette = divergingPalette(true);
    expect([...colours]).toEqual([...neutral(palette), ...colour(palette, 255), ...unseen, ...unseen]);
  });
});

it('an area of pixels has one rectangle for every run in a row', () => {
  const shown = [1, 1, 0, 0, 1, 1];
  expect(areaOf({ width: 3, height: 2 }, (pixel) => shown[pixel] === 1)).toBe('M0 0H2V1H0ZM1 1H3V2H1Z');
  expect(areaOf({ width: 3, height: 2 }, () => false)).toBe('');
});
