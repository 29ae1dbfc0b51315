import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatsOf, fromHalf, halves, MAX_HALF, toHalf } from '../../../src/data/float16.ts';

const NEGATIVE = 0x8000;
const INFINITE = 0x7c00;

describe('half precision', () => {
  it('gives every number of its own back', () => {
    for (let bits = 0; bits < INFINITE; bits++) {
      expect(toHalf(fromHalf(bits))).toBe(bits);
      expect(toHalf(fromHalf(bits | NEGATIVE))).toBe(bits | NEGATIVE);
    }
  });

  it('has the numbers of the standard', () => {
    expect(fromHalf(0x0001)).toBe(2 ** -24);
    expect(fromHalf(0x0400)).toBe(2 ** -14);
    expect(fromHalf(0x3555)).toBe(0.333251953125);
    expect(fromHalf(0x3c00)).toBe(1);
    expect(fromHalf(0xc000)).toBe(-2);
    expect(fromHalf(0x7bff)).toBe(MAX_HALF);
    expect(fromHalf(INFINITE)).toBe(Infinity);
    expect(fromHalf(INFINITE | NEGATIVE)).toBe(-Infinity);
    expect(fromHalf(0x7e00)).toBeNaN();
  });

  it('rounds to the nearest number, and halfway between two to the even one', () => {
    const anyFloat = fc.double({ min: -70000, max: 70000, noNaN: true }).map(Math.fround);
    fc.assert(
      fc.property(anyFloat, (value) => {
        const bits = toHalf(value);
        const size = bits & ~NEGATIVE;
        const error = Math.abs(fromHalf(bits) - value);
        if (size === INFINITE) expect(Math.abs(value)).toBeGreaterThanOrEqual(65520);
        else
          for (const other of [size - 1, size + 1].filter((each) => each >= 0 && each < INFINITE))
            expect(error).toBeLessThanOrEqual(Math.abs(fromHalf(other) - Math.abs(value)));
      }),
      { numRuns: 5000 },
    );
    for (let bits = 0; bits < INFINITE - 1; bits++) {
      const halfway = (fromHalf(bits) + fromHalf(bits + 1)) / 2;
      expect(toHalf(halfway)).toBe(bits % 2 === 0 ? bits : bits + 1);
    }
    expect(toHalf(65519)).toBe(0x7bff);
    expect(toHalf(65520)).toBe(INFINITE);
    expect(toHalf(-1e9)).toBe(INFINITE | NEGATIVE);
    expect(toHalf(NaN) & 0x3ff).not.toBe(0);
  });

  it('converts arrays number by number', () => {
    const values = Float32Array.of(0.1, -3, 7e-8);
    expect([...halves(values)]).toEqual([...values].map(toHalf));
    expect([...floatsOf(halves(values))]).toEqual([...halves(values)].map(fromHalf));
  });
});
