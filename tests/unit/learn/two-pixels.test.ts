import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areasOf, cutsOf, tableOf } from '../../../src/learn/figures/two-pixels.ts';
import { productOf } from '../../../src/stats/divergences.ts';

const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });
const cuts = fc.record({ first: share, ink: share, paper: share });

describe('the square of two pixels', () => {
  it('has areas that are the probabilities, and cuts that come back', () => {
    fc.assert(
      fc.property(cuts, (given) => {
        const p = tableOf(given);
        expect(p.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 14);
        areasOf(given).forEach(({ width, height }, m) => expect(width * height).toBeCloseTo(p[m], 14));
        const again = cutsOf(p);
        for (const name of ['first', 'ink', 'paper'] as const)
          expect(again[name]).toBeCloseTo(given[name], 10);
      }),
    );
  });

  it('is cut straight by a product, and only by one', () => {
    fc.assert(
      fc.property(share, share, (a, b) => {
        const { first, ink, paper } = cutsOf(productOf([a, b]));
        expect(first).toBeCloseTo(a, 12);
        expect(ink).toBeCloseTo(b, 10);
        expect(paper).toBeCloseTo(b, 10);
      }),
    );
    const bent = cutsOf([0.45, 0.05, 0.05, 0.45]);
    expect(bent.ink).toBeCloseTo(0.9, 14);
    expect(bent.paper).toBeCloseTo(0.1, 14);
  });

  it('has finite cuts where a pixel is never or always inked', () => {
    expect(cutsOf([0.3, 0, 0.7, 0])).toEqual({ first: 0, ink: 0.7, paper: 0.7 });
    expect(cutsOf([0, 0.25, 0, 0.75])).toEqual({ first: 1, ink: 0.75, paper: 0.75 });
  });
});
