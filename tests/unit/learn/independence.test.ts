import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChapterTools } from '../../../src/app/learn/chapter-tools.ts';
import { pixelMeans } from '../../../src/data/dataset.ts';
import { getPixel, type GreyImages, MNIST_GRID, packImages } from '../../../src/data/images.ts';
import { ok } from '../../../src/data/result.ts';
import { randomOf } from '../../../src/learn/exercises/random.ts';
import type { Instance } from '../../../src/learn/exercises/exercise.ts';
import { judge } from '../../../src/learn/exercises/judge.ts';
import { exercises } from '../../../src/learn/06-independence/exercises.ts';
import {
  correlation,
  correlationsWith,
  flipCoins,
  sharesWith,
} from '../../../src/learn/06-independence/pairs.ts';
import { Independence, params } from '../../../src/learn/06-independence/state.svelte.ts';
import { readValues } from '../../../src/learn/state/params.ts';
import { Progress } from '../../../src/learn/state/progress.svelte.ts';
import { totalCorrelation } from '../../../src/stats/divergences.ts';
import { labelsOfChapter, openChapter } from './open-chapter.ts';

const SMALL = { width: 3, height: 2 };
const instanceOf = (id: keyof typeof exercises, seed: number): Instance =>
  exercises[id].instance(randomOf(`independence/${id}`, seed));

describe('coins', () => {
  it('of chance 0 and 1 never fall otherwise, and the others as often as they should', () => {
    const images = flipCoins([0, 1, 0.5, 0.1, 0.9, 0.3], SMALL, 5, 4000);
    const means = pixelMeans(images);
    expect(means[0]).toBe(0);
    expect(means[1]).toBe(1);
    // Four standard errors of 4000 flips are at most 0.032.
    [0.5, 0.1, 0.9, 0.3].forEach((chance, i) => expect(Math.abs(means[i + 2] - chance)).toBeLessThan(0.032));
  });

  it('fall the same however many images are drawn, and otherwise for another seed', () => {
    const chances = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5];
    const few = flipCoins(chances, SMALL, 9, 20).words;
    expect([...flipCoins(chances, SMALL, 9, 50).words.subarray(0, 20)]).toEqual([...few]);
    expect([...flipCoins(chances, SMALL, 10, 20).words]).not.toEqual([...few]);
  });

  it('do not look at each other: pairs of samples have correlations near zero', () => {
    const images = flipCoins([0.5, 0.4, 0.5, 0.3, 0.6, 0.5], SMALL, 3, 4000);
    const others = [...correlationsWith(images, 0)].slice(1);
    expect(Math.max(...others.map(Math.abs))).toBeLessThan(0.065);
  });
});

describe('pairs of pixels', () => {
  const bits = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 6, maxLength: 120 });

  it('are counted as a loop over all images counts them', () => {
    fc.assert(
      fc.property(bits, fc.integer({ min: 0, max: 5 }), (all, pixel) => {
        const images = packImages(SMALL, all.slice(0, 6 * Math.floor(all.length / 6)));
        const shares = sharesWith(images, pixel);
        for (let other = 0; other < 6; other++) {
          let both = 0;
          for (let m = 0; m < images.count; m++)
            both += getPixel(images, m, pixel) * getPixel(images, m, other);
          expect(shares[other]).toBeCloseTo(both / images.count, 14);
        }
      }),
    );
  });

  it('have the correlations of the definition', () => {
    // Pixel 1 copies pixel 0, pixel 2 is its opposite, pixel 3 never changes, pixel 4 is unrelated.
    const images = packImages(
      SMALL,
      [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0],
    );
    expect([...correlationsWith(images, 0)]).toEqual([1, 1, -1, 0, 0, 0]);
    expect(correlation(0.45, 0.5, 0.5)).toBeCloseTo(0.8, 14);
  });
});

describe('exercises of independence', () => {
  it('one number a pixel: 28 by 28 pixels need 784, and the table or two a pixel are recognised', () => {
    for (let seed = 0; seed < 50; seed++) {
      const instance = instanceOf('parameters', seed);
      const { width, height } = instance.values;
      const n = BigInt(Number(width) * Number(height));
      expect(instance.answer).toEqual({ kind: 'count', value: n });
      expect(judge(instance, `${width} * ${height}`)).toEqual({ kind: 'right' });
      expect(judge(instance, `2^${n} - 1`)).toEqual({ kind: 'wrong', misconception: 'table' });
      expect(judge(instance, `2 * ${n}`)).toEqual({ kind: 'wrong', misconception: 'both' });
    }
  });

  it('one image has the product of what its text says', () => {
    for (let seed = 0; seed < 50; seed++) {
      const instance = instanceOf('one-image', seed);
      const { values, labels } = instance;
      const factors = [1, 2, 3, 4].map((i) =>
        labels?.[`x${i}`] === 'ink' ? Number(values[`p${i}`]) : 1 - Number(values[`p${i}`]),
      );
      expect(judge(instance, factors.join(' * '))).toEqual({ kind: 'right' });
    }
  });

  it('pixels inked together in samples: the product of the shares, and never the count in the data', () => {
    for (let seed = 0; seed < 50; seed++) {
      const instance = instanceOf('together', seed);
      const { first, second, both } = instance.values;
      expect(judge(instance, `${first} * ${second} / 100`)).toEqual({ kind: 'right' });
      expect(judge(instance, both)).toEqual({ kind: 'wrong', misconception: 'data' });
    }
  });

  it('mutual information is what the four numbers of the text give, by H(x1) + H(x2) - H(x1, x2)', () => {
    const h = (...p: number[]) => -p.reduce((sum, x) => sum + (x > 0 ? x * Math.log(x) : 0), 0);
    for (let seed = 0; seed < 50; seed++) {
      const instance = instanceOf('mutual', seed);
      const [none, first, second, both] = ['none', 'first', 'second', 'both'].map((name) =>
        Number(instance.values[name]),
      );
      expect(none + first + second + both).toBeCloseTo(1, 12);
      const value =
        h(first + both, none + second) + h(second + both, none + first) - h(none, first, second, both);
      expect(judge(instance, value.toFixed(3))).toEqual({ kind: 'right' });
      expect(judge(instance, (value / Math.LN2).toFixed(4))).toEqual({
        kind: 'wrong',
        misconception: 'bits',
      });
    }
  });

  it('copies of one pixel have the total correlation of their table', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { values, answer } = instanceOf('copies', seed);
      const table = new Float64Array(2 ** Number(values.pixels));
      table[0] = 1 - Number(values.chance);
      table[table.length - 1] = Number(values.chance);
      expect(Number(answer.value)).toBeCloseTo(totalCorrelation(table), 10);
    }
  });
});

describe('numbers of the text', () => {
  it('of the square: a pair alike nine times of ten is 0.368 nats from every product', async () => {
    const { view } = await openChapter('independence', 'a=0.5&b=0.5');
    const nats = Math.log(2) + 0.9 * Math.log(0.9) + 0.1 * Math.log(0.1);
    expect(nats).toBeCloseTo(0.3681, 4);
    expect(view.numbers.mutual).toBe(nats.toFixed(3));
    expect(view.numbers.distance).toBe(nats.toFixed(3));
    expect(view.reached('nearest')).toBe(true);
    expect(view.reached('straight')).toBe(false);
  });

  it('of the square after other cuts: first .4, second .7 or .2, model (.5, .6)', async () => {
    const { view } = await openChapter('independence', 'first=0.4&ink=0.7&paper=0.2&a=0.5&b=0.6');
    const p = [0.48, 0.12, 0.12, 0.28];
    const q = [0.2, 0.2, 0.3, 0.3];
    const kl = (r: number[]) => p.reduce((sum, x, m) => sum + x * Math.log(x / r[m]), 0);
    expect(view.numbers.distance).toBe(kl(q).toFixed(3));
    expect(view.numbers.mutual).toBe(kl([0.36, 0.24, 0.24, 0.16]).toFixed(3));
  });

  it('reach the goal of straight cuts where the second pixel has one chance', async () => {
    const { view } = await openChapter('independence', 'ink=0.6&paper=0.6');
    expect(view.reached('straight')).toBe(true);
    expect(view.numbers.mutual).toBe('0.000');
  });
});

describe('digits', () => {
  /** Bars, upright and lying, at several places: their pixels go together. */
  const pixels = new Uint8Array(40 * 784);
  for (let image = 0; image < 40; image++)
    for (let at = 0; at < 28; at++)
      for (let wide = 0; wide < 6; wide++) {
        const place = 4 + (image % 5) * 4 + wide;
        pixels[image * 784 + (image % 2 ? at * 28 + place : place * 28 + at)] = 200;
      }
  const grey: GreyImages = { grid: MNIST_GRID, count: 40, pixels, labels: null };
  const tools = { digits: () => Promise.resolve(ok(grey)) } as unknown as ChapterTools;
  const open = async (query: string) => {
    const lecture = new Independence(readValues(params, query), tools);
    await lecture.load();
    return lecture;
  };

  it('are there before a number of theirs is asked for', async () => {
    const { chapter } = await openChapter('independence');
    const view = chapter.open('independence', '', labelsOfChapter('independence'), tools, new Progress());
    view.predict('together', '25');
    expect(view.prediction('together')).toMatchObject({ committed: null, right: null });
    await (view.figure('pairs')?.state as Independence).load();
    expect(view.prediction('together').first).toBe('');
    view.predict('together', '25');
    expect(view.prediction('together').committed).toBe('25');
  });

  it('give the model its shares, whose samples agree on pixels and not on pairs', async () => {
    const lecture = await open('pixel=433&other=434');
    const { chances, digitShares, asked, sampleShares } = lecture;
    if (!chances || !digitShares || !sampleShares || !asked) throw new Error('no digits');
    const { product: productShare } = asked;
    const inked = (pixel: number) => {
      let count = 0;
      for (let image = 0; image < 40; image++) if (pixels[image * 784 + pixel]) count++;
      return count / 40;
    };
    expect(chances[433]).toBeCloseTo(inked(433), 14);
    expect(productShare).toBeCloseTo(inked(433) * inked(434), 14);
    expect(digitShares[434] - productShare).toBeGreaterThan(0.1);
    // Five standard errors of a thousand samples.
    expect(Math.abs(sampleShares[434] - productShare)).toBeLessThan(0.08);
    expect(lecture.apart ?? 1).toBeLessThan(0.08);
  });

  it('leave what the prediction asks about as it is when other pixels are marked', async () => {
    const [lecture, moved] = [await open(''), await open('pixel=100&other=600&counted=yes')];
    expect(moved.asked).toEqual(lecture.asked);
    expect(moved.asked?.both).toBe(lecture.digitShares?.[434]);
    expect(moved.asked?.sampled).toBe(lecture.sampleShares?.[434]);
    expect(moved.sampleCorrelation).not.toBe(lecture.sampleCorrelation);
  });

  it('miss, on a grid of four pixels, the nats between the table and the product of its shares', async () => {
    const lecture = await open('side=2');
    const { table, tableProduct, missing } = lecture;
    if (!table || !tableProduct || missing === null) throw new Error('no digits');
    expect(table.length).toBe(16);
    expect(table.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 14);
    let kl = 0;
    for (let m = 0; m < 16; m++) if (table[m] > 0) kl += table[m] * Math.log(table[m] / tableProduct[m]);
    expect(missing).toBeCloseTo(kl, 12);
    expect(missing).toBeGreaterThan(0.01);
    expect(lecture.shared?.reduce((sum, nats) => sum + nats, 0)).toBeCloseTo(kl, 12);
  });
});
