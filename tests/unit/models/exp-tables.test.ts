import { describe, expect, it } from 'vitest';
import { logBernoulli, logit, sigmoid, softplus } from '../../../src/models/shared/math.ts';
import { expMinus, softplusSum } from '../../../src/models/shared/exp-tables.ts';
import { fires } from '../../../src/models/shared/ancestral.ts';
import { numbers } from './families.ts';

/** From -60 to 60, and the extremes. */
const LOGITS = [...Array.from({ length: 12_001 }, (_, k) => (k - 6000) / 100), -1e4, -745, 710, 1e4];

describe('scalar functions', () => {
  it('stay finite and keep their symmetries', () => {
    for (const z of LOGITS) {
      expect(softplus(z)).toBeGreaterThanOrEqual(Math.max(0, z));
      expect(Math.abs(softplus(z) - softplus(-z) - z)).toBeLessThan(1e-11);
      expect(sigmoid(z) + sigmoid(-z)).toBeCloseTo(1, 14);
      expect(logBernoulli(1, z)).toBe(logBernoulli(0, -z));
      if (Math.abs(z) < 30) expect(Math.exp(logBernoulli(1, z))).toBeCloseTo(sigmoid(z), 12);
      if (Math.abs(z) < 15) expect(logit(sigmoid(z))).toBeCloseTo(z, 8);
    }
  });
});

describe('tables', () => {
  it('give exp(-a) to a relative 1e-9', () => {
    for (let a = 0; a < 40; a += 0.0037) {
      expect(Math.abs(expMinus(a) / Math.exp(-a) - 1)).toBeLessThan(1e-9);
    }
    for (const a of [40, 50, 1e4, Infinity]) expect(expMinus(a)).toBeLessThan(1e-17);
  });

  it('give softplus to 1e-9 nats', () => {
    for (const z of LOGITS) {
      expect(Math.abs(softplusSum(Float64Array.of(7, z, 7), 1, 2) - softplus(z))).toBeLessThan(1e-9);
    }
  });

  it('sum over the range they are given', () => {
    const z = Float64Array.from({ length: 100 }, (_, i) => Math.sin(i) * 9);
    const sum = z.subarray(10, 90).reduce((total, value) => total + softplus(value), 0);
    expect(softplusSum(z, 10, 90)).toBeCloseTo(sum, 6);
  });

  it('let NaN through instead of hiding it', () => {
    expect(softplusSum(Float64Array.of(NaN), 0, 1)).toBeNaN();
    expect(expMinus(NaN)).toBeNaN();
  });
});

describe('fires', () => {
  it('is u < sigmoid(logit), the shortcuts included', () => {
    const next = numbers(4);
    for (let round = 0; round < 200_000; round++) {
      const z = (next() - 0.5) * 40;
      // Half of the draws lie close to the threshold, where a loose bound would show.
      const u = round % 2 ? next() : Math.min(1, sigmoid(z) * (0.9 + 0.2 * next()));
      expect(fires(z, u) === u < sigmoid(z)).toBe(true);
    }
    expect(fires(-1e4, 2 ** -24)).toBe(false);
    expect(fires(1e4, 1 - 2 ** -24)).toBe(true);
    expect(fires(0, 0.5)).toBe(false);
  });
});
