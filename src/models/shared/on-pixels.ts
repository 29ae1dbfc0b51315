/**
 * The pixels that are on, and sums of their rows: the inner loop of families that add the weights of the pixels that are on. Several rows are added in one pass, so that a
 * sum is loaded and stored once for sixteen additions; always from left to right in f64, so that the result
 * does not depend on how the rows are grouped into passes.
 */

/**
 * sums[to + i] += source[row + i] for every row of `rows[begin..end-1]` and every i in `first` to `last - 1`.
 * `source` is of one type always: with two, every access would need a type check.
 */
export function addRows(
  sums: Float64Array,
  to: number,
  source: Float32Array,
  rows: Int32Array,
  begin: number,
  end: number,
  first: number,
  last: number,
): void {
  let r = begin;
  for (; r + 16 <= end; r += 16) {
    const a = rows[r];
    const b = rows[r + 1];
    const c = rows[r + 2];
    const d = rows[r + 3];
    const e = rows[r + 4];
    const f = rows[r + 5];
    const g = rows[r + 6];
    const h = rows[r + 7];
    const k = rows[r + 8];
    const l = rows[r + 9];
    const m = rows[r + 10];
    const n = rows[r + 11];
    const o = rows[r + 12];
    const p = rows[r + 13];
    const q = rows[r + 14];
    const s = rows[r + 15];
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
        source[h + i] +
        source[k + i] +
        source[l + i] +
        source[m + i] +
        source[n + i] +
        source[o + i] +
        source[p + i] +
        source[q + i] +
        source[s + i];
    }
  }
  for (; r + 4 <= end; r += 4) {
    const a = rows[r];
    const b = rows[r + 1];
    const c = rows[r + 2];
    const d = rows[r + 3];
    for (let i = first; i < last; i++) {
      sums[to + i] = sums[to + i] + source[a + i] + source[b + i] + source[c + i] + source[d + i];
    }
  }
  for (; r + 2 <= end; r += 2) {
    const a = rows[r];
    const b = rows[r + 1];
    for (let i = first; i < last; i++) {
      sums[to + i] = sums[to + i] + source[a + i] + source[b + i];
    }
  }
  if (r < end) {
    const a = rows[r];
    for (let i = first; i < last; i++) sums[to + i] += source[a + i];
  }
}

/**
 * The on-pixels of one image in ascending order, written into `pixels`, and the places of their weight rows,
 * `bases` of them, written into `rows`. The image is `words[start..start + wordCount - 1]`. Returns how many.
 */
export function listOn(
  words: Uint32Array,
  start: number,
  wordCount: number,
  bases: Int32Array,
  pixels: Int32Array,
  rows: Int32Array,
): number {
  let count = 0;
  for (let w = 0; w < wordCount; w++) {
    let word = words[start + w];
    while (word !== 0) {
      const j = (w << 5) + 31 - Math.clz32(word & -word);
      word &= word - 1;
      pixels[count] = j;
      rows[count++] = bases[j];
    }
  }
  return count;
}
