import { describe, expect, it } from 'vitest';
import { coverage, exactlyHalf, flipsOf, likelihoodInterval } from '../../../src/learn/02-coin/coin.ts';
import { openChapter } from './open-chapter.ts';

describe('a fair coin', () => {
  it('gives exactly half of the flips heads as often as among all sequences', () => {
    for (const count of [2, 4, 10]) {
      let half = 0;
      for (let flips = 0; flips < 2 ** count; flips++)
        if (flips.toString(2).replaceAll('0', '').length === count / 2) half++;
      expect(exactlyHalf(count)).toBeCloseTo(half / 2 ** count, 12);
    }
  });
});

describe('the band', () => {
  it('ends where the likelihood is exp(-1.9207) of the highest', () => {
    const likelihood = (theta: number) => theta ** 7 * (1 - theta) ** 13;
    for (const end of likelihoodInterval(7, 13))
      expect(likelihood(end) / likelihood(7 / 20)).toBeCloseTo(Math.exp(-1.9207), 6);
  });

  it('contains the chance in about 95 of 100 experiments, and is half as wide after four times the flips', () => {
    for (const chance of [0.2, 0.35, 0.5, 0.8]) {
      expect(coverage(chance, 100)).toBeGreaterThan(0.93);
      expect(coverage(chance, 100)).toBeLessThan(0.97);
    }
    const width = (flips: number): number => {
      const [low, high] = likelihoodInterval(0.3 * flips, 0.7 * flips);
      return high - low;
    };
    expect(width(100) / width(400)).toBeCloseTo(2, 1);
    expect(width(100) / width(10_000)).toBeCloseTo(10, 0);
  });
});

describe('chapter coin', () => {
  it('counts the flips that a link asks for, and says how often ten fair flips give five heads', async () => {
    const { view } = await openChapter('coin', 'flips=40&theta=0.25&seed=11');
    const heads = flipsOf(11, 40).reduce((sum, flip) => sum + flip, 0);
    expect(view.numbers).toMatchObject({
      heads: String(heads),
      share: (heads / 40).toFixed(3),
      score: `−${Math.abs(heads * Math.log(0.25) + (40 - heads) * Math.log(0.75)).toFixed(2)}`,
      'bits-each': (-(heads * Math.log2(0.25) + (40 - heads) * Math.log2(0.75)) / 40).toFixed(3),
      few: '10',
      half: '5',
      'exactly-half': '25',
    });
  });

  it('shows what a prediction asks for after an answer, or in a figure without the text', async () => {
    const { view } = await openChapter('coin');
    expect(view.answered('likeliest')).toBe(false);
    view.alone = true;
    expect(view.answered('likeliest')).toBe(true);
    view.alone = false;
    view.predict('likeliest', 'unsure');
    expect(view.answered('likeliest')).toBe(true);
    expect(view.answered('halve')).toBe(false);
  });

  it('carries in a link that the chance is shown, and hides it again after a reset', async () => {
    const { view } = await openChapter('coin', 'revealed=yes');
    expect(view.query).toBe('revealed=yes');
    view.reset();
    expect(view.query).toBe('');
  });
});
