import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quartilesOf } from '../../../src/stats/quartiles.ts';

describe('quartiles', () => {
  it('are those of a list that is counted by hand', () => {
    expect(quartilesOf([5])).toEqual({ median: 5, low: 5, high: 5 });
    expect(quartilesOf([4, 1, 3, 2])).toEqual({ median: 2.5, low: 1.75, high: 3.25 });
    expect(quartilesOf([50, 10, 20, 40, 30])).toEqual({ median: 30, low: 20, high: 40 });
    expect(() => quartilesOf([])).toThrow(RangeError);
  });

  it('lie in order within the values, whatever their order is', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
        const { low, median, high } = quartilesOf(values);
        expect(low).toBeLessThanOrEqual(median);
        expect(median).toBeLessThanOrEqual(high);
        expect(Math.min(...values)).toBeLessThanOrEqual(low);
        expect(high).toBeLessThanOrEqual(Math.max(...values));
        expect(quartilesOf(values.toReversed())).toEqual({ low, median, high });
      }),
    );
  });
});
