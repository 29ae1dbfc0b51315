import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Binarisation } from '../../../src/data/binarisation.ts';
import {
  binarise,
  binariseRows,
  checkBinarisation,
  describeBinarisation,
  formatBinarisation,
  parseBinarisation,
} from '../../../src/data/binarise.ts';
import { getPixel, packImages, pixelCount, wordsPerImage } from '../../../src/data/images.ts';
import type { GreyImages, Grid } from '../../../src/data/images.ts';
import { Stream, randomWords, streamKey } from '../../../src/data/rng.ts';

const grid: Grid = { width: 5, height: 7 };

function grey(count: number, level: (i: number) => number, of: Grid = grid): GreyImages {
  const pixels = Uint8Array.from({ length: count * pixelCount(of) }, (_, i) => level(i));
  return { grid: of, count, pixels, labels: null };
}

/** The definition, one pixel at a time, with BigInt in place of the trick with u32. */
function byDefinition(images: GreyImages, seed: number, epoch: number): Uint8Array {
  const n = pixelCount(images.grid);
  const bits = new Uint8Array(images.count * n);
  const words = new Uint32Array(n);
  for (let image = 0; image < images.count; image++) {
    randomWords(seed, streamKey(Stream.binarise, epoch), image, words);
    for (let i = 0; i < n; i++)
      bits[image * n + i] = Number(
        BigInt(words[i] >>> 8) * 255n < BigInt(images.pixels[image * n + i]) * 16777216n,
      );
  }
  return bits;
}

const anyImages = fc
  .record({
    width: fc.integer({ min: 1, max: 9 }),
    height: fc.integer({ min: 1, max: 9 }),
    count: fc.integer({ min: 0, max: 4 }),
  })
  .chain(({ width, height, count }) =>
    fc
      .uint8Array({ minLength: width * height * count, maxLength: width * height * count })
      .map((pixels): GreyImages => ({
        grid: { width, height },
        count,
        pixels: new Uint8Array(pixels),
        labels: null,
      })),
  );
const u32 = fc.integer({ min: 0, max: 0xffffffff });

describe('binarise', () => {
  it('draws the bits that the definition names, for every seed, epoch and size', () => {
    fc.assert(
      fc.property(anyImages, u32, fc.integer({ min: 0, max: 1000 }), (images, seed, epoch) => {
        const expected = packImages(images.grid, byDefinition(images, seed, epoch));
        expect(binarise(images, { kind: 'dynamic', seed }, epoch)).toEqual(expected);
      }),
    );
  });

  it('gives the rows of a batch the bits they have in the whole set', () => {
    const images = grey(50, (i) => (i * 37) & 255);
    const stride = wordsPerImage(grid);
    for (const kind of ['threshold', 'stochastic', 'dynamic'] as const) {
      const b: Binarisation = kind === 'threshold' ? { kind } : { kind, seed: 5 };
      const whole = binarise(images, b, 3);
      const indices = [49, 0, 7, 7];
      const rows = binariseRows(images, indices, b, 3);
      expect(rows.count).toBe(4);
      indices.forEach((image, row) =>
        expect([...rows.words.subarray(row * stride, (row + 1) * stride)]).toEqual([
          ...whole.words.subarray(image * stride, (image + 1) * stride),
        ]),
      );
    }
    expect(() => binariseRows(images, [50], { kind: 'threshold' })).toThrow('indices: 50');
  });

  it('turns pixels on as often as they are dark', () => {
    for (const level of [0, 1, 64, 128, 200, 254, 255]) {
      const images = grey(200, () => level, { width: 28, height: 28 });
      const { words } = binarise(images, { kind: 'stochastic', seed: 11 });
      let on = 0;
      for (const word of words) for (let bits = word | 0; bits !== 0; bits &= bits - 1) on++;
      const share = on / (200 * 784);
      const p = level / 255;
      if (p === 0 || p === 1) expect(share).toBe(p);
      // Five standard errors: the seed is fixed, so that this either always passes or never does.
      else expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / (200 * 784)));
    }
  });

  it('draws the same every epoch when stochastic, afresh when dynamic, and by the seed', () => {
    const images = grey(3, () => 100);
    const words = (b: Binarisation, epoch: number) => [...binarise(images, b, epoch).words];
    expect(words({ kind: 'stochastic', seed: 1 }, 9)).toEqual(words({ kind: 'stochastic', seed: 1 }, 0));
    expect(words({ kind: 'dynamic', seed: 1 }, 0)).toEqual(words({ kind: 'stochastic', seed: 1 }, 0));
    expect(words({ kind: 'dynamic', seed: 1 }, 1)).not.toEqual(words({ kind: 'dynamic', seed: 1 }, 0));
    expect(words({ kind: 'stochastic', seed: 2 }, 0)).not.toEqual(words({ kind: 'stochastic', seed: 1 }, 0));
  });

  it('thresholds at 128', () => {
    const packed = binarise(
      grey(1, (i) => [0, 127, 128, 255][i % 4]),
      { kind: 'threshold' },
    );
    expect([0, 1, 2, 3].map((pixel) => getPixel(packed, 0, pixel))).toEqual([0, 0, 1, 1]);
  });

  it('takes 0, 1 and 255 as they are with none, and names the first pixel it refuses', () => {
    const packed = binarise(
      grey(1, (i) => [0, 1, 255][i % 3]),
      { kind: 'none' },
    );
    expect([0, 1, 2].map((pixel) => getPixel(packed, 0, pixel))).toEqual([0, 1, 1]);
    const images = grey(2, (i) => (i === 38 ? 2 : 0));
    const sentence = /pixels: image 1 holds grey level 2 at pixel 3/;
    expect(checkBinarisation(images, { kind: 'none' })).toMatch(sentence);
    expect(checkBinarisation(images, { kind: 'threshold' })).toBeNull();
    expect(() => binarise(images, { kind: 'none' })).toThrow(sentence);
    expect(binariseRows(images, [0], { kind: 'none' }).words).toEqual(new Uint32Array(2));
  });
});

describe('the text of a binarisation', () => {
  it('is read back as it was', () => {
    fc.assert(
      fc.property(u32, (seed) => {
        for (const b of [
          { kind: 'threshold' },
          { kind: 'none' },
          { kind: 'stochastic', seed },
          { kind: 'dynamic', seed },
        ] as const)
          expect(parseBinarisation(formatBinarisation(b))).toEqual({ ok: true, value: b });
      }),
    );
    expect(describeBinarisation({ kind: 'stochastic', seed: 0 })).toBe('stochastic, seed 0');
  });

  it.each(['', 'stochastic:', 'dynamic:'])('quotes a hostile text after "%s" cleaned and cut', (start) => {
    const read = parseBinarisation(`${start}\u001b]0;title\u0007\u001b[31mred\u202e${'x'.repeat(10_000)}`);
    const reason = read.ok ? 'accepted' : read.reason;
    expect(reason).toMatch(/^binarisation: .*"[a-z:]*redx+…" is /);
    expect(reason).not.toMatch(/\p{Cc}|\p{Cf}/u);
    expect(reason.length).toBeLessThan(160);
  });

  it('refuses everything else with a sentence that names the field', () => {
    for (const text of [
      '',
      'thresh',
      'stochastic',
      'stochastic:',
      'stochastic:-1',
      'stochastic:1.5',
      'stochastic:4294967296',
      'dynamic:1:2',
      'dynamic: 1',
      'dynamic:1\n',
      'none:0',
      '__proto__',
    ]) {
      const result = parseBinarisation(text);
      expect(result.ok, text).toBe(false);
      if (!result.ok) expect(result.reason).toMatch(/^binarisation: /);
    }
  });
});
