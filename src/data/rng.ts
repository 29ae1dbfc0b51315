/**
 * Counter-based random numbers: threefry2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011). Integer arithmetic only, so that shaders/lib/rng.wgsl draws the
 * same bits. Every number is a pure function of (seed, stream, index, position): no state is carried along.
 */

/** What the numbers are for. Two streams of one seed are independent. */
export const Stream = {
  sample: 0,
  binarise: 1,
  shuffle: 2,
  split: 3,
  initialise: 4,
  /** Which class a sample shows. */
  class: 5,
  /** Which component of a mixture a sample comes from. */
  component: 6,
  /** In which of several orders a sample is drawn. */
  order: 7,
  /** The random orders themselves. */
  pixelOrder: 8,
  /** Which completion of an image is drawn, where all are listed. */
  completion: 9,
  /** Gibbs sampling, the sweep being the epoch. */
  gibbs: 10,
  /** Which of weighted samples are kept. */
  resample: 11,
  /** Images that are no digits: shuffled ones, and noise. */
  baselineImage: 12,
} as const;
export type Stream = (typeof Stream)[keyof typeof Stream];

/** Second key word: the stream in the low byte, the epoch (0 unless said otherwise) above it. */
export function streamKey(stream: Stream, epoch = 0): number {
  return (stream | (epoch << 8)) >>> 0;
}

const PARITY = 0x1bd11bda;

/** Encrypts counter (c0, c1) with key (k0, k1) into `out[0..1]`, both u32. */
export function threefry2x32(k0: number, k1: number, c0: number, c1: number, out: Uint32Array): void {
  const k2 = k0 ^ k1 ^ PARITY;
  let a = (c0 + k0) | 0;
  let b = (c1 + k1) | 0;
  a = (a + b) | 0;
  b = ((b << 13) | (b >>> 19)) ^ a;
  a = (a + b) | 0;
  b = ((b << 15) | (b >>> 17)) ^ a;
  a = (a + b) | 0;
  b = ((b << 26) | (b >>> 6)) ^ a;
  a = (a + b) | 0;
  b = ((b << 6) | (b >>> 26)) ^ a;
  a = (a + k1) | 0;
  b = (b + k2 + 1) | 0;
  a = (a + b) | 0;
  b = ((b << 17) | (b >>> 15)) ^ a;
  a = (a + b) | 0;
  b = ((b << 29) | (b >>> 3)) ^ a;
  a = (a + b) | 0;
  b = ((b << 16) | (b >>> 16)) ^ a;
  a = (a + b) | 0;
  b = ((b << 24) | (b >>> 8)) ^ a;
  a = (a + k2) | 0;
  b = (b + k0 + 2) | 0;
  a = (a + b) | 0;
  b = ((b << 13) | (b >>> 19)) ^ a;
  a = (a + b) | 0;
  b = ((b << 15) | (b >>> 17)) ^ a;
  a = (a + b) | 0;
  b = ((b << 26) | (b >>> 6)) ^ a;
  a = (a + b) | 0;
  b = ((b << 6) | (b >>> 26)) ^ a;
  a = (a + k0) | 0;
  b = (b + k1 + 3) | 0;
  a = (a + b) | 0;
  b = ((b << 17) | (b >>> 15)) ^ a;
  a = (a + b) | 0;
  b = ((b << 29) | (b >>> 3)) ^ a;
  a = (a + b) | 0;
  b = ((b << 16) | (b >>> 16)) ^ a;
  a = (a + b) | 0;
  b = ((b << 24) | (b >>> 8)) ^ a;
  a = (a + k1) | 0;
  b = (b + k2 + 4) | 0;
  a = (a + b) | 0;
  b = ((b << 13) | (b >>> 19)) ^ a;
  a = (a + b) | 0;
  b = ((b << 15) | (b >>> 17)) ^ a;
  a = (a + b) | 0;
  b = ((b << 26) | (b >>> 6)) ^ a;
  a = (a + b) | 0;
  b = ((b << 6) | (b >>> 26)) ^ a;
  a = (a + k2) | 0;
  b = (b + k0 + 5) | 0;
  out[0] = a;
  out[1] = b;
}

/**
 * Random words for positions 0 to n-1 of one index, two a block: position p is word `p & 1` of counter
 * (index, p >> 1). `out` is `[n] u32`.
 */
export function randomWords(seed: number, key: number, index: number, out: Uint32Array): void {
  const pair = new Uint32Array(2);
  for (let position = 0; position < out.length; position += 2) {
    threefry2x32(seed | 0, key | 0, index | 0, position >> 1, pair);
    out[position] = pair[0];
    if (position + 1 < out.length) out[position + 1] = pair[1];
  }
}

/**
 * A word as a uniform in (0, 1): the middle of one of 2^23 equal cells, so that it is exact in f32, never 0
 * and never 1.
 */
export function uniform(word: number): number {
  return ((word >>> 9) + 0.5) / 8388608;
}

/** Of the counter at hand. */
const words = new Uint32Array(2);

/**
 * The uniform numbers of positions `first` to `first + count - 1` of one index into `out`, which begins with them: exact in f32. Counters wrap
 * at 2^32.
 */
export function drawUniforms(
  seed: number,
  key: number,
  index: number,
  first: number,
  count: number,
  out: Float32Array,
): void {
  // A counter has two numbers: an odd first position is the second of them.
  for (let at = first % 2 ? -1 : 0, counter = Math.floor(first / 2); at < count; at += 2, counter++) {
    threefry2x32(seed | 0, key | 0, index | 0, counter | 0, words);
    if (at >= 0) out[at] = uniform(words[0]);
    if (at + 1 < count) out[at + 1] = uniform(words[1]);
  }
}

/** The numbers first to first + count - 1: of samples, mostly. */
export function indexRange(first: number, count: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: count }, (_, i) => first + i);
}

/** A permutation of 0 to count-1 (Fisher and Yates), the same for the same (seed, stream key). */
export function permutation(count: number, seed: number, key: number): Uint32Array<ArrayBuffer> {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  const pair = new Uint32Array(2);
  for (let i = count - 1; i > 0; i--) {
    threefry2x32(seed | 0, key | 0, i, 0, pair);
    // 53 bits make the modulo bias smaller than 1e-10 for every count that fits in memory.
    const other = Math.floor(((pair[0] * 2097152 + (pair[1] >>> 11)) / 9007199254740992) * (i + 1));
    const swap = order[i];
    order[i] = order[other];
    order[other] = swap;
  }
  return order;
}
