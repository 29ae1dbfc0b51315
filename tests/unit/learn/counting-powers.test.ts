import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { magnitudeOf, pixelsBeyond } from '../../../src/learn/05-counting/powers.ts';

/** Of the number itself, written down. */
function written(base: bigint, exponent: number, first = 6) {
  const text = String(base ** BigInt(exponent));
  return { digits: text.length, leading: text.slice(0, first) };
}

describe('the length of a power', () => {
  it.each([2n, 3n, 9n, 10n, 99n, 100n, 256n, 1000n, 16_777_216n])(
    'is that of the number written down, for base %s',
    (base) => {
      for (let exponent = 0; exponent <= 1500; exponent += exponent < 400 ? 1 : 37)
        expect(magnitudeOf(base, exponent), `${base}^${exponent}`).toEqual(written(base, exponent));
    },
  );

  it('is that of the number written down, for any base and exponent', () => {
    fc.assert(
      fc.property(
        fc.bigInt(1n, 10n ** 12n),
        fc.nat(700),
        fc.integer({ min: 1, max: 30 }),
        (base, exponent, first) => {
          expect(magnitudeOf(base, exponent, first)).toEqual(written(base, exponent, first));
        },
      ),
    );
  });

  it('holds next to powers of ten, where few digits do not decide', () => {
    // 1 below and 1 above 10^100, squared and more: the first 64 digits are all nines, or a one and zeros.
    for (const base of [10n ** 100n - 1n, 10n ** 100n, 10n ** 100n + 1n])
      for (const exponent of [1, 2, 3, 7])
        expect(magnitudeOf(base, exponent, 120)).toEqual(written(base, exponent, 120));
  });

  it('is 7,080,226 for 256^2,940,000, between the two powers of ten themselves', () => {
    const { digits, leading } = magnitudeOf(256n, 2_940_000);
    expect(digits).toBe(7_080_226);
    const images = 256n ** 2_940_000n;
    const shortest = 10n ** BigInt(digits - 1);
    expect(images >= shortest && images < shortest * 10n).toBe(true);
    expect(String(images / (shortest / 10n ** 5n))).toBe(leading);
  });

  it('is 2^23,520,000 too, and nothing near 800,000', () => {
    expect(magnitudeOf(2n, 8 * 2_940_000)).toEqual(magnitudeOf(256n, 2_940_000));
    expect(magnitudeOf(2n, 2_940_000).digits).toBe(885_029);
  });

  it('agrees with logarithms far beyond what can be written down', () => {
    const exponent = 10 ** 8;
    const log = exponent * 24 * Math.log10(2);
    const { digits, leading } = magnitudeOf(16_777_216n, exponent);
    expect(digits).toBe(Math.floor(log) + 1);
    // The fraction of a logarithm of nine digits keeps six or seven.
    expect(Number(leading) / 10 ** 5).toBeCloseTo(10 ** (log % 1), 4);
  });

  it('refuses what gives no whole number above zero', () => {
    expect(() => magnitudeOf(0n, 3)).toThrow(RangeError);
    expect(() => magnitudeOf(2n, -1)).toThrow(RangeError);
    expect(() => magnitudeOf(2n, 0.5)).toThrow(RangeError);
  });
});

it('needs 266 binary pixels for more images than 10^80', () => {
  expect(pixelsBeyond(80)).toBe(266);
  expect(2n ** 266n > 10n ** 80n).toBe(true);
  expect(2n ** 265n > 10n ** 80n).toBe(false);
  expect(pixelsBeyond(0)).toBe(1);
});
