import { expect, it, vi } from 'vitest';
import fc from 'fast-check';
import {
  count,
  duration,
  estimateWords,
  fixed,
  LOG_P,
  lossName,
  MINUS_LOG_P,
  natsOf,
  percent,
  tickLabel,
} from '../../../src/app/format.ts';

it('numbers are formatted with a true minus sign and grouped thousands', () => {
  expect(fixed(-178.84, 1)).toBe('−178.8');
  expect(fixed(-0.01, 1)).toBe('0.0');
  expect(fixed(-Infinity, 1)).toBe('−∞');
  expect(duration(65)).toBe('1 min 05 s');
  expect(duration(4800)).toBe('1 h 20 min');
  expect([0, 0.0001, 0.5, 0.9999, 1].map(percent)).toEqual(['0', '0.1', '50', '99.9', '100']);
});

it('counts are grouped as Intl groups them', () => {
  const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
  const numbers = fc.oneof(fc.maxSafeNat(), fc.double({ min: 0, max: 1e15, noNaN: true }));
  fc.assert(fc.property(numbers, (value) => count(value) === grouped.format(value)));
});

it('ticks have the decimals of their step, and a true minus sign', () => {
  const labels = (from: number, step: number) => [0, 1, 2].map((i) => tickLabel(from + i * step, step));
  expect(labels(0, 0.1)).toEqual(['0.0', '0.1', '0.2']);
  expect(labels(0, 0.25)).toEqual(['0.00', '0.25', '0.50']);
  expect(labels(100, 50)).toEqual(['100', '150', '200']);
  expect(labels(-2.5, 2.5)).toEqual(['−2.5', '0.0', '2.5']);
});

it('dates are written in British English where the language of the browser is no valid tag', async () => {
  const proper = Intl.DateTimeFormat;
  vi.resetModules();
  vi.stubGlobal('Intl', {
    ...Object.fromEntries(
      Object.getOwnPropertyNames(Intl).map((name) => [name, Reflect.get(Intl, name) as unknown]),
    ),
    DateTimeFormat: class extends proper {
      constructor(locale?: string, options?: Intl.DateTimeFormatOptions) {
        if (locale === undefined) throw new RangeError('Incorrect locale information provided');
        super(locale, { ...options, timeZone: 'UTC' });
      }
    },
  });
  try {
    const { moment } = await import('../../../src/app/format.ts');
    expect(moment(Date.UTC(2024, 4, 17, 13, 5))).toBe('17 May 2024, 13:05');
  } finally {
    vi.unstubAllGlobals();
  }
});

it('a logarithm of a probability has one name with each sign, and one rounding', () => {
  expect([LOG_P, MINUS_LOG_P]).toEqual(['log p', '−log p']);
  expect([lossName('density'), lossName('classifier')]).toEqual(['−log p(x)', '−log p(y | x)']);
  expect([natsOf(-45.66, 784), natsOf(45.66, 784), natsOf(-3.456, 16)]).toEqual(['−45.7', '45.7', '−3.46']);
  expect(estimateWords({ nats: 79.388, standardError: 0.2 })).toBe('79.39 ± 0.20');
});
