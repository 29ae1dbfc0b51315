import { describe, expect, it } from 'vitest';
import { judge, shareBelow } from '../../../src/app/compare/percentile.ts';

describe('percentiles', () => {
  const quantiles = Float32Array.from({ length: 101 }, (_, i) => -200 + i);

  it('are the share of quantiles below', () => {
    expect(shareBelow(quantiles, -150)).toBeCloseTo(0.5, 6);
    expect(shareBelow(quantiles, -199.5)).toBeCloseTo(0.005, 6);
    expect(shareBelow(quantiles, -1000)).toBe(0);
    expect(shareBelow(quantiles, 0)).toBe(1);
    expect(shareBelow(new Float32Array(0), 0)).toBe(0);
  });

  it('are judged two-sided', () => {
    expect([0.001, 0.5, 0.999].map(judge)).toEqual(['unusually unlikely', 'typical', 'unusually likely']);
  });
});
