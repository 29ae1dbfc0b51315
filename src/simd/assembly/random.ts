/**
 * The random numbers of src/data/rng.ts, bit for bit: threefry2x32 of 20 rounds, four counters in a vector. A block is eight counters, so 16 numbers:
 * word p & 1 of counter (index, p >> 1) is that of position p. Counters wrap at 2^32.
 */

/** Counters of a block. */
const COUNTERS: i32 = 8;
/** What the key words are joined with to give the third (Salmon et al. 2011). */
const PARITY: i32 = 0x1bd11bda;
/** Half of 2^-23, and 2^-23. */
const HALF_CELL: f32 = 5.9604644775390625e-8;
const CELL: f32 = 1.1920928955078125e-7;

/** b turned left by `left` bits, joined with a. */
function mixed(a: v128, b: v128, left: i32): v128 {
  return v128.xor(v128.or(i32x4.shl(b, left), i32x4.shr_u(b, 32 - left)), a);
}

/** Words a and b of four counters, one pair behind the other, at `to`. */
function storePairs(to: usize, a: v128, b: v128): void {
  v128.store(to, v128.shuffle<i32>(a, b, 0, 4, 1, 5));
  v128.store(to, v128.shuffle<i32>(a, b, 2, 6, 3, 7), 16);
}

/** The 16 random words of counters (index, counter) to (index, counter + 7) and key (key0, key1), at `to`. */
function block(to: usize, key0: i32, key1: i32, index: i32, counter: i32): void {
  let k = i32x4.splat(key0);
  let l = i32x4.splat(key1);
  let m = i32x4.splat(key0 ^ key1 ^ PARITY);
  let a0 = i32x4.splat(index + key0);
  let a1 = a0;
  let b0 = i32x4.add(i32x4.splat(counter + key1), i32x4(0, 1, 2, 3));
  let b1 = i32x4.add(b0, i32x4.splat(4));
  for (let s = 1; ; s += 2) {
    a0 = i32x4.add(a0, b0);
    a1 = i32x4.add(a1, b1);
    b0 = mixed(a0, b0, 13);
    b1 = mixed(a1, b1, 13);
    a0 = i32x4.add(a0, b0);
    a1 = i32x4.add(a1, b1);
    b0 = mixed(a0, b0, 15);
    b1 = mixed(a1, b1, 15);
    a0 = i32x4.add(a0, b0);
    a1 = i32x4.add(a1, b1);
    b0 = mixed(a0, b0, 26);
    b1 = mixed(a1, b1, 26);
    a0 = i32x4.add(a0, b0);
    a1 = i32x4.add(a1, b1);
    b0 = mixed(a0, b0, 6);
    b1 = mixed(a1, b1, 6);
    let added = i32x4.add(m, i32x4.splat(s));
    a0 = i32x4.add(a0, l);
    a1 = i32x4.add(a1, l);
    b0 = i32x4.add(b0, added);
    b1 = i32x4.add(b1, added);
    if (s == 5) break;
    a0 = i32x4.add(a0, b0);
    a1 = i32x4.add(a1, b1);
    b0 = mixed(a0, b0, 17);
    b1 = mixed(a1, b1, 17);
    a0 = i32x4.add(a0, b0);
    a1 = i32x4.add(a1, b1);
    b0 = mixed(a0, b0, 29);
    b1 = mixed(a1, b1, 29);
    a0 = i32x4.add(a0, b0);
    a1 = i32x4.add(a1, b1);
    b0 = mixed(a0, b0, 16);
    b1 = mixed(a1, b1, 16);
    a0 = i32x4.add(a0, b0);
    a1 = i32x4.add(a1, b1);
    b0 = mixed(a0, b0, 24);
    b1 = mixed(a1, b1, 24);
    added = i32x4.add(k, i32x4.splat(s + 1));
    a0 = i32x4.add(a0, m);
    a1 = i32x4.add(a1, m);
    b0 = i32x4.add(b0, added);
    b1 = i32x4.add(b1, added);
    // The next key words: two rounds on, k is what m was.
    const last = l;
    l = k;
    k = m;
    m = last;
  }
  storePairs(to, a0, b0);
  storePairs(to + 32, a1, b1);
}

/** (word >>> 9 + 1/2) / 2^23 of four words. */
function toUniform(words: v128): v128 {
  const cell = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(words, 9)), f32x4.splat(CELL));
  return f32x4.add(cell, f32x4.splat(HALF_CELL));
}

/**
 * Uniform numbers of the positions from 2 counter on, f32, at least `count` of them: whole blocks are written, so that up to 15 more numbers follow.
 */
export function uniforms(out: usize, key0: i32, key1: i32, index: i32, counter: i32, count: i32): void {
  for (; count > 0; count -= 2 * COUNTERS) {
    block(out, key0, key1, index, counter);
    v128.store(out, toUniform(v128.load(out)));
    v128.store(out, toUniform(v128.load(out, 16)), 16);
    v128.store(out, toUniform(v128.load(out, 32)), 32);
    v128.store(out, toUniform(v128.load(out, 48)), 48);
    out += 64;
    counter += COUNTERS;
  }
}

/** Where the words of one block stand between `block` and what is done with them. */
const WORDS: usize = 64;

/** The bits (word >>> 8) 255 < grey 2^24 of eight grey levels, which stand in 16 bits each, and of the eight words at `words`. */
function drawnBits(grey: v128, words: usize): i32 {
  const few = i32x4.splat(255);
  const low = i32x4.mul(i32x4.shr_u(v128.load(words), 8), few);
  const high = i32x4.mul(i32x4.shr_u(v128.load(words, 16), 8), few);
  const first = i32x4.lt_u(low, i32x4.shl(i32x4.extend_low_i16x8_u(grey), 24));
  const second = i32x4.lt_u(high, i32x4.shl(i32x4.extend_high_i16x8_u(grey), 24));
  return i16x8.bitmask(i16x8.narrow_i32x4_s(first, second));
}

/**
 * The bits of `count` pixels of stochastic binarisation, 16 a time, in whole words of 32 bits: those of src/data/binarise.ts. Behind the grey levels, u8, stand zeros up
 * to the next multiple of 32.
 */
export function binarise(out: usize, grey: usize, key0: i32, key1: i32, index: i32, count: i32): void {
  for (let pixel = 0; pixel < count; pixel += 16) {
    const levels = v128.load(grey);
    const full = i8x16.eq(levels, i8x16.splat(-1));
    let bits: i32;
    // Most are blank or full throughout: their bits are known without drawing.
    if (i8x16.all_true(v128.or(full, i8x16.eq(levels, i8x16.splat(0))))) bits = i8x16.bitmask(full);
    else {
      block(WORDS, key0, key1, index, pixel >> 1);
      bits = drawnBits(i16x8.extend_low_i8x16_u(levels), WORDS);
      bits |= drawnBits(i16x8.extend_high_i8x16_u(levels), WORDS + 32) << 8;
    }
    store<u16>(out, <u16>bits);
    grey += 16;
    out += 2;
  }
}
