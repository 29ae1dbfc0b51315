import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  coloursOf,
  countsOf,
  DEPTHS,
  fitModels,
  fitTable,
  independentParameters,
  jointParameters,
  levelOf,
  logIndependent,
  logJoint,
  logOf,
  meanLog,
  type Models,
  sampleIndependent,
  sampleJoint,
  shownAs,
  splitPixels,
  strayShare,
} from '../../../src/learn/04-colour/colour.ts';
import { scaledSize, withoutAlpha } from '../../../src/learn/04-colour/own-picture.ts';
import { builtIn, SIDE } from '../../../src/learn/04-colour/pictures.ts';

const colours = (bits: number) => fc.array(fc.nat(2 ** (3 * bits) - 1), { minLength: 2, maxLength: 60 });

/** The sum of a model over all colours. */
function sumOf(log: (colour: number) => number, bits: number): number {
  let sum = 0;
  for (let colour = 0; colour < 2 ** (3 * bits); colour++) sum += Math.exp(log(colour));
  return sum;
}

describe('free numbers', () => {
  it('are 16,777,215 in one table of three bytes, and 765 in three', () => {
    expect(jointParameters(8)).toBe(16_777_215);
    expect(independentParameters(8)).toBe(765);
  });

  it('are 63 and 262,143 at two and six bits', () => {
    expect([jointParameters(2), jointParameters(6)]).toEqual([63, 262_143]);
    expect([independentParameters(2), independentParameters(6)]).toEqual([9, 189]);
  });
});

describe('colours', () => {
  it('are the upper bits of red, green and blue, in this order', () => {
    expect([...coloursOf(Uint8Array.of(255, 0, 128, 63, 64, 191), 2)]).toEqual([0b110010, 0b000110]);
    expect([0, 1, 2].map((channel) => levelOf(0b110010, channel, 2))).toEqual([3, 0, 2]);
  });

  it('are shown in the middle of their levels, and read back as themselves', () => {
    expect(shownAs(0b110010, 2)).toEqual([224, 32, 160]);
    for (const bits of DEPTHS)
      for (let colour = 0; colour < 2 ** (3 * bits); colour += 7)
        expect(coloursOf(Uint8Array.from(shownAs(colour, bits)), bits)[0]).toBe(colour);
  });
});

describe('a table', () => {
  it('adds what makes values left out in turn likeliest, which are left out here one by one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(7), { minLength: 2, maxLength: 25 }), (values) => {
        const leftOut = (added: number): number => {
          let sum = 0;
          values.forEach((value, i) => {
            const others = countsOf(values.toSpliced(i, 1), 8);
            sum += logOf({ counts: others, total: values.length - 1, added }, value);
          });
          return sum / values.length;
        };
        const { added } = fitTable(countsOf(values, 8));
        expect(added).toBeGreaterThan(0);
        for (let i = -40; i <= 16; i++) {
          const other = 2 ** (i / 4);
          if (other >= 2 ** -10) expect(leftOut(added)).toBeGreaterThanOrEqual(leftOut(other) - 1e-9);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('gives (count + added) / (total + added cells)', () => {
    const table = { counts: Uint32Array.of(3, 0, 1), total: 4, added: 0.5 };
    expect(Math.exp(logOf(table, 0))).toBeCloseTo(3.5 / 5.5, 12);
    expect(Math.exp(logOf(table, 1))).toBeCloseTo(0.5 / 5.5, 12);
  });

  it('is not made of nothing', () => {
    expect(() => fitTable(new Uint32Array(4))).toThrow(RangeError);
  });
});

describe('both models', () => {
  it('sum to one over all colours', () => {
    fc.assert(
      fc.property(colours(2), (some) => {
        const models = fitModels(Uint32Array.from(some), 2);
        expect(sumOf((colour) => logJoint(models, colour), 2)).toBeCloseTo(1, 10);
        expect(sumOf((colour) => logIndependent(models, colour), 2)).toBeCloseTo(1, 10);
      }),
      { numRuns: 50 },
    );
  });

  it('differ on their own data by a divergence that is never negative, without anything added', () => {
    fc.assert(
      fc.property(colours(2), (some) => {
        const data = Uint32Array.from(some);
        const fitted = fitModels(data, 2);
        const bare: Models = {
          bits: 2,
          joint: { ...fitted.joint, added: 0 },
          channels: fitted.channels.map((table) => ({ ...table, added: 0 })),
        };
        const gap =
          meanLog((colour) => logJoint(bare, colour), data) -
          meanLog((colour) => logIndependent(bare, colour), data);
        let divergence = 0;
        for (const colour of new Set(some)) {
          const share = (fits: (other: number) => boolean): number => some.filter(fits).length / some.length;
          const p = share((other) => other === colour);
          const product = [0, 1, 2].reduce(
            (chance, channel) =>
              chance * share((other) => levelOf(other, channel, 2) === levelOf(colour, channel, 2)),
            1,
          );
          divergence += p * Math.log(p / product);
        }
        expect(gap).toBeCloseTo(divergence, 10);
        expect(gap).toBeGreaterThan(-1e-12);
      }),
      { numRuns: 50 },
    );
  });

  it('give strays what the sum over all colours that are not present says', () => {
    const some = Uint32Array.of(0b110000, 0b001100, 0b000011, 0b110000);
    const models = fitModels(some, 2);
    const present = new Set(some);
    for (const log of [logJoint, logIndependent]) {
      let stray = 0;
      for (let colour = 0; colour < 64; colour++)
        if (!present.has(colour)) stray += Math.exp(log(models, colour));
      expect(strayShare((colour) => log(models, colour), present)).toBeCloseTo(stray, 12);
    }
  });

  it('are sampled with their own probabilities, within four standard errors', () => {
    const models = fitModels(Uint32Array.of(0, 0, 0, 63, 63, 5), 2);
    const count = 20_000;
    const samplers = [
      [sampleJoint, logJoint],
      [sampleIndependent, logIndependent],
    ] as const;
    for (const [sample, log] of samplers) {
      const shares = countsOf(sample(models, 3, count), 64);
      for (let colour = 0; colour < 64; colour++) {
        const p = Math.exp(log(models, colour));
        expect(Math.abs(shares[colour] / count - p)).toBeLessThan(
          4 * Math.sqrt((p * (1 - p)) / count) + 1e-4,
        );
      }
      expect(sample(models, 3, 5)).toEqual(sample(models, 3, 9).slice(0, 5));
    }
  });
});

describe('the split', () => {
  it('holds the same half out for every number of training pixels', () => {
    const few = splitPixels(1001, 32, 7);
    const many = splitPixels(1001, 8192, 7);
    expect(few.held).toEqual(many.held);
    expect(few.held.length).toBe(500);
    expect([...many.train].slice(0, 32)).toEqual([...few.train]);
    expect(new Set([...many.train, ...many.held]).size).toBe(1001);
    expect(splitPixels(1001, 32, 8).held).not.toEqual(few.held);
  });
});

describe('pictures', () => {
  it.each(['fruit', 'landscape'] as const)('%s has channels that depend on each other', (name) => {
    const { rgb, width, height } = builtIn(name);
    expect(rgb.length).toBe(3 * width * height);
    expect(width).toBe(SIDE);
    const all = coloursOf(rgb, 3);
    const models = fitModels(all, 3);
    const present = new Set(all);
    expect(strayShare((colour) => logIndependent(models, colour), present)).toBeGreaterThan(0.5);
    expect(present.size).toBeGreaterThan(50);
    expect(builtIn(name).rgb).toEqual(rgb);
  });

  it('of visitors keep their proportions on at most 128 by 128 pixels', () => {
    expect(scaledSize(4000, 3000)).toEqual({ width: 128, height: 96 });
    expect(scaledSize(100, 60)).toEqual({ width: 100, height: 60 });
    expect(scaledSize(10_000, 3)).toEqual({ width: 128, height: 1 });
  });

  it('of visitors lose nothing but their alpha', () => {
    expect([...withoutAlpha([1, 2, 3, 255, 4, 5, 6, 255])]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
