import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { compileOne, readSources } from '../../../src/build/simd.mjs';
import type { Binarisation } from '../../../src/data/binarisation.ts';
import { binariseRows } from '../../../src/data/binarise.ts';
import { blankImages, type GreyImages, MAX_SIDE, setPixel } from '../../../src/data/images.ts';
import { knownPixelsOf, maskOf } from '../../../src/data/known-pixels.ts';
import { drawUniforms, Stream, streamKey } from '../../../src/data/rng.ts';
import { ancestralSampler, fires, groupSampler } from '../../../src/models/shared/ancestral.ts';
import { firstFiringSampler } from '../../../src/models/shared/first-firing.ts';
import type { SampleRequest } from '../../../src/models/sampling.ts';
import { openBuild, type Simd } from '../../../src/simd/simd.ts';
import type { RandomRows } from '../../../src/simd/wasm-random.ts';
import { fused, simd } from './implementations.ts';

const builds = [
  [simd.description, simd],
  [fused.description, fused],
] as const;

/** Seed, key, index, first position and count. */
type Row = readonly [number, number, number, number, number];

const uint32 = fc.integer({ min: 0, max: 0xffffffff });

/** The row by the definition. */
function defined([seed, key, index, first, count]: Row): number[] {
  const out = new Float32Array(count);
  drawUniforms(seed, key, index, first, count, out);
  return [...out];
}

const drawn = (random: RandomRows, [seed, key, index, first, count]: Row) => [
  ...random.uniforms(seed, key, index, first, count).subarray(0, count),
];

/** Grey levels of every kind: blank and full stretches, and between them each level. */
function greyImages(width: number, height: number, count: number): GreyImages {
  const pixels = Uint8Array.from({ length: width * height * count }, (_, at) => {
    const stretch = (at >> 4) % 5;
    return stretch < 2 ? 0 : stretch === 2 ? 255 : (at * 37) & 255;
  });
  return { grid: { width, height }, count, pixels, labels: null };
}

const BINARISATIONS: readonly Binarisation[] = [
  { kind: 'dynamic', seed: 3 },
  { kind: 'stochastic', seed: 0xffffffff },
  { kind: 'threshold' },
];

describe.each(builds)('random numbers: %s', (_, own) => {
  const random = own.random()!;

  it('are those of the definition, bit for bit, from any position on and of any number', () => {
    for (let first = 0; first < 20; first++) {
      for (let count = 0; count <= 40; count++) {
        const row = [7, streamKey(Stream.sample), 3, first, count] as const;
        expect(drawn(random, row), row.join()).toEqual(defined(row));
      }
    }
  });

  it('are so for every seed, stream, epoch and index', () => {
    fc.assert(
      fc.property(
        uint32,
        uint32,
        uint32,
        fc.integer({ min: 0, max: 2 ** 33 }),
        fc.integer({ min: 0, max: 200 }),
        (...row) => {
          expect(drawn(random, row)).toEqual(defined(row));
        },
      ),
    );
  });

  it.each([
    ['of the largest image', [1, 1, 2, 1, MAX_SIDE ** 2]],
    ['of a digit', [0, streamKey(Stream.binarise, 9), 59_999, 0, 784]],
    ['of the last index', [0xffffffff, 0xffffffff, 0xffffffff, 63, 64]],
    ['across a counter of 2^31', [5, 6, 7, 2 ** 32 - 9, 50]],
    ['across a counter of 2^32', [5, 6, 7, 2 ** 33 - 9, 50]],
  ] as const)('are so %s', (_title, row) => {
    expect(drawn(random, row)).toEqual(defined(row));
  });

  it('refuses rows that do not fit', () => {
    const most = MAX_SIDE ** 2;
    const words = 'random numbers: 65537 of one row, of 65536 at most';
    expect(() => random.uniforms(1, 2, 3, 0, most + 1)).toThrow(words);
    expect(() => random.bits(new Uint8Array(most + 1), 0, most + 1, 1, 2, 3)).toThrow(words);
  });

  it.each([
    [2, 2],
    [3, 3],
    [31, 1],
    [4, 8],
    [3, 11],
    [7, 7],
    [14, 14],
    [28, 28],
    [256, 256],
  ])('binarise %i x %i pixels as the definition does', (width, height) => {
    const images = greyImages(width, height, width < 100 ? 6 : 1);
    const rows = Array.from({ length: images.count }, (_each, m) => images.count - 1 - m);
    for (const how of BINARISATIONS) {
      for (const epoch of [0, 1, 300])
        expect(binariseRows(images, rows, how, epoch, random)).toEqual(
          binariseRows(images, rows, how, epoch),
        );
    }
  });

  it('draw every level about as often as it says', () => {
    const levels = Array.from({ length: 256 }, (_each, level) => level);
    const images = {
      ...greyImages(64, 64, 1),
      pixels: Uint8Array.from({ length: 4096 }, (_each, at) => at & 255),
    };
    const on = new Float64Array(256);
    for (let epoch = 0; epoch < 100; epoch++) {
      const { words } = binariseRows(images, [0], BINARISATIONS[0], epoch, random);
      for (let at = 0; at < 4096; at++) on[at & 255] += (words[at >> 5] >>> (at & 31)) & 1;
    }
    for (const level of levels) {
      const share = level / 255;
      const deviation = Math.sqrt((share * (1 - share)) / 1600);
      expect(Math.abs(on[level] / 1600 - share)).toBeLessThanOrEqual(5 * deviation);
    }
  });
});

describe('samplers', () => {
  const grid = { width: 7, height: 9 };
  const n = 63;
  const request: SampleRequest = {
    seed: 4,
    indices: Uint32Array.of(3, 0xffffffff, 0, 12, 9),
    temperature: 1,
  };
  const given = knownPixelsOf(
    { ...blankImages(grid, 1), words: Uint32Array.of(0x0f0f0f0f, 5) },
    maskOf(grid, (pixel) => pixel % 3 === 0),
  );
  const logit = (i: number) => Math.sin(i);
  const places = Uint32Array.from({ length: n }, (_, t) => (t * 5) % n);

  /** By each of the three loops, in pieces of several sizes, what comes before being decided by other numbers in between. */
  function images(own: Simd | null, asked: SampleRequest) {
    const single = (order: boolean) =>
      ancestralSampler(grid, asked, {
        block: 16,
        ...(own ? { simd: own } : {}),
        ...(order ? { order: () => places } : {}),
        decide(all, m, from, to, uniforms) {
          for (let t = from; t < to; t++)
            if (fires(logit(t), uniforms[t - from])) setPixel(all, m, order ? places[t] : t, 1);
        },
      });
    const groups = groupSampler(grid, asked, {
      size: 2,
      decide(all, first, count, from, to, uniforms) {
        for (let m = 0; m < count; m++)
          for (let t = from; t < to; t++)
            if (fires(logit(t), uniforms[m][t - from])) setPixel(all, first + m, t, 1);
      },
    });
    const firing = firstFiringSampler(grid, asked, {
      ...(own ? { simd: own } : {}),
      next(m, cursor, uniformsOf) {
        const uniforms = uniformsOf(m);
        let i = cursor;
        while (i < n && !fires(logit(i), uniforms[i])) i++;
        return i;
      },
      turnOn: () => undefined,
    });
    const all = [single(false), single(true), groups];
    for (const pixels of [1, 6, 20, 3, 40]) {
      for (const each of all) each.advance(pixels);
      firing.advance(pixels);
    }
    return [...all, firing].map((each) => [...each.images.words]);
  }

  it.each(builds)('draw the same images by these numbers: %s', (_, own) => {
    for (const asked of [request, { ...request, given }]) {
      const typed = images(null, asked);
      expect(images(own, asked)).toEqual(typed);
      if (!asked.given) for (const at of [2, 3]) expect(typed[at]).toEqual(typed[0]);
    }
  });

  it('fall back on typed arrays where the memory cannot be had', async () => {
    const memory = vi.spyOn(WebAssembly, 'Memory').mockImplementation(function () {
      throw new RangeError('could not allocate memory');
    });
    const poor = await opened(readSources());
    expect(images(poor, request)).toEqual(images(null, request));
    expect(memory).toHaveBeenCalledOnce();
    memory.mockRestore();
  });
});

async function opened(sources: ReadonlyMap<string, string>): Promise<Simd> {
  const bytes = Uint8Array.from(Buffer.from(await compileOne(sources, false), 'base64'));
  return (await openBuild('simd', () => Promise.resolve(bytes)))!;
}

describe('the comparisons can fail', () => {
  it.each([
    ['a turn by other bits', 'mixed(a1, b1, 26)', 'mixed(a1, b1, 27)'],
    ['a turn in the wrong direction', 'i32x4.shr_u(b, 32 - left)', 'i32x4.shr_u(b, left)'],
    ['a word of the key forgotten', 'b1 = i32x4.add(b1, added);', ''],
    ['the third word of the key', '0x1bd11bda', '0x1bd11bdb'],
    ['a number of the key schedule', 'i32x4.splat(s + 1)', 'i32x4.splat(s)'],
    ['counters twice', 'i32x4.add(b0, i32x4.splat(4))', 'i32x4.add(b0, i32x4.splat(3))'],
    ['words exchanged', 'a, b, 2, 6, 3, 7', 'a, b, 2, 3, 6, 7'],
    ['the same block again', 'counter += COUNTERS;', ''],
    ['numbers at the edge of their cells', 'f32x4.splat(HALF_CELL)', 'f32x4.splat(0)'],
  ])('of uniform numbers: %s', async (_, before, after) => {
    const row = [7, streamKey(Stream.sample), 3, 0, 40] as const;
    expect(drawn((await planted(before, after)).random()!, row)).not.toEqual(defined(row));
  });

  it.each([
    ['the blank taken for full', 'bits = i8x16.bitmask(full)', 'bits = 0'],
    ['levels beside blank ones not drawn', 'i8x16.all_true', 'v128.any_true'],
    ['counters of other pixels', 'pixel >> 1', 'pixel'],
    ['the second half by the words of the first', 'WORDS + 32', 'WORDS'],
    ['halves exchanged', 'narrow_i32x4_s(first, second)', 'narrow_i32x4_s(second, first)'],
    ['levels compared with their sign', 'i32x4.lt_u(low', 'i32x4.lt_s(low'],
    ['a draw out of 256', 'i32x4.splat(255)', 'i32x4.splat(256)'],
  ])('of bits: %s', async (_, before, after) => {
    const images = greyImages(28, 28, 6);
    const random = (await planted(before, after)).random();
    const rows = Array.from({ length: 6 }, (_each, m) => m);
    expect(binariseRows(images, rows, BINARISATIONS[0], 1, random)).not.toEqual(
      binariseRows(images, rows, BINARISATIONS[0], 1),
    );
  });

  async function planted(before: string, after: string): Promise<Simd> {
    const sources = readSources();
    const text = sources.get('random.ts')!;
    expect(text).toContain(before);
    return opened(sources.set('random.ts', text.replaceAll(before, after)));
  }
});
