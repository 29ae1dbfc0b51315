import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCount, readNumber } from '../../../src/learn/exercises/arithmetic.ts';

describe('what is typed as a count', () => {
  it.each([
    ['15', 15n],
    ['16,777,215', 16777215n],
    ['16 777 215', 16777215n],
    ['16’777’215', 16777215n],
    ['256^3 - 1', 16777215n],
    ['256³−1', 16777215n],
    ['2**10', 1024n],
    ['2 × (3 + 4)', 14n],
    ['2^2^3', 256n],
    ['-3^2', -9n],
    ['7 - 2 - 1', 4n],
    ['12 / 4 / 3', 1n],
  ])('%s is read', (typed, value) => {
    expect(readCount(typed)).toEqual({ ok: true, value });
  });

  it.each(['', '  ', 'fifteen', '2^', '(2', '2)', '1.5', '7/2', '2^999999999', '1/0', '2 3'])(
    '%j is refused with a reason',
    (typed) => {
      const read = readCount(typed);
      expect(read.ok).toBe(false);
      if (!read.ok) expect(read.reason.length).toBeGreaterThan(5);
    },
  );

  it('of any whole number, grouped or not, is that number', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), (value) => {
        const grouped = String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
        for (const typed of [String(value), grouped]) expect(readCount(typed)).toEqual({ ok: true, value });
      }),
    );
  });
});

describe('what is typed as a number', () => {
  it.each([
    ['0.595', 0.595],
    ['.5', 0.5],
    ['0,595', 0.595],
    ['−3.6', -3.6],
    ['1/3', 1 / 3],
    ['1e-3', 0.001],
    ['1,234.5', 1234.5],
  ])('%s is read', (typed, value) => {
    const read = readNumber(typed);
    expect(read.ok && read.value).toBeCloseTo(value, 12);
  });

  it.each(['', 'x', '1/0', '0.5.5'])('%j is refused', (typed) => {
    expect(readNumber(typed).ok).toBe(false);
  });
});
