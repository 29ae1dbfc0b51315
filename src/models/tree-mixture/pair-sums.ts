import { type PackedImages, pixelCount, wordsPerImage } from '../../data/images.ts';
import { listOn } from '../shared/on-pixels.ts';
import { BLOCK, PairPlanes } from '../shared/pair-planes.ts';
import type { Model } from '../model.ts';
import type { PairTable } from './m-step.ts';

/**
 * Pairs of an image that cost as much to add one by one as all of its n^2 / 2 pairs cost to count by bits, as a share of these. Measured on one
 * core, n = 784: 10,000 images of coin tosses, half of their pixels on, take 1.9 s to add and 0.24 s to count.
 */
const DENSE = 0.04;

/** Some of a batch's images, and how much of each, above 0 and at most 1. */
export interface Weighed {
  readonly batch: PackedImages;
  readonly images: ArrayLike<number>;
  /** Null: all of each. */
  readonly shares: ArrayLike<number> | null;
}

/**
 * Sums over images of how much of them has two pixels on together, for all pairs of pixels. What is added one by one are pairs of rare
 * values: every pixel's bit is turned over where it is on in more than half, which leaves few to pair in images with much
 * ink, too. The sums of the pixels themselves follow: with y_i = 1 - x_i, sum x_i x_j = sum x_j - sum y_i x_j.
 * Sums of whole images are exact; those of shares are as exact as f64 is on the sum of all shares.
 */
export class PairSums {
  readonly #n: number;
  readonly #words: number;
  readonly #bases: Int32Array;
  readonly #pixels: Int32Array;
  readonly #rows: Int32Array;
  /** Bits of the pixels that are turned over, and one image so treated, [wordsPerImage] */
  readonly #turned: Uint32Array;
  readonly #image: Uint32Array;
  readonly #on: Float64Array;

  constructor(grid: Model['grid']) {
    const n = pixelCount(grid);
    this.#n = n;
    this.#words = wordsPerImage(grid);
    this.#bases = Int32Array.from({ length: n }, (_, i) => i * n);
    this.#pixels = new Int32Array(n);
    this.#rows = new Int32Array(n);
    this.#turned = new Uint32Array(this.#words);
    this.#image = new Uint32Array(this.#words);
    this.#on = new Float64Array(n);
  }

  /** Overwrites `into` with the sums; of `diagonalOnly`, those on the diagonal alone. */
  count(groups: readonly Weighed[], into: PairTable, diagonalOnly: boolean): void {
    into.fill(0);
    const on = this.#on.fill(0);
    let total = 0;
    this.#turned.fill(0);
    for (const { batch, images, shares } of groups) {
      for (let at = 0; at < images.length; at++) {
        const share = shares ? shares[at] : 1;
        const count = this.#list(batch, images[at]);
        total += share;
        for (let a = 0; a < count; a++) on[this.#pixels[a]] += share;
      }
    }
    if (diagonalOnly) {
      for (let i = 0; i < this.#n; i++) into[i * (this.#n + 1)] = on[i];
      return;
    }
    for (let i = 0; i < this.#n; i++) if (2 * on[i] > total) this.#turned[i >> 5] |= 1 << (i & 31);
    this.#addPairs(groups, into);
  }

  #addPairs(groups: readonly Weighed[], into: PairTable): void {
    const n = this.#n;
    /** Whole images with so many rare values that counting by bits is cheaper, if there are enough of them. */
    const dense: { readonly batch: PackedImages; readonly m: number }[] = [];
    let densePairs = 0;
    let total = 0;
    for (const { batch, images, shares } of groups) {
      for (let at = 0; at < images.length; at++) {
        const share = shares ? shares[at] : 1;
        const count = this.#list(batch, images[at]);
        if (share === 1 && count ** 2 > DENSE * n ** 2) {
          dense.push({ batch, m: images[at] });
          densePairs += count ** 2;
          continue;
        }
        total += share;
        this.#add(count, share, into);
      }
    }
    // Planes are counted by whole blocks, however few images they hold.
    const byBits = densePairs > DENSE * n ** 2 * BLOCK * Math.ceil(dense.length / BLOCK);
    if (!byBits) {
      for (const { batch, m } of dense) this.#add(this.#list(batch, m), 1, into);
      total += dense.length;
    }
    this.#turnBack(into, total);
    if (!byBits) return;
    const planes = new PairPlanes(n, into);
    for (const { batch, m } of dense) planes.add(batch, m);
    planes.flush();
  }

  /** Adds the pairs of the `count` pixels listed last. */
  #add(count: number, share: number, into: PairTable): void {
    const [pixels, rows] = [this.#pixels, this.#rows];
    for (let a = 0; a < count; a++) {
      const row = rows[a];
      for (let b = a; b < count; b++) into[row + pixels[b]] += share;
    }
  }

  /** Sums of the pixels that are on out of those of the rarer values of images that are `total` in all. */
  #turnBack(into: PairTable, total: number): void {
    const n = this.#n;
    const turned = Uint8Array.from({ length: n }, (_, i) => (this.#turned[i >> 5] >>> (i & 31)) & 1);
    if (!turned.includes(1)) return;
    const rare = Float64Array.from({ length: n }, (_, i) => into[i * (n + 1)]);
    for (let i = 0; i < n; i++) {
      into[i * (n + 1)] = turned[i] ? total - rare[i] : rare[i];
      for (let j = i + 1; j < n; j++) {
        const both = into[i * n + j];
        if (turned[i] && turned[j]) into[i * n + j] = total - rare[i] - rare[j] + both;
        else if (turned[i] || turned[j]) into[i * n + j] = rare[turned[i] ? j : i] - both;
      }
    }
  }

  /** Lists the pixels of an image that have their rarer value; returns how many. */
  #list({ words }: PackedImages, m: number): number {
    const [size, image] = [this.#words, this.#image];
    for (let w = 0; w < size; w++) image[w] = words[m * size + w] ^ this.#turned[w];
    return listOn(image, 0, size, this.#bases, this.#pixels, this.#rows);
  }
}
