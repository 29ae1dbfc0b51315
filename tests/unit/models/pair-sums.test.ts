import { describe, expect, it } from 'vitest';
import { getPixel, type PackedImages, pixelCount, sliceImages } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import { PairSums, type Weighed } from '../../../src/models/tree-mixture/pair-sums.ts';
import { worst } from '../../worst.ts';
import { numbers, randomImages } from './families.ts';

const GRID = { width: 7, height: 5 };
const n = pixelCount(GRID);
const MANY = 1100;

/** Sums over images of how much of them has pixels i <= j on together, [n, n], pair by pair. */
function plainSums(groups: readonly Weighed[]): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(n * n);
  for (const { batch, images, shares } of groups)
    for (let at = 0; at < images.length; at++)
      for (let i = 0; i < n; i++)
        for (let j = i; j < n; j++)
          sums[i * n + j] +=
            getPixel(batch, images[at], i) * getPixel(batch, images[at], j) * (shares ? shares[at] : 1);
  return sums;
}

function counted(groups: readonly Weighed[], diagonalOnly = false): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(n * n).fill(NaN);
  new PairSums(GRID).count(groups, sums, diagonalOnly);
  return sums;
}

/** Two groups of some of the images, in no order. */
function groupsOf(images: PackedImages, share: (m: number) => number): readonly Weighed[] {
  const cut = Math.floor(images.count / 3);
  return [
    sliceImages(images, cut, images.count - cut),
    sliceImages(images, 0, cut),
    sliceImages(images, 0, 0),
  ].map((batch) => {
    const chosen = Array.from(indexRange(0, batch.count), (m) => batch.count - 1 - m).filter(
      (m) => m % 5 !== 1,
    );
    return { batch, images: chosen, shares: chosen.map(share) };
  });
}

describe.each([
  ['little ink', 0.1],
  ['half of the pixels on', 0.5],
  ['much ink', 0.9],
  ['no ink', 0],
  ['nothing but ink', 1],
])('sums of pairs in images with %s', (_, ink) => {
  const images = randomImages(GRID, MANY, ink);

  it('are those of the plain loops, to the last bit, where images count as a whole', () => {
    const whole = [{ batch: images, images: indexRange(0, MANY), shares: null }];
    expect(counted(whole)).toEqual(plainSums(whole));
    const some = groupsOf(images, () => 1);
    expect(counted(some)).toEqual(plainSums(some));
  });

  it('are those of the plain loops up to rounding where images are shared', () => {
    const next = numbers(3);
    const shared = groupsOf(images, (m) => (m % 3 === 0 ? 1 : next()));
    expect(worst(counted(shared), plainSums(shared))).toBeLessThan(1e-10);
  });

  it('have a diagonal of their own where no more is asked for', () => {
    const shared = groupsOf(images, (m) => 1 / (1 + (m % 7)));
    const [own, plain] = [counted(shared, true), plainSums(shared)];
    for (let i = 0; i < n; i++) expect(own[i * (n + 1)]).toBe(plain[i * (n + 1)]);
  });
});

it('counts pixels that are mostly on by the images in which they are off', () => {
  // A pixel on in all images but one, beside rare ones: both ways of turning over stand in one table.
  const images = randomImages(GRID, 60, 0.2);
  for (let m = 1; m < images.count; m++) images.words[2 * m] |= 0b10010;
  const groups = [{ batch: images, images: indexRange(0, 60), shares: null }];
  expect(counted(groups)).toEqual(plainSums(groups));
  expect(counted(groups)[n + 4]).toBeGreaterThanOrEqual(59);
});

it('leaves nothing of one count in the next', () => {
  const sums = new PairSums(GRID);
  const table = new Float64Array(n * n);
  sums.count(
    groupsOf(randomImages(GRID, 100, 0.9), () => 0.5),
    table,
    false,
  );
  const few = groupsOf(randomImages(GRID, 50, 0.1), () => 1);
  sums.count(few, table, false);
  expect(table).toEqual(plainSums(few));
});
