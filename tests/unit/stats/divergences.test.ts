import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  crossEntropy,
  entropy,
  jensenShannon,
  klDivergence,
  marginalsOf,
  pairOf,
  productOf,
  sharedNats,
  totalCorrelation,
  totalVariation,
} from '../../../src/stats/divergences.ts';

const LN2 = Math.log(2);
/** The pair of the lecture's exercise: two pixels that are nearly always alike. */
const ALIKE = [0.49, 0.01, 0.01, 0.49];

/** Tables of 2^n entries that sum to one, of which some may be 0. */
const tables = (n: number) =>
  fc
    .array(fc.integer({ min: 0, max: 1000 }), { minLength: 2 ** n, maxLength: 2 ** n })
    .filter((counts) => counts.some((count) => count > 0))
    .map((counts) => {
      const total = counts.reduce((sum, count) => sum + count, 0);
      return Float64Array.from(counts, (count) => count / total);
    });
const pixels = fc.integer({ min: 1, max: 4 });
const table = pixels.chain(tables);
const twoTables = pixels.chain((n) => fc.tuple(tables(n), tables(n)));

describe('entropy', () => {
  it('of a fair coin is log 2, of certainty 0, of 16 equal entries log 16', () => {
    expect(entropy([0.5, 0.5])).toBeCloseTo(LN2, 15);
    expect(entropy([0, 1, 0, 0])).toBe(0);
    expect(entropy(new Float64Array(16).fill(1 / 16))).toBeCloseTo(4 * LN2, 14);
  });
});

describe('KL', () => {
  it('of (1/2, 1/2) to (1/4, 3/4) is log 2 - log(3) / 2, and the other way round 3/4 log 3 - log 2', () => {
    expect(klDivergence([0.5, 0.5], [0.25, 0.75])).toBeCloseTo(LN2 - Math.log(3) / 2, 15);
    expect(klDivergence([0.25, 0.75], [0.5, 0.5])).toBeCloseTo(0.75 * Math.log(3) - LN2, 15);
  });

  it('is infinite where support is missing, and only in that direction', () => {
    expect(klDivergence([0.5, 0.5], [1, 0])).toBe(Infinity);
    expect(klDivergence([1, 0], [0.5, 0.5])).toBeCloseTo(LN2, 15);
    expect(crossEntropy([0.5, 0.5], [1, 0])).toBe(Infinity);
  });

  it('is at least 0, 0 for the same table, and cross-entropy less entropy', () => {
    fc.assert(
      fc.property(twoTables, ([p, q]) => {
        const kl = klDivergence(p, q);
        expect(kl).toBeGreaterThan(-1e-14);
        expect(klDivergence(p, p)).toBe(0);
        if (kl < Infinity) expect(crossEntropy(p, q) - entropy(p)).toBeCloseTo(kl, 12);
        else expect(crossEntropy(p, q)).toBe(Infinity);
      }),
    );
  });

  it('of the pair that is nearly always alike has the values of the lecture', () => {
    const half = productOf([0.5, 0.5]);
    expect(klDivergence(ALIKE, half)).toBeCloseTo(0.595, 3);
    expect(klDivergence(half, ALIKE)).toBeCloseTo(1.273, 3);
  });
});

describe('Jensen-Shannon and total variation', () => {
  it('of tables without a common entry are log 2 and 1', () => {
    expect(jensenShannon([1, 0], [0, 1])).toBeCloseTo(LN2, 15);
    expect(totalVariation([1, 0], [0, 1])).toBe(1);
  });

  it('of (1, 0) and (1/2, 1/2), by hand: (log(4/3) + (log(2/3) + log 2) / 2) / 2, and a half', () => {
    const kl = (Math.log(4 / 3) + (Math.log(2 / 3) + Math.log(2)) / 2) / 2;
    expect(jensenShannon([1, 0], [0.5, 0.5])).toBeCloseTo(kl, 15);
    expect(totalVariation([1, 0], [0.5, 0.5])).toBe(0.5);
  });

  it('are symmetric and bounded, and KL is at least twice the square of total variation (Pinsker)', () => {
    fc.assert(
      fc.property(twoTables, ([p, q]) => {
        expect(jensenShannon(p, q)).toBeCloseTo(jensenShannon(q, p), 14);
        expect(jensenShannon(p, q)).toBeLessThanOrEqual(LN2 + 1e-14);
        const tv = totalVariation(p, q);
        expect(tv).toBe(totalVariation(q, p));
        expect(tv).toBeLessThanOrEqual(1 + 1e-14);
        expect(klDivergence(p, q)).toBeGreaterThanOrEqual(2 * tv ** 2 - 1e-14);
      }),
    );
  });

  it('total variation is the largest difference of any event', () => {
    fc.assert(
      fc.property(fc.tuple(tables(2), tables(2)), ([p, q]) => {
        let most = 0;
        for (let event = 0; event < 16; event++) {
          let difference = 0;
          for (let m = 0; m < 4; m++) if ((event >> m) & 1) difference += p[m] - q[m];
          most = Math.max(most, difference);
        }
        expect(totalVariation(p, q)).toBeCloseTo(most, 14);
      }),
    );
  });
});

describe('marginals, products and pairs', () => {
  it('of two pixels, by hand', () => {
    expect([...marginalsOf([0.1, 0.2, 0.3, 0.4])]).toEqual([
      expect.closeTo(0.6, 15),
      expect.closeTo(0.7, 15),
    ]);
    const product = productOf([0.6, 0.7]);
    [0.12, 0.18, 0.28, 0.42].forEach((value, m) => expect(product[m]).toBeCloseTo(value, 15));
  });

  it('of three pixels agree with the product written out', () => {
    const chances = [0.1, 0.6, 0.8];
    const table = productOf(chances);
    for (let m = 0; m < 8; m++) {
      const factors = chances.map((chance, i) => ((m >> i) & 1 ? chance : 1 - chance));
      expect(table[m]).toBeCloseTo(factors[0] * factors[1] * factors[2], 15);
    }
  });

  it('a pair has the marginals of its pixels, in their order', () => {
    fc.assert(
      fc.property(tables(3), (p) => {
        const all = marginalsOf(p);
        const [first, second] = marginalsOf(pairOf(p, 2, 0));
        expect(first).toBeCloseTo(all[2], 14);
        expect(second).toBeCloseTo(all[0], 14);
        expect(pairOf(p, 2, 0)[3]).toBeCloseTo(p[5] + p[7], 14);
      }),
    );
  });

  it('refuses tables that are none of binary images, and tables of different length', () => {
    expect(() => marginalsOf([0.5, 0.3, 0.2])).toThrow(RangeError);
    expect(() => klDivergence([1], [0.5, 0.5])).toThrow(RangeError);
  });
});

describe('total correlation', () => {
  it('of two equal fair coins is log 2, of independent ones 0, of a parity of three log 2', () => {
    expect(totalCorrelation([0.5, 0, 0, 0.5])).toBeCloseTo(LN2, 15);
    expect(totalCorrelation(productOf([0.3, 0.9, 0.4]))).toBeCloseTo(0, 14);
    const parity = Float64Array.from({ length: 8 }, (_, m) =>
      ((m & 1) ^ ((m >> 1) & 1) ^ ((m >> 2) & 1)) === 0 ? 0.25 : 0,
    );
    expect(totalCorrelation(parity)).toBeCloseTo(LN2, 15);
    expect(totalCorrelation(pairOf(parity, 0, 2))).toBeCloseTo(0, 15);
  });

  it('is the sum of the entropies of the pixels less that of the table, and of what every pixel shares', () => {
    fc.assert(
      fc.property(table, (p) => {
        const single = [...marginalsOf(p)].reduce((sum, chance) => sum + entropy([chance, 1 - chance]), 0);
        expect(totalCorrelation(p)).toBeCloseTo(single - entropy(p), 12);
        const shared = sharedNats(p);
        expect(shared[0]).toBeCloseTo(0, 13);
        expect(Math.min(...shared)).toBeGreaterThan(-1e-12);
        expect(shared.reduce((sum, nats) => sum + nats, 0)).toBeCloseTo(totalCorrelation(p), 12);
      }),
    );
  });

  it('is the least KL of all products: no other comes nearer', () => {
    fc.assert(
      fc.property(
        tables(2),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (p, a, b) => {
          expect(klDivergence(p, productOf([a, b]))).toBeGreaterThanOrEqual(totalCorrelation(p) - 1e-14);
        },
      ),
    );
  });
});
