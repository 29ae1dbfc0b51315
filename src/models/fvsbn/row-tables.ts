import { type PackedImages, pixelCount, wordsPerImage } from '../../data/images.ts';
import { bytesFor, matrix, type Matrix, type RowLists, type RowOperations } from '../../simd/rows.ts';
import type { Simd } from '../../simd/simd.ts';
import type { Model } from '../model.ts';
import { rowBases } from './layout.ts';

/** Images whose lists are made before their sums. */
const TILE = 64;
/** Outputs summed together: their table stays in the second cache, and they are whole words of an image. */
const BLOCK = 64;
/** Pixels that share 16 sums. */
const GROUP = 4;
const PATTERNS = 1 << GROUP;
/** The sums take about 2 n^2 numbers: 5 MB for n = 784. Larger images are scored without them. */
const MOST_PIXELS = 1600;

/** four-russians.ts by row operations; null where there is no memory for them, or the images are too large. */
export function openRowTables(model: Model, simd: Simd): RowTables | null {
  const n = pixelCount(model.grid);
  if (n > MOST_PIXELS) return null;
  const tables = blocksOf(n).map(({ end }) => rowsOf(end) * BLOCK);
  const lists = bytesFor(TILE + 1, TILE * Math.ceil(n / GROUP), TILE * BLOCK);
  const rows = simd.open(bytesFor(...tables) + lists);
  return rows && new RowTables(model, rows);
}

interface Block {
  readonly from: number;
  readonly end: number;
}

function blocksOf(n: number): readonly Block[] {
  return Array.from({ length: Math.ceil(n / BLOCK) }, (_, block) => ({
    from: block * BLOCK,
    end: Math.min(n, (block + 1) * BLOCK),
  }));
}

/** Rows of the table of a block that ends at `end`: those of the groups that begin before. */
function rowsOf(end: number): number {
  return Math.ceil(end / GROUP) * PATTERNS;
}

/** Scores of many images: of every four pixels that are not all off, one row of sums. */
export class RowTables {
  private readonly n: number;
  private readonly bias: Float32Array;
  /** By block, [groups][PATTERNS][BLOCK]. */
  private readonly tables: readonly (Block & { readonly sums: Matrix })[];
  private readonly lists: RowLists;
  private readonly z: Matrix;

  constructor(
    model: Model,
    private readonly rows: RowOperations,
  ) {
    this.n = pixelCount(model.grid);
    this.bias = model.tensors.bias;
    this.tables = blocksOf(this.n).map((block) => ({
      ...block,
      sums: tableOf(rows, model.tensors.weight, this.n, block),
    }));
    this.lists = {
      starts: rows.integers(TILE + 1),
      indices: rows.integers(TILE * Math.ceil(this.n / GROUP)),
    };
    this.z = matrix(rows.floats(TILE * BLOCK), BLOCK);
  }

  /** log p of every image in nats, [count]. */
  logLikelihood(images: PackedImages): Float64Array<ArrayBuffer> {
    const stride = wordsPerImage(images.grid);
    const result = new Float64Array(images.count);
    for (let first = 0; first < images.count; first += TILE) {
      const count = Math.min(TILE, images.count - first);
      for (const { from, end, sums } of this.tables) {
        const width = end - from;
        this.list(images.words, first * stride, stride, count, end);
        for (let m = 0; m < count; m++) this.z.values.set(this.bias.subarray(from, end), m * BLOCK);
        this.rows.addSums(this.z, sums, this.lists, count, width);
        for (let m = 0; m < count; m++) {
          const z = this.z.values.subarray(m * BLOCK, m * BLOCK + width);
          // log p = sum over on-pixels of z - sum over all of softplus(z)
          result[first + m] +=
            sumOfOn(z, images.words, (first + m) * stride + (from >> 5)) - this.rows.softplusSum(z, width);
        }
      }
    }
    return result;
  }

  /** The rows of the groups before `end` of `count` images. */
  private list(words: Uint32Array, start: number, stride: number, count: number, end: number): void {
    const { starts, indices } = this.lists;
    let at = 0;
    for (let m = 0; m < count; m++) {
      for (let w = 0; w << 5 < end; w++) {
        let word = words[start + m * stride + w];
        for (let group = w << 3; word !== 0; group++) {
          if (word & 15) indices[at++] = group * PATTERNS + (word & 15);
          word >>>= GROUP;
        }
      }
      starts[m + 1] = at;
    }
  }
}

/** The sum of z over the pixels that are on, the first of them being that of bit 0 of `word`. */
function sumOfOn(z: Float32Array, words: Uint32Array, word: number): number {
  let sum = 0;
  for (let w = 0; w << 5 < z.length; w++) {
    for (let rest = words[word + w]; rest !== 0; rest &= rest - 1)
      sum += z[(w << 5) + 31 - Math.clz32(rest & -rest)];
  }
  return sum;
}

function tableOf(rows: RowOperations, weight: Float32Array, n: number, { from, end }: Block): Matrix {
  const bases = rowBases(n);
  const table = rows.floats(rowsOf(end) * BLOCK);
  for (let row = 0; row < rowsOf(end); row++) {
    const pattern = row % PATTERNS;
    if (pattern === 0) continue;
    // The pattern is one already summed (without its highest pixel) plus the row of that pixel.
    const high = 31 - Math.clz32(pattern);
    const [to, rest] = [row * BLOCK, (row ^ (1 << high)) * BLOCK];
    table.copyWithin(to, rest, rest + BLOCK);
    const j = Math.floor(row / PATTERNS) * GROUP + high;
    if (j >= n) continue;
    for (let i = Math.max(from, j + 1); i < end; i++) table[to + i - from] += weight[bases[j] + i];
  }
  return matrix(table, BLOCK);
}
