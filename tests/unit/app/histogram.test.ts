import { describe, expect, it } from 'vitest';
import { histogramOf, placeOf } from '../../../src/app/histogram.ts';

describe('a histogram of scores', () => {
  const scores = Float64Array.from({ length: 1000 }, (_, i) => i / 10);

  it('has bars of the shares of the scores, the highest 1, and counts every score once', () => {
    const { from, to, bars } = histogramOf(scores, 20);
    expect(bars).toHaveLength(20);
    expect(Math.max(...bars)).toBe(1);
    // Even scores: inside the axis all bars are of one height, within a score each.
    const width = (to - from) / 20;
    const inside = bars.filter((_, bin) => from + bin * width > 0 && from + (bin + 1) * width < 99.9);
    expect(Math.min(...inside)).toBeGreaterThan(0.97);
    expect(bars[0]).toBe(0);
  });

  it('counts scores beyond the axis in its outer bars', () => {
    const outlier = Float64Array.from([-5000, ...scores]);
    const { from, bars } = histogramOf(outlier, 20);
    expect(from).toBeGreaterThan(-50);
    expect(bars[0]).toBeGreaterThan(0);
  });

  it('places a score between the ends, and one beyond them at the end', () => {
    const histogram = histogramOf(scores, 20);
    expect(placeOf(histogram, (histogram.from + histogram.to) / 2)).toBeCloseTo(0.5);
    expect(placeOf(histogram, -1e9)).toBe(0);
    expect(placeOf(histogram, 1e9)).toBe(1);
  });

  it('of equal scores has an axis of some width', () => {
    const { from, to, bars } = histogramOf(new Float32Array(5).fill(-3), 4);
    expect(to).toBeGreaterThan(from);
    expect(bars.filter((bar) => bar > 0)).toEqual([1]);
  });
});
