import { describe, expect, it } from 'vitest';
import type { RowOperations } from '../../../src/simd/rows.ts';
import { difference, implementations, uniforms } from './implementations.ts';

/** Remainders of every kind. */
const COUNTS = [1, 2, 3, 4, 6, 9, 64, 1001];
const OUTSIDE = 77;

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const logistic = (x: number) => 1 / (1 + Math.exp(-x));

describe.each(implementations)('elements: %s', (_, open) => {
  /** `count` numbers, and one more that must stay. */
  function array(operations: RowOperations, count: number, value: (i: number) => number): Float32Array {
    const values = operations.floats(count + 1);
    for (let i = 0; i < count; i++) values[i] = value(i);
    values[count] = OUTSIDE;
    return values;
  }

  /** What f makes of every element, in f64. */
  const mapped = (x: Float32Array, f: (value: number, i: number) => number) =>
    Float64Array.from(x, (value, i) => (i === x.length - 1 ? OUTSIDE : f(value, i)));

  describe.each(COUNTS)('%i of them', (count) => {
    const next = uniforms(count);
    const random = (operations: RowOperations, size = 1) => array(operations, count, () => size * next());

    it.each([
      ['relu', (x: number) => Math.max(0, x), 'reluBack', (y: number) => (y > 0 ? 1 : 0)],
      ['elu', (x: number) => (x > 0 ? x : Math.expm1(x)), 'eluBack', (y: number) => Math.min(1, y + 1)],
      ['sigmoid', logistic, 'sigmoidBack', (y: number) => y * (1 - y)],
    ] as const)('%s and its derivative', (name, f, back, slope) => {
      const operations = open();
      const x = random(operations, 9);
      const out = random(operations);
      operations[name](out, x, count);
      expect(difference(out, mapped(x, f))).toBeLessThan(1e-6);
      const d = random(operations);
      const right = mapped(d, (value, i) => value * slope(out[i]));
      operations[back](d, out, count);
      expect(difference(d, right)).toBeLessThan(1e-6);
      operations[name](x, x, count);
      expect(difference(x, out)).toBe(0);
    });

    it('bounds, and holds derivatives at the bound', () => {
      const operations = open();
      const x = random(operations, 3);
      const right = mapped(x, (value) => Math.min(1.5, Math.max(-1.5, value)));
      operations.bound(x, count, 1.5);
      expect(difference(x, right)).toBe(0);
      const d = random(operations);
      const held = mapped(d, (value, i) => (Math.abs(x[i]) < 1.5 ? value : 0));
      operations.boundBack(d, x, count, 1.5);
      expect(difference(d, held)).toBe(0);
    });

    it('sums softplus, the loss of logits and squares', () => {
      const operations = open();
      const z = random(operations, 20);
      const t = array(operations, count, () => next() / 2 + 0.5);
      const d = random(operations);
      const total = (f: (value: number, i: number) => number) =>
        z.subarray(0, count).reduce((sum, value, i) => sum + f(value, i), 0);
      const near = (value: number) => 1e-6 * (1 + Math.abs(value));
      const loss = total((value, i) => softplus(value) - t[i] * value);
      expect(Math.abs(operations.softplusSum(z, count) - total(softplus))).toBeLessThan(
        near(total(softplus)),
      );
      const squares = total((value) => value * value);
      expect(Math.abs(operations.sumOfSquares(z, count) - squares)).toBeLessThan(near(squares));
      expect(Math.abs(operations.logisticLoss(d, z, t, count) - loss)).toBeLessThan(near(total(softplus)));
      expect(
        difference(
          d,
          mapped(z, (value, i) => logistic(value) - t[i]),
        ),
      ).toBeLessThan(1e-6);
    });

    it('scales and adds', () => {
      const operations = open();
      const x = random(operations);
      const out = random(operations);
      const sum = mapped(out, (value, i) => value + 2.5 * x[i]);
      operations.addScaled(out, x, count, 2.5);
      expect(difference(out, sum)).toBeLessThan(1e-6);
      const scaled = mapped(out, (value) => value * -0.3);
      operations.scale(out, count, -0.3);
      expect(difference(out, scaled)).toBeLessThan(1e-6);
    });

    it('moves towards others', () => {
      const operations = open();
      const [x, to] = [1, 2].map(() => random(operations));
      const right = mapped(x, (value, i) => value + 0.3 * (to[i] - value));
      operations.moveTowards(x, to, count, 0.3);
      expect(difference(x, right)).toBeLessThan(1e-6);
    });

    it('takes steps of Adam', () => {
      const operations = open();
      const [w, g, m] = [1, 2, 3].map(() => random(operations));
      const v = array(operations, count, () => 0.01 + Math.abs(next()));
      const settings = { beta1: 0.9, beta2: 0.999, rate: 1e-2, epsilon: 1e-8, factor: 0.7 };
      const first = mapped(m, (value, i) => 0.9 * value + 0.1 * 0.7 * g[i]);
      const second = mapped(v, (value, i) => 0.999 * value + 0.001 * (0.7 * g[i]) ** 2);
      const weights = mapped(w, (value, i) => value - (1e-2 * first[i]) / (Math.sqrt(second[i]) + 1e-8));
      operations.adam(w, g, m, v, count, settings);
      expect(difference(m, first)).toBeLessThan(2e-7);
      expect(difference(v, second)).toBeLessThan(2e-7);
      expect(difference(w, weights)).toBeLessThan(1e-6);
    });
  });

  it('stays accurate and finite from -1e30 to 1e30', () => {
    const operations = open();
    const values = [0, 1e-7, 0.5, 1, 5, 17, 60, 87, 88, 90, 1e4, 1e30].flatMap((x) => [x, -x]);
    const count = values.length;
    const x = array(operations, count, (i) => values[i]);
    const out = array(operations, count, () => 0);
    operations.sigmoid(out, x, count);
    expect(difference(out, mapped(x, logistic))).toBeLessThan(1e-7);
    operations.elu(out, x, count);
    const relative = mapped(x, (value) => (value > 0 ? value : Math.expm1(value)));
    for (let i = 0; i < count; i++) expect(Math.abs(out[i] - relative[i])).toBeLessThanOrEqual(2e-7);
    for (let i = 0; i < count; i++) {
      const one = operations.softplusSum(x.subarray(i, i + 1), 1);
      expect(Math.abs(one / softplus(x[i]) - 1) < 1e-6 || Math.abs(one) < 1e-37, `softplus ${x[i]}`).toBe(
        true,
      );
    }
  });

  it('lets moments fade that no gradient renews, and never to numbers that are slow to compute with', () => {
    const operations = open();
    const [w, g, m, v] = [1, 0, 0.5, 0.5].map((value) => array(operations, 6, () => value));
    const settings = { beta1: 0.9, beta2: 0.99, rate: 1e-3, epsilon: 1e-8, factor: 1 };
    for (let step = 0; step < 12_000; step++) operations.adam(w, g, m, v, 6, settings);
    for (const moments of [m, v]) {
      for (const value of moments.subarray(0, 6)) expect(value).toBeLessThan(1e-30);
      expect(moments[6]).toBe(OUTSIDE);
    }
    for (const weight of w.subarray(0, 6)) expect(Math.abs(weight - 0.99)).toBeLessThan(0.01);
  });

  it('lets what is not a number through, so that it is noticed', () => {
    const operations = open();
    const x = array(operations, 5, (i) => (i === 2 ? NaN : 1));
    const out = array(operations, 5, () => 0);
    for (const name of ['relu', 'elu', 'sigmoid'] as const) {
      operations[name](out, x, 5);
      expect(out[2], name).toBeNaN();
      expect(out[3], name).not.toBeNaN();
    }
    expect(operations.softplusSum(x, 5)).toBeNaN();
    operations.bound(x, 5, 2);
    expect(x[2]).toBeNaN();
    const [w, m, v] = [1, 2, 3].map(() => array(operations, 5, () => 1));
    operations.adam(w, x, m, v, 5, { beta1: 0.9, beta2: 0.999, rate: 1, epsilon: 1e-8, factor: 1 });
    for (const changed of [w, m, v])
      expect([...changed].map(Number.isNaN)).toEqual([false, false, true, false, false, false]);
  });
});
