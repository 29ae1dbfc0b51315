import type { PackedImages } from '../../data/images.ts';
import { wordsPerImage } from '../../data/images.ts';

/** Images counted at a time, 32 a word: the planes of a digit stay in the cache. */
export const BLOCK = 1024;
const PLANE_WORDS = BLOCK / 32;

/**
 * Counts in how many images two pixels are on together, for all pairs of n pixels, by bits that 32 images have in a word. The time does
 * not depend on how many pixels are on, but for those that are on in none of a block's images.
 */
export class PairPlanes {
  /** [n, PLANE_WORDS]: bit m of plane i is pixel i of the m-th image that is held. */
  readonly #planes: Int32Array;
  readonly #n: number;
  #held = 0;

  /** `into` is [n, n], of pixels i <= j; on its diagonal those images in which the pixel is on. */
  constructor(
    n: number,
    private readonly into: Uint32Array | Float64Array,
  ) {
    this.#n = n;
    this.#planes = new Int32Array(n * PLANE_WORDS);
  }

  /** Adds image m of `images`. */
  add(images: PackedImages, m: number): void {
    if (this.#held === BLOCK) this.flush();
    layOut(this.#planes, this.#held++, images, m);
  }

  /** Counts what is held: `into` is complete after it. */
  flush(): void {
    addPairs(this.#planes, this.into, this.#n);
    this.#planes.fill(0);
    this.#held = 0;
  }
}

/** Writes image m into the planes, as bit number `at` of each. */
function layOut(planes: Int32Array, at: number, images: PackedImages, m: number): void {
  const stride = wordsPerImage(images.grid);
  for (let w = 0; w < stride; w++) {
    for (let bits = images.words[m * stride + w] | 0; bits !== 0; bits &= bits - 1) {
      const pixel = (w << 5) + 31 - Math.clz32(bits & -bits);
      planes[pixel * PLANE_WORDS + (at >> 5)] |= 1 << (at & 31);
    }
  }
}

function addPairs(planes: Int32Array, into: Uint32Array | Float64Array, n: number): void {
  // Of 784 pixels of a digit about 600 are on in any of 1,024 images.
  const pixels = Array.from({ length: n }, (_, pixel) => pixel).filter((pixel) =>
    planes.subarray(pixel * PLANE_WORDS, (pixel + 1) * PLANE_WORDS).some((word) => word !== 0),
  );
  for (let a = 0; a < pixels.length; a++) {
    const row = pixels[a] * n;
    for (let b = a; b < pixels.length; b++) {
      into[row + pixels[b]] += together(planes, pixels[a] * PLANE_WORDS, pixels[b] * PLANE_WORDS);
    }
  }
}

/**
 * How many bits two planes have in common. Eight words at a time: full adders turn seven of them into ones, twos and
 * fours, which leaves half the work of counting bits word by word.
 */
function together(planes: Int32Array, a: number, b: number): number {
  let sum = 0;
  for (let k = 0; k < PLANE_WORDS; k += 8) {
    const x0 = planes[a + k] & planes[b + k];
    const x1 = planes[a + k + 1] & planes[b + k + 1];
    const x2 = planes[a + k + 2] & planes[b + k + 2];
    const x3 = planes[a + k + 3] & planes[b + k + 3];
    const x4 = planes[a + k + 4] & planes[b + k + 4];
    const x5 = planes[a + k + 5] & planes[b + k + 5];
    const x6 = planes[a + k + 6] & planes[b + k + 6];
    const x7 = planes[a + k + 7] & planes[b + k + 7];
    const sum012 = x0 ^ x1 ^ x2;
    const carry012 = (x0 & x1) | ((x0 ^ x1) & x2);
    const sum345 = x3 ^ x4 ^ x5;
    const carry345 = (x3 & x4) | ((x3 ^ x4) & x5);
    const ones = sum012 ^ sum345 ^ x6;
    const carry = (sum012 & sum345) | ((sum012 ^ sum345) & x6);
    const twos = carry012 ^ carry345 ^ carry;
    const fours = (carry012 & carry345) | ((carry012 ^ carry345) & carry);
    sum += bitCount(ones) + 2 * bitCount(twos) + 4 * bitCount(fours) + bitCount(x7);
  }
  return sum;
}

/** Bits that are 1: pairs, nibbles, bytes, and their sum by a multiplication. */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
