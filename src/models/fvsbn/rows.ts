/**
 * Sums of rows: the inner loop of everything that FVSBN does. Several rows are added in one pass, so that a
 * sum is loaded and stored once for eight additions; always from left to right in f64, so that the result does
 * not depend on how the rows fall into passes.
 */

/**
 * sums[to + i] += source[row + i] for every row of `rows[0..count-1]` and every i in `first` to `last - 1`.
 */
export function addRows(
  sums: Float64Array,
  to: number,
  source: Float32Array | Float64Array,
  rows: Int32Array,
  count: number,
  first: number,
  last: number,
): void {
  let r = 0;
  for (; r + 8 <= count; r += 8) {
    const a = rows[r];
    const b = rows[r + 1];
    const c = rows[r + 2];
    const d = rows[r + 3];
    const e = rows[r + 4];
    const f = rows[r + 5];
    const g = rows[r + 6];
    const h = rows[r + 7];
    for (let i = first; i < last; i++) {
      sums[to + i] =
        sums[to + i] +
        source[a + i] +
        source[b + i] +
        source[c + i] +
        source[d + i] +
        source[e + i] +
        source[f + i] +
        source[g + i] +
        source[h + i];
    }
  }
  for (; r + 4 <= count; r += 4) {
    const a = rows[r];
    const b = rows[r + 1];
    const c = rows[r + 2];
    const d = rows[r + 3];
    for (let i = first; i < last; i++) {
      sums[to + i] = sums[to + i] + source[a + i] + source[b + i] + source[c + i] + source[d + i];
    }
  }
  for (; r < count; r++) {
    const a = rows[r];
    for (let i = first; i < last; i++) sums[to + i] += source[a + i];
  }
}

/** The on-pixels of one image in ascending order, written into `out`; returns how many. */
export function onPixels(words: Uint32Array, start: number, wordCount: number, out: Int32Array): number {
  let count = 0;
  for (let w = 0; w < wordCount; w++) {
    let word = words[start + w];
    while (word !== 0) {
      out[count++] = (w << 5) + 31 - Math.clz32(word & -word);
      word &= word - 1;
    }
  }
  return count;
}

/**
 * -log p in nats of the pixels whose logits lie in z[start..end-1], where `words[bits..]` holds x and pixel
 * `pixel` belongs to z[start]. softplus(z) = max(z, 0) + log(1 + exp(-|z|)); the logarithms are taken of
 * products, which stay below 2^512.
 */
export function bernoulliLoss(
  z: Float64Array,
  start: number,
  end: number,
  words: Uint32Array,
  bits: number,
  pixel: number,
): number {
  let loss = 0;
  let product = 1;
  for (let k = start; k < end; k++) {
    const i = pixel + k - start;
    const against = (words[bits + (i >> 5)] >>> (i & 31)) & 1 ? -z[k] : z[k];
    if (against > 0) loss += against;
    product *= 1 + Math.exp(-Math.abs(against));
    if (((k - start) & 511) === 511) {
      loss += Math.log(product);
      product = 1;
    }
  }
  return loss + Math.log(product);
}
