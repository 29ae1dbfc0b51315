import { describe, expect, it } from 'vitest';
import { chiSquaredSurvival, chiSquaredTest } from '../../../src/stats/chi-squared.ts';

describe('survival function', () => {
  // Critical values as statistical tables print them (Abramowitz and Stegun, table 26.8): three decimals.
  it.each([
    [0.05, 1, 3.841],
    [0.01, 1, 6.635],
    [0.001, 1, 10.828],
    [0.99, 5, 0.554],
    [0.5, 10, 9.342],
    [0.05, 10, 18.307],
    [0.01, 10, 23.209],
    [0.95, 30, 18.493],
    [0.05, 30, 43.773],
    [0.001, 30, 59.703],
    [0.05, 100, 124.342],
    [0.001, 100, 149.449],
    [0.995, 100, 67.328],
  ])('is %f for %i degrees at %f', (p, degrees, x) => {
    expect(Math.abs(chiSquaredSurvival(x, degrees) / p - 1)).toBeLessThan(2e-3);
  });

  it('equals the closed form for even degrees, into the far tail', () => {
    for (const x of [0.1, 1, 5, 20, 100, 600]) {
      const h = x / 2;
      expect(chiSquaredSurvival(x, 2) / Math.exp(-h)).toBeCloseTo(1, 11);
      expect(chiSquaredSurvival(x, 4) / (Math.exp(-h) * (1 + h))).toBeCloseTo(1, 11);
      const six = Math.exp(-h) * (1 + h + (h * h) / 2);
      expect(chiSquaredSurvival(x, 6) / six).toBeCloseTo(1, 11);
    }
  });

  it('approaches the normal distribution for many degrees', () => {
    // Wilson and Hilferty 1931: the cube root is nearly normal; z = 1.959964 leaves 0.025.
    for (const degrees of [1000, 65535]) {
      const c = 2 / (9 * degrees);
      const x = degrees * (1 - c + 1.959964 * Math.sqrt(c)) ** 3;
      expect(chiSquaredSurvival(x, degrees)).toBeCloseTo(0.025, 5);
      expect(chiSquaredSurvival(degrees, degrees)).toBeCloseTo(0.5, 1);
    }
  });

  it('is 1 at 0, 0 at infinity, and decreases between', () => {
    expect([chiSquaredSurvival(0, 3), chiSquaredSurvival(Infinity, 3)]).toEqual([1, 0]);
    expect(() => chiSquaredSurvival(1, 0)).toThrow(/degrees/);
    let before = 1;
    for (let x = 4; x < 60; x += 0.25) {
      const now = chiSquaredSurvival(x, 21);
      expect(now).toBeLessThan(before);
      before = now;
    }
  });
});

describe('test of counts', () => {
  it('rejects a fair die for counts of a loaded one', () => {
    const fair = Array.from({ length: 6 }, () => 1 / 6);
    const { statistic, degrees, p } = chiSquaredTest([5, 8, 9, 8, 10, 20], fair);
    expect(statistic).toBeCloseTo(13.4, 10);
    expect(degrees).toBe(5);
    expect(p).toBeCloseTo(0.0199, 4);
  });

  it('pools cells that expect fewer than ten', () => {
    const test = chiSquaredTest([60, 30, 4, 6], [0.6, 0.3, 0.04, 0.06]);
    expect(test).toEqual({ statistic: 0, degrees: 2, p: 1 });
    // 4 alone is still too few: the smallest other cell joins.
    expect(chiSquaredTest([60, 36, 4], [0.6, 0.36, 0.04]).degrees).toBe(1);
    expect(chiSquaredTest([3], [1])).toEqual({ statistic: 0, degrees: 0, p: 1 });
  });

  it('gives p = 0 where a cell of probability 0 was observed', () => {
    expect(chiSquaredTest([900, 99, 1], [0.9, 0.1, 0]).p).toBe(0);
    expect(chiSquaredTest([880, 80, 40], [0.9, 0.0999, 0.0001]).p).toBeLessThan(0.05);
    expect(chiSquaredTest([900, 100, 0], [0.9, 0.1, 0]).p).toBe(1);
  });

  it('refuses tables of another length', () => {
    expect(() => chiSquaredTest([1, 2], [1])).toThrow(/cells/);
  });
});
