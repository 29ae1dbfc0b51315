import { describe, expect, it } from 'vitest';
import { mergeCurves } from '../../../src/app/training/compared-curves.ts';

const point = (epoch: number, train: number | null, validation: number | null) => ({
  step: 10 * epoch,
  epoch,
  train,
  validation,
});

describe('curves of several runs over one axis', () => {
  it('keep their points, and have none where another has one', () => {
    const current = [point(0.5, 150, null), point(1, 120, 125)];
    const earlier = [point(0.25, 160, null), point(1, 110, 115), point(2, 100, 105)];
    expect(mergeCurves(current, [earlier])).toEqual({
      x: [0.25, 0.5, 1, 2],
      train: [null, 150, 120, null],
      validation: [null, null, 125, null],
      earlier: [[null, null, 115, 105]],
    });
  });

  it('of a run without images held back are those of its training loss', () => {
    const { earlier } = mergeCurves([], [[point(1, 90, null), point(2, 80, null)]]);
    expect(earlier).toEqual([[90, 80]]);
  });

  it('of one run are its own', () => {
    const curve = [point(1, 3, 4), point(2, 1, 2)];
    expect(mergeCurves(curve, [])).toEqual({ x: [1, 2], train: [3, 1], validation: [4, 2], earlier: [] });
  });
});
