/**
 * Scoring of many images by one model. Input pixels are taken four at a time: for each of the 16 patterns of
 * four pixels, the sum of their weight rows is computed once, so that an image adds one row for every
 * four pixels that are not all off (about 45 of 196 in a digit). Arlazarov, Dinic, Kronrod and Faradzev 1970,
 * "the method of four Russians".
 */
import type { PackedImages } from '../../data/images.ts';
import { pixelCount, wordsPerImage } from '../../data/images.ts';
import type { Model } from '../model.ts';
import { softplusSum } from '../shared/exp-tables.ts';
import { BLOCK } from './blocks.ts';
import { rowBases } from './layout.ts';
import { addRows } from '../shared/on-pixels.ts';

/** Images whose rows are listed before they are added. */
const TILE = 64;

export class FourRussiansScorer {
  private readonly n: number;
  /** One for each block: `[groups][16][BLOCK]`, the groups being those that begin before the block's end. */
  private readonly tables: readonly Float32Array[];
  private readonly bias: Float32Array;
  private readonly rows: Int32Array;
  private readonly counts: Int32Array;
  private readonly z = new Float64Array(BLOCK);

  /** The sums take about 2 n^2 numbers: 5 MB for n = 784. Larger images are scored without them. */
  static suits(n: number): boolean {
    return n <= 1600;
  }

  constructor(model: Model) {
    this.n = pixelCount(model.grid);
    this.bias = model.tensors.bias;
    this.tables = groupTables(this.n, model.tensors.weight);
    const groups = Math.ceil(this.n / 4);
    this.rows = new Int32Array(TILE * groups);
    this.counts = new Int32Array(TILE);
  }

  /** log p of every image in nats, [count]. */
  logLikelihood(images: PackedImages): Float64Array<ArrayBuffer> {
    const { n, bias, z, rows, counts, tables } = this;
    const stride = wordsPerImage(images.grid);
    const groups = Math.ceil(n / 4);
    const result = new Float64Array(images.count);
    for (let first = 0; first < images.count; first += TILE) {
      const size = Math.min(TILE, images.count - first);
      for (let m = 0; m < size; m++)
        counts[m] = this.listRows(images.words, (first + m) * stride, m * groups);
      for (let block = 0; block * BLOCK < n; block++) {
        const from = block * BLOCK;
        const width = Math.min(BLOCK, n - from);
        const table = tables[block];
        for (let m = 0; m < size; m++) {
          const begin = m * groups;
          let end = begin;
          while (end < begin + counts[m] && rows[end] < table.length) end++;
          for (let i = 0; i < width; i++) z[i] = bias[from + i];
          addRows(z, 0, table, rows, begin, end, 0, width);
          // log p = sum over on-pixels of z - sum over all of softplus(z)
          result[first + m] +=
            this.sumOfOn(images.words, (first + m) * stride, from >> 5) - softplusSum(z, 0, width);
        }
      }
    }
    return result;
  }

  /** Sum of z over the on-pixels of one block of one image; the block begins with word `firstWord`. */
  private sumOfOn(words: Uint32Array, start: number, firstWord: number): number {
    let sum = 0;
    const lastWord = Math.min((this.n + 31) >> 5, firstWord + (BLOCK >> 5));
    for (let w = firstWord; w < lastWord; w++) {
      let word = words[start + w];
      while (word !== 0) {
        sum += this.z[((w - firstWord) << 5) + 31 - Math.clz32(word & -word)];
        word &= word - 1;
      }
    }
    return sum;
  }

  /** Where the rows of one image begin in every block's table; returns how many there are. */
  private listRows(words: Uint32Array, start: number, to: number): number {
    let count = 0;
    for (let w = 0; w << 5 < this.n; w++) {
      let word = words[start + w];
      for (let group = w << 3; word !== 0; group++) {
        if (word & 15) this.rows[to + count++] = (group * 16 + (word & 15)) * BLOCK;
        word >>>= 4;
      }
    }
    return count;
  }
}

function groupTables(n: number, weight: Float32Array): Float32Array[] {
  const bases = rowBases(n);
  return Array.from({ length: Math.ceil(n / BLOCK) }, (_, block) => {
    const from = block * BLOCK;
    const end = Math.min(n, from + BLOCK);
    const groups = Math.ceil(end / 4);
    const table = new Float32Array(groups * 16 * BLOCK);
    for (let group = 0; group < groups; group++) {
      for (let pattern = 1; pattern < 16; pattern++) {
        // The pattern is one already summed (without its highest pixel) plus the row of that pixel.
        const high = 31 - Math.clz32(pattern);
        const row = (group * 16 + pattern) * BLOCK;
        const rest = (group * 16 + (pattern ^ (1 << high))) * BLOCK;
        const j = group * 4 + high;
        for (let i = 0; i < end - from; i++) table[row + i] = table[rest + i];
        if (j >= n) continue;
        for (let i = Math.max(from, j + 1); i < end; i++) table[row + i - from] += weight[bases[j] + i];
      }
    }
    return table;
  });
}
