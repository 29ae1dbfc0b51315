import { describe, expect, it } from 'vitest';
import { digitsOf, isLikelyBlank, judge } from '../../../src/app/compare/percentile.ts';

describe('a share of the unseen digits', () => {
  it.each([
    [0, 'none of 1,000'],
    [0.001, '1 of 1,000'],
    [0.009, '9 of 1,000'],
    [0.01, '1 of 100'],
    [0.674, '67 of 100'],
    [0.99, '99 of 100'],
    [0.991, '991 of 1,000'],
    [0.999, '999 of 1,000'],
    [1, 'all 1,000'],
  ])('%f is said as %s', (share, words) => {
    expect(digitsOf(share)).toBe(words);
  });

  it('is an end only where it is exactly that', () => {
    expect(digitsOf(1e-6)).toBe('1 of 1,000');
    expect(digitsOf(1 - 1e-6)).toBe('999 of 1,000');
  });

  it('is judged where it is unusual', () => {
    expect([0, 0.001, 0.049, 0.05, 0.5, 0.99, 0.991, 0.999, 1].map(judge)).toEqual([
      ...[null, 'among the least likely', 'among the least likely', null, null, null],
      ...['almost all of them', 'almost all of them', null],
    ]);
  });

  it('needs an explanation where a blank page has nearly all of them below it', () => {
    expect(isLikelyBlank(true, 1)).toBe(true);
    expect(isLikelyBlank(true, 0.951)).toBe(true);
    expect(isLikelyBlank(true, 0.95)).toBe(false);
    expect(isLikelyBlank(false, 1)).toBe(false);
  });
});
