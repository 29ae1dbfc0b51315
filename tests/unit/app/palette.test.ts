import { describe, expect, it } from 'vitest';
import { probabilityPalette, step, surprisePalette } from '../../../src/ui/parts/palette.ts';

describe('colour scales', () => {
  /** Relative luminance (WCAG 2.2). */
  const luminance = (palette: Uint8Array, i: number) => {
    const [r, g, b] = [0, 1, 2].map((part) => {
      const value = palette[3 * i + part] / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  it.each([
    ['probability', probabilityPalette(), 1],
    ['surprise on paper', surprisePalette(false), -1],
    ['surprise at night', surprisePalette(true), 1],
  ] as const)('%s goes one way in lightness, and far', (_, palette, direction) => {
    for (let i = 8; i < 256; i += 8)
      expect(direction * (luminance(palette, i) - luminance(palette, i - 8))).toBeGreaterThan(0);
    expect(Math.abs(luminance(palette, 255) - luminance(palette, 0))).toBeGreaterThan(0.6);
  });

  it('clamp at their ends', () => {
    expect([step(-1), step(0), step(1), step(9)]).toEqual([0, 0, 255, 255]);
  });
});
