import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Stream,
  drawUniforms,
  permutation,
  randomWords,
  streamKey,
  threefry2x32,
  uniform,
} from '../../../src/data/rng.ts';

describe('threefry2x32, 20 rounds', () => {
  // Known answers published with the paper's own library (Random123, kat_vectors).
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ])('key %j, counter %j', (key, counter, expected) => {
    const out = new Uint32Array(2);
    threefry2x32(key[0], key[1], counter[0], counter[1], out);
    expect([...out]).toEqual(expected);
  });

  it('fills positions in pairs, whatever the length', () => {
    const long = new Uint32Array(9);
    randomWords(3, streamKey(Stream.sample), 4, long);
    for (let length = 0; length <= 9; length++) {
      const short = new Uint32Array(length);
      randomWords(3, streamKey(Stream.sample), 4, short);
      expect(short).toEqual(long.slice(0, length));
    }
    const pair = new Uint32Array(2);
    threefry2x32(3, streamKey(Stream.sample), 4, 3, pair);
    expect([...long.subarray(6, 8)]).toEqual([...pair]);
  });

  it('keeps streams and epochs apart', () => {
    const keys = [0, 1, 2].flatMap((epoch) =>
      Object.values(Stream).map((stream) => streamKey(stream, epoch)),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('uniform', () => {
  it('stays inside (0, 1) and is exact in f32', () => {
    for (const word of [0, 1, 511, 512, 0x7fffffff, 0xffffffff]) {
      const u = uniform(word);
      expect(u).toBeGreaterThan(0);
      expect(u).toBeLessThan(1);
      expect(Math.fround(u)).toBe(u);
    }
  });

  it('of a row belongs to the words of its positions, from any of them on', () => {
    const words = new Uint32Array(40);
    randomWords(9, streamKey(Stream.sample), 0xffffffff, words);
    for (let first = 0; first < 9; first++) {
      for (let count = 0; count < 30; count++) {
        const out = new Float32Array(count + 1).fill(7);
        drawUniforms(9, streamKey(Stream.sample), 0xffffffff, first, count, out);
        expect([...out]).toEqual([...Array.from(words.subarray(first, first + count), uniform), 7]);
      }
    }
  });

  it('of a row comes from counters that wrap at 2^32', () => {
    const out = new Float32Array(4);
    drawUniforms(9, 1, 2, 2 ** 33 - 2, 4, out);
    const pairs = [0xffffffff, 0].map((counter) => {
      const pair = new Uint32Array(2);
      threefry2x32(9, 1, 2, counter, pair);
      return Array.from(pair, uniform);
    });
    expect([...out]).toEqual(pairs.flat());
  });

  it('is spread evenly', () => {
    const words = new Uint32Array(100000);
    randomWords(0, streamKey(Stream.sample), 0, words);
    const bins = new Float64Array(20);
    for (const word of words) bins[Math.floor(uniform(word) * 20)]++;
    const chiSquare = bins.reduce((sum, count) => sum + (count - 5000) ** 2 / 5000, 0);
    // 19 degrees of freedom: 43.8 is the 99.9th percentile.
    expect(chiSquare).toBeLessThan(43.8);
  });
});

describe('permutation', () => {
  it('holds every index once, the same for the same seed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 0xffffffff }),
        (count, seed) => {
          const order = permutation(count, seed, streamKey(Stream.shuffle));
          expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
          expect(permutation(count, seed, streamKey(Stream.shuffle))).toEqual(order);
        },
      ),
    );
    expect(permutation(50, 0, 0)).not.toEqual(permutation(50, 1, 0));
  });

  it('puts each index in each place equally often', () => {
    const seen = new Float64Array(16);
    for (let seed = 0; seed < 8000; seed++) permutation(4, seed, 2).forEach((v, i) => seen[i * 4 + v]++);
    for (const count of seen) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });
});
