import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exercises } from '../../../src/learn/01-models/exercises.ts';
import {
  imagesPattern,
  readImage,
  readImages,
  writeImage,
  writeImages,
} from '../../../src/learn/01-models/image-text.ts';
import {
  type Bits,
  distance,
  FAMILIES,
  logP,
  lowest,
  meanNats,
  mirrored,
  N,
  responsibilities,
  sampleOf,
  shifted,
  standingOf,
  standingsOf,
  stepped,
  templatesOf,
} from '../../../src/learn/01-models/models.ts';
import { judge } from '../../../src/learn/exercises/judge.ts';
import type { Random } from '../../../src/learn/exercises/random.ts';
import { openChapter } from './open-chapter.ts';

/** An image with ink in these pixels. */
function inked(...pixels: number[]): Bits {
  const bits = new Uint8Array(N);
  for (const pixel of pixels) bits[pixel] = 1;
  return bits;
}

/** A thick stroke down column `column` of 28x28. */
function stroke(column: number): Bits {
  return inked(...Array.from({ length: 40 }, (_, i) => (4 + (i >> 1)) * 28 + column + (i & 1)));
}

const bits = fc
  .array(fc.constantFrom(0, 1), { minLength: N, maxLength: N })
  .map((all) => Uint8Array.from(all));
const five = [stroke(8), stroke(9), stroke(12), stroke(15), stroke(19)];

/** log p by its definition: the product over pixels for coins, the sum over templates of products for the others. */
function slowLogP(
  family: (typeof FAMILIES)[number],
  images: readonly Bits[],
  x: Bits,
  noise: number,
): number {
  const pixel = (copied: number, seen: number): number => (copied === seen ? 1 - noise : noise);
  if (family === 'coins') {
    let nats = 0;
    for (let i = 0; i < N; i++)
      nats += Math.log(images.reduce((sum, image) => sum + pixel(image[i], x[i]), 0) / images.length);
    return nats;
  }
  const templates = templatesOf(family, images);
  const logs = templates.map((template) =>
    template.reduce((sum, copied, i) => sum + Math.log(pixel(copied, x[i])), -Math.log(templates.length)),
  );
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0));
}

describe('images', () => {
  it('are shifted with blank pixels coming in, and mirrored', () => {
    expect(shifted(inked(0, 27, 783), 1, 0)).toEqual(inked(1));
    expect(shifted(inked(0, 30), 0, -1)).toEqual(inked(2));
    expect(shifted(inked(0), 1, 1)).toEqual(inked(29));
    expect(mirrored(inked(0, 29))).toEqual(inked(27, 54));
    expect(distance(inked(1, 2, 3), inked(3, 4))).toBe(3);
  });

  it('come back from the text of a link, which is 131 letters an image', () => {
    fc.assert(
      fc.property(bits, (image) => {
        expect(readImage(writeImage(image))).toEqual(image);
      }),
      { numRuns: 20 },
    );
    const text = writeImages(five);
    expect(text.length).toBe(5 * 131 + 4);
    expect(readImages(text)).toEqual(five);
    expect(imagesPattern(5).test(text)).toBe(true);
    expect(imagesPattern(4).test(text)).toBe(false);
    expect(imagesPattern(5).test('')).toBe(true);
    expect(imagesPattern(5).test(text.slice(1))).toBe(false);
    expect(writeImage(inked(0, 5, 783)).replace(/A+/, ' ')).toBe('h E');
  });
});

describe('log p of the families', () => {
  it('is 784 log 2 below zero at noise one half, for every family and image', () => {
    for (const family of FAMILIES)
      expect(logP(standingOf(family, five, stroke(3)), 0.5)).toBeCloseTo(-784 * Math.log(2), 8);
  });

  it('of a copy of one of two images that differ in three pixels, by hand', () => {
    const standing = standingOf('copies', [inked(1, 2, 3), inked()], inked(1, 2, 3));
    const wanted = Math.log((0.9 ** 784 + 0.1 ** 3 * 0.9 ** 781) / 2);
    expect(logP(standing, 0.1)).toBeCloseTo(wanted, 8);
  });

  it('pixel by pixel of the same: three pixels at even odds, 781 without a flip', () => {
    const standing = standingOf('coins', [inked(1, 2, 3), inked()], inked(1, 2, 3));
    expect(logP(standing, 0.1)).toBeCloseTo(3 * Math.log(0.5) + 781 * Math.log(0.9), 8);
  });

  it('is that of the definition, over all pixels and templates', () => {
    const images = fc.array(bits, { minLength: 1, maxLength: 3 });
    const noise = fc.double({ min: 0.01, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...FAMILIES), images, bits, noise, (family, some, x, flip) => {
        expect(logP(standingOf(family, some, x), flip)).toBeCloseTo(slowLogP(family, some, x, flip), 6);
      }),
      { numRuns: 30 },
    );
  });

  it('has nine templates an image where copies are shifted, the image itself among them', () => {
    const templates = templatesOf('shifts', [stroke(8), stroke(15)]);
    expect(templates).toHaveLength(18);
    expect(templates.slice(0, 9)).toContainEqual(stroke(8));
    expect(templates.slice(9)).toContainEqual(shifted(stroke(15), 1, -1));
  });

  it('gives responsibilities by Bayes: odds of a flip for every pixel of difference', () => {
    const standing = standingOf('copies', [inked(1, 2), inked(1, 2, 3, 4)], inked(1, 2, 3));
    // One pixel from either.
    expect(responsibilities(standing, 0.2, 2)?.[0]).toBeCloseTo(0.5, 10);
    const nearer = standingOf('copies', [inked(1, 2), inked(1, 2, 3, 4)], inked(1, 2));
    expect(responsibilities(nearer, 0.2, 2)?.[0]).toBeCloseTo(16 / 17, 10);
    expect(responsibilities(standingOf('coins', five, five[0]), 0.2, 5)).toBeNull();
    const moved = responsibilities(standingOf('shifts', [stroke(8), stroke(15)], stroke(16)), 0.01, 2);
    expect(moved?.[1]).toBeCloseTo(1, 10);
  });
});

describe('the search', () => {
  it('makes the digits themselves likeliest without noise, as copies: the log of their number and of no flip', () => {
    const standings = standingsOf('copies', 'seen', five);
    expect(lowest(standings)).toBeCloseTo(Math.log(5) - 784 * Math.log(1 - 0.001), 6);
  });

  it('finds the noise of a digit left out: the share of differing pixels for a single template', () => {
    const images = [inked(...Array.from({ length: 50 }, (_, i) => i)), inked()];
    const standings = standingsOf('copies', 'left-out', images);
    const share = 50 / 784;
    const entropy = -share * Math.log(share) - (1 - share) * Math.log(1 - share);
    expect(lowest(standings)).toBeCloseTo(784 * entropy, 1);
    let noise = 0.3;
    for (let i = 0; i < 100; i++) noise = stepped(standings, noise);
    expect(noise).toBeCloseTo(share, 3);
  });

  it('never steps uphill from where a visitor may stand', () => {
    const noise = fc.double({ min: 0.001, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...FAMILIES),
        fc.constantFrom('seen' as const, 'left-out' as const),
        noise,
        (family, kind, at) => {
          const standings = standingsOf(family, kind, five);
          expect(meanNats(standings, stepped(standings, at))).toBeLessThanOrEqual(
            meanNats(standings, at) + 1e-6,
          );
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('samples', () => {
  it('are perfect copies without noise, and the same for the same seed', () => {
    for (let i = 0; i < 20; i++) expect(five).toContainEqual(sampleOf('copies', five, 0, 3, i));
    expect(sampleOf('shifts', five, 0.1, 3, 5)).toEqual(sampleOf('shifts', five, 0.1, 3, 5));
  });

  it.each(FAMILIES)('of %s have the ink that its shares and the noise say', (family) => {
    const noise = 0.1;
    const count = 400;
    const [pixel, templates] = [10 * 28 + 9, templatesOf(family, five)];
    const share = templates.reduce((sum, image) => sum + image[pixel], 0) / templates.length;
    const wanted = noise + (1 - 2 * noise) * share;
    let seen = 0;
    for (let i = 0; i < count; i++) seen += sampleOf(family, five, noise, 8, i)[pixel];
    expect(Math.abs(seen / count - wanted)).toBeLessThan(5 * Math.sqrt((wanted * (1 - wanted)) / count));
  });

  it('pixel by pixel mixes images, copies do not', () => {
    const mixed = Array.from({ length: 20 }, (_, i) => sampleOf('coins', five, 0, 3, i));
    expect(mixed.filter((image) => five.some((each) => distance(each, image) === 0))).toEqual([]);
  });
});

/** Random choices that are these, in their order. */
function given(...wholes: number[]): Random {
  const next = (): number => wholes.shift() ?? Number.NaN;
  return { uniform: next, whole: next, pick: (options) => options[next()] };
}

describe('exercises', () => {
  it('density: shares .2 .4 .6 .8 and ink, paper, ink, paper give .2 .6 .6 .2', () => {
    const first = exercises.density.instance(given(1, 2, 3, 4, 1, 1, 0));
    expect(first.values.shares).toBe('0.2, 0.4, 0.6, 0.8');
    expect(first.labels).toEqual({ first: 'ink', second: 'paper', third: 'ink', fourth: 'paper' });
    expect(first.answer.value).toBeCloseTo(0.0144, 12);
    expect(judge(first, '0.2 * 0.6')).toEqual({ kind: 'wrong', misconception: 'inked' });
    expect(judge(first, '.0384')).toEqual({ kind: 'wrong', misconception: 'all' });
    // Paper, ink, paper, paper at .8 .8 .2 .4.
    const second = exercises.density.instance(given(4, 4, 1, 2, 0, 0, 0));
    expect(second.answer.value).toBeCloseTo(0.2 * 0.8 * 0.8 * 0.6, 12);
  });

  it('ratio: two nats are a factor of 7.39, half as many again 20.09', () => {
    const first = exercises.ratio.instance(given(1000, 20));
    expect(first.values).toEqual({ better: '−100.0', worse: '−102.0', gap: '2.0' });
    expect(first.answer.value).toBeCloseTo(7.389, 3);
    expect(exercises.ratio.instance(given(1500, 30)).answer.value).toBeCloseTo(20.086, 3);
    expect(judge(first, '7.4')).toEqual({ kind: 'right' });
    expect(judge(first, '100')).toEqual({ kind: 'wrong', misconception: 'tens' });
    expect(judge(first, '2')).toEqual({ kind: 'wrong', misconception: 'difference' });
  });

  it('part: a sentence about coins is of the family, one about steps of the search', () => {
    expect(exercises.part.instance(given(0)).answer.value).toBe('family');
    expect(exercises.part.instance(given(4)).answer.value).toBe('distance');
    expect(exercises.part.instance(given(8)).answer.value).toBe('search');
  });
});

describe('numbers of the text', () => {
  it('are dashes while nothing is drawn', async () => {
    const { view } = await openChapter('models');
    expect(view.numbers).toMatchObject({
      data: '0',
      nats: '–',
      'copies-seen': '–',
      drawing: '–',
      likeliest: '–',
    });
    expect(view.numbers).toMatchObject({ pixels: '784', 'fair-nats': '543.4', wanted: '5' });
  });

  it('follow a link with five digits, a model and one more drawing', async () => {
    const extra = stroke(13);
    const link = new URLSearchParams({
      data: writeImages(five),
      drawing: writeImage(extra),
      family: 'copies',
      distance: 'left-out',
      noise: '0.05',
    });
    const { view } = await openChapter('models', link.toString());
    const mean =
      -five.reduce(
        (sum, x) =>
          sum +
          slowLogP(
            'copies',
            five.filter((each) => each !== x),
            x,
            0.05,
          ),
        0,
      ) / 5;
    const [drawing, mirror] = [extra, mirrored(extra)].map((x) => slowLogP('copies', five, x, 0.05));
    expect(view.numbers).toMatchObject({
      data: '5',
      family: 'noisy copies',
      noise: '0.050',
      nats: mean.toFixed(1),
      drawing: `−${Math.abs(drawing).toFixed(1)}`,
      mirror: `−${Math.abs(mirror).toFixed(1)}`,
      'copy-limit': '1.61',
      // The third digit shares a column with it.
      likeliest: '3',
    });
    link.set('family', 'coins');
    expect((await openChapter('models', link.toString())).view.numbers.likeliest).toBe('3');
    // What is as at the start stands in no link.
    link.delete('family');
    expect(view.query).toBe(link.toString());
    expect(view.judge('mirror', drawing >= mirror ? 'drawing' : 'mirror')).toBe(true);
    expect(view.reached('data')).toBe(true);
    expect(view.reached('drawing')).toBe(true);
    expect(view.reached('copy')).toBe(false);
  });

  it('are asked for only when the digits are there that the question speaks about', async () => {
    const { view } = await openChapter('models');
    expect(view.prediction('noise').first).toContain('5 digits');
    for (const id of ['noise', 'winner', 'mirror']) {
      view.predict(id, 'unsure');
      expect(view.prediction(id).committed).toBeNull();
    }
    view.follow(`data=${writeImages(five.slice(1))}`);
    expect(view.prediction('winner').first).not.toBe('');
    view.follow(`data=${writeImages(five)}`);
    expect(view.prediction('winner').first).toBe('');
    expect(view.prediction('mirror').first).toContain('one more');
    view.predict('winner', 'copies');
    expect(view.prediction('winner').committed).toBe('copies');
    // An answer is not called wrong when the digits have gone again.
    view.reset();
    expect(view.prediction('winner')).toMatchObject({ committed: 'copies', right: null });
    view.follow(`data=${writeImages(five)}&drawing=${writeImages([five[0]])}`);
    view.predict('mirror', 'drawing');
    expect(view.prediction('mirror').committed).toBe('drawing');
  });

  it('reach the goals: copies without noise, then the best family with each digit left out', async () => {
    const link = new URLSearchParams({ data: writeImages(five), family: 'copies', noise: '0.001' });
    expect((await openChapter('models', link.toString())).view.reached('copy')).toBe(true);
    const best = FAMILIES.map((family) => ({
      family,
      nats: lowest(standingsOf(family, 'left-out', five)),
    })).sort((a, b) => a.nats - b.nats)[0];
    const standings = standingsOf(best.family, 'left-out', five);
    let noise = 0.3;
    for (let i = 0; i < 200; i++) noise = stepped(standings, noise);
    link.set('family', best.family);
    link.set('distance', 'left-out');
    link.set('noise', noise.toFixed(4));
    const { view } = await openChapter('models', link.toString());
    expect(view.reached('found')).toBe(true);
    expect(view.numbers['best-left']).not.toBe('–');
    for (const family of FAMILIES) expect(view.judge('winner', family)).toBe(family === best.family);
  });
});
