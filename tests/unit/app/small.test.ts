import { describe, expect, it, vi } from 'vitest';
import { duration, fixed, percent, tickLabel } from '../../../src/app/format.ts';
import { Latest } from '../../../src/app/latest.ts';
import { judge, shareBelow } from '../../../src/app/compare/percentile.ts';
import { Turn } from '../../../src/app/turn.ts';
import { probabilityPalette, step, surprisePalette } from '../../../src/ui/parts/palette.ts';

describe('Latest', () => {
  it('runs one job at a time, skips replaced inputs, and ends with the newest', async () => {
    const seen: number[] = [];
    let running = 0;
    const gates: (() => void)[] = [];
    const latest = new Latest<number>(async (input) => {
      expect(++running).toBe(1);
      await new Promise<void>((resolve) => gates.push(resolve));
      seen.push(input);
      running--;
    });
    for (let i = 1; i <= 5; i++) latest.submit(i);
    gates.shift()?.();
    await new Promise((resolve) => setTimeout(resolve));
    latest.submit(6);
    latest.submit(7);
    while (gates.length > 0) {
      gates.shift()?.();
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(seen).toEqual([1, 5, 7]);
  });

  it('continues after a job that rejected or threw, and reports it', async () => {
    const seen: number[] = [];
    const failed: unknown[] = [];
    const job = (input: number): Promise<void> => {
      if (input === 1) throw new Error('thrown');
      if (input === 2) return Promise.reject(new Error('rejected'));
      seen.push(input);
      return Promise.resolve();
    };
    const latest = new Latest<number>(job, (error) => failed.push(error));
    for (const input of [1, 2, 3]) {
      latest.submit(input);
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(seen).toEqual([3]);
    expect(failed).toEqual([new Error('thrown'), new Error('rejected')]);
    // Also while one was waiting.
    latest.submit(2);
    latest.submit(4);
    await new Promise((resolve) => setTimeout(resolve));
    expect(seen).toEqual([3, 4]);
  });
});

it('a Turn is taken in the order of the calls, by one caller at a time', async () => {
  const turn = new Turn();
  const order: string[] = [];
  const first = await turn.take();
  const second = turn.take().then((end) => {
    order.push('second');
    end();
  });
  const third = turn.take().then((end) => {
    order.push('third');
    end();
  });
  order.push('first');
  first();
  await Promise.all([second, third]);
  expect(order).toEqual(['first', 'second', 'third']);
});

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

describe('colour scales', () => {
  /** Relative luminance (WCAG 2.2). */
  const luminance = (palette: Uint8Array, i: number) => {
    const [r, g, b] = [0, 1, 2].map((part) => {
      const value = palette[3 * i + part] / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  it.each([
    ['probability', probabilityPalette, 1],
    ['surprise on paper', surprisePalette(false), -1],
    ['surprise at night', surprisePalette(true), 1],
  ] as const)('%s goes one way in lightness, and far', (_, palette, direction) => {
    for (let i = 8; i < 256; i += 8)
      expect(direction * (luminance(palette, i) - luminance(palette, i - 8))).toBeGreaterThan(0);
    expect(Math.abs(luminance(palette, 255) - luminance(palette, 0))).toBeGreaterThan(0.6);
  });

  it('clamp at their ends', () => {
    expect([step(-1), step(0), step(1), step(9)]).toEqual([0, 0, 255, 255]);
  });
});

it('numbers are formatted with a true minus sign and grouped thousands', () => {
  expect(fixed(-178.84, 1)).toBe('−178.8');
  expect(fixed(-0.01, 1)).toBe('0.0');
  expect(fixed(-Infinity, 1)).toBe('−∞');
  expect(duration(65)).toBe('1 min 05 s');
  expect(duration(4800)).toBe('1 h 20 min');
  expect([0, 0.0001, 0.5, 0.9999, 1].map(percent)).toEqual(['0', '0.1', '50', '99.9', '100']);
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
