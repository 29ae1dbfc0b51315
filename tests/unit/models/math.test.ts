import { describe, expect, it } from 'vitest';
import { Categorical } from '../../../src/data/categorical.ts';
import { average } from '../../../src/models/made/orders.ts';
import { effectiveSamples, logAddExp, logSoftmax, logSumExp } from '../../../src/models/shared/math.ts';

const NONE = -Infinity;

describe('sums of probabilities by their logarithms', () => {
  it('of nothing but impossible outcomes are -Infinity, not NaN', () => {
    expect(logSumExp(Float64Array.of(NONE, NONE, NONE))).toBe(NONE);
    expect(logSumExp(new Float64Array(0))).toBe(NONE);
    expect(logAddExp(NONE, NONE)).toBe(NONE);
    expect([...logSoftmax(Float64Array.of(NONE, NONE))]).toEqual([NONE, NONE]);
    expect(effectiveSamples(Float64Array.of(NONE, NONE))).toBe(0);
    const logs = [Float64Array.of(NONE), Float64Array.of(NONE)];
    expect(average(logs, 0)).toEqual({ logLikelihood: NONE, best: 0 });
  });

  it('leave impossible outcomes out', () => {
    expect(logSumExp(Float64Array.of(NONE, 3, NONE))).toBe(3);
    expect(logAddExp(NONE, 3)).toBe(3);
    expect(logAddExp(3, NONE)).toBe(3);
    expect([...logSoftmax(Float64Array.of(NONE, 3))]).toEqual([NONE, 0]);
    expect(effectiveSamples(Float64Array.of(NONE, 3))).toBe(1);
    expect(average([Float64Array.of(NONE), Float64Array.of(Math.log(0.5))], 0).logLikelihood).toBeCloseTo(
      Math.log(0.25),
    );
  });

  it('stay infinite or NaN where a term is', () => {
    expect(logSumExp(Float64Array.of(Infinity, 1))).toBe(Infinity);
    expect(logSumExp(Float64Array.of(NaN, NONE))).toBeNaN();
    expect(logSumExp(Float64Array.of(NaN))).toBeNaN();
    expect(logSumExp(Float64Array.of(1, NaN))).toBeNaN();
  });

  it('neither overflow nor vanish', () => {
    expect(logSumExp(Float64Array.of(1e4, 1e4))).toBeCloseTo(1e4 + Math.LN2);
    expect(logAddExp(-1e4, -1e4)).toBeCloseTo(-1e4 + Math.LN2);
    expect(effectiveSamples(Float64Array.of(-2e3, -2e3, -2e3))).toBeCloseTo(3);
  });
});

describe('Categorical', () => {
  it('refuses weights of which none can be drawn', () => {
    expect(() => new Categorical(Float64Array.of(NONE, NONE))).toThrow('logWeights: no weight is above 0');
    expect(() => new Categorical(Float64Array.of(NaN, 1))).toThrow('logWeights');
    expect(new Categorical(Float64Array.of(NONE, 0)).at(0)).toBe(1);
  });
});
