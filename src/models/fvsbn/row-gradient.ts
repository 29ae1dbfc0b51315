import type { PackedImages } from '../../data/images.ts';
import { pixelCount, wordsPerImage } from '../../data/images.ts';
import { bytesFor, matrix, type Matrix, type RowLists, type RowOperations } from '../../simd/rows.ts';
import type { Simd } from '../../simd/simd.ts';
import { listOn } from '../shared/on-pixels.ts';
import type { CpuGradient } from '../cpu-training.ts';
import type { Model, Tensors } from '../model.ts';
import type { Targets } from '../training.ts';
import { rowBases } from './layout.ts';

/** Images that are computed together. */
const CHUNK = 128;
/** Outputs computed together, from the inputs alone that come before one of them. */
const BLOCK = 192;

/** Squares of larger images take more memory (32 MiB) than they are worth. */
const MOST_PIXELS = 2048;

const padded = (length: number) => Math.ceil(length / 4) * 4;

/** The same as gradient.ts by row operations; null where there is no memory for them, or the images are too large. */
export function rowGradient(model: Model, simd: Simd): CpuGradient | null {
  const n = pixelCount(model.grid);
  if (n > MOST_PIXELS) return null;
  const width = padded(n);
  const lists = bytesFor(CHUNK + 1, CHUNK * n, n + 1, CHUNK * n);
  const images = bytesFor(CHUNK * width, CHUNK * width);
  const rows = simd.open(bytesFor(n * width, n * width, width, width) + lists + images);
  return rows && new RowGradient(model, rows);
}

/**
 * Logits of all images as sums of the rows of the pixels that are on, d = sigmoid(z) - t, and for every input pixel the sum of d over the
 * images that have it on. The weights stand in a square, [n, width], of which the triangle of a pixel's own and earlier outputs is 0.
 */
class RowGradient implements CpuGradient {
  private readonly n: number;
  private readonly width: number;
  private readonly bases: Int32Array;
  private readonly weights: Matrix;
  private readonly sums: Matrix;
  private readonly bias: Float32Array;
  private readonly biasSums: Float32Array;
  /** Logits, then d, [CHUNK, width], and targets. */
  private readonly d: Matrix;
  private readonly targets: Matrix;
  /** Of images, the pixels that are on before the end of a block; of pixels, the images that have them on. */
  private readonly on: RowLists;
  private readonly having: RowLists;

  constructor(
    private readonly model: Model,
    private readonly rows: RowOperations,
  ) {
    const n = pixelCount(model.grid);
    this.n = n;
    this.width = padded(n);
    this.bases = rowBases(n);
    const make = (count: number) => matrix(rows.floats(count * this.width), this.width);
    [this.weights, this.sums] = [make(n), make(n)];
    [this.bias, this.biasSums] = [make(1).values, make(1).values];
    [this.d, this.targets] = [make(CHUNK), make(CHUNK)];
    this.on = { starts: rows.integers(CHUNK + 1), indices: rows.integers(CHUNK * n) };
    this.having = { starts: rows.integers(n + 1), indices: rows.integers(CHUNK * n) };
  }

  gradient(batch: PackedImages, gradients: Tensors, targets?: Targets): number {
    const { n, width, bases, weights, sums, biasSums } = this;
    const { bias, weight } = this.model.tensors;
    this.bias.set(bias);
    for (let j = 0; j + 1 < n; j++)
      weights.values.set(weight.subarray(bases[j] + j + 1, bases[j] + n), j * width + j + 1);
    sums.values.fill(0);
    biasSums.fill(0);
    let loss = 0;
    for (let first = 0; first < batch.count; first += CHUNK)
      loss += this.addChunk(batch, first, Math.min(CHUNK, batch.count - first), targets?.soft ?? null);
    gradients.bias.set(biasSums.subarray(0, n));
    for (let j = 0; j + 1 < n; j++)
      gradients.weight.set(sums.values.subarray(j * width + j + 1, j * width + n), bases[j] + j + 1);
    return loss;
  }

  private addChunk(batch: PackedImages, first: number, count: number, soft: Float32Array | null): number {
    const { rows, n, width, weights, sums, d, targets, on, having } = this;
    const lists = this.list(batch, first, count);
    for (let m = 0; m < count; m++) d.values.set(this.bias, m * width);
    this.eachBlock((from, end) => {
      let at = 0;
      lists.forEach((pixels, m) => {
        for (let r = 0; r < pixels.length && pixels[r] < end; r++) on.indices[at++] = pixels[r];
        on.starts[m + 1] = at;
      });
      rows.addSums(columnsFrom(d, from), columnsFrom(weights, from), on, count, end - from);
    });
    if (!soft) targets.values.fill(0);
    let loss = 0;
    lists.forEach((pixels, m) => {
      const row = targets.values.subarray(m * width, m * width + n);
      if (soft) row.set(soft.subarray((first + m) * n, (first + m + 1) * n));
      else for (const pixel of pixels) row[pixel] = 1;
      const z = d.values.subarray(m * width, m * width + n);
      loss += rows.logisticLoss(z, z, row, n);
    });
    rows.scale(d.values, count * width, 1 / batch.count);
    rows.addColumnSums(this.biasSums, d, count, n);
    // Pixels after a block have no weight to its outputs.
    this.eachBlock((from, end) =>
      rows.addSums(columnsFrom(sums, from), columnsFrom(d, from), having, end, end - from),
    );
    return loss;
  }

  private eachBlock(work: (from: number, end: number) => void): void {
    for (let from = 0; from < this.n; from += BLOCK) work(from, Math.min(this.n, from + BLOCK));
  }

  /** The pixels that are on of every image; fills the lists of images by pixel. */
  private list(batch: PackedImages, first: number, count: number): readonly Int32Array[] {
    const { n, bases, having } = this;
    const stride = wordsPerImage(batch.grid);
    const [pixels, places] = [new Int32Array(n), new Int32Array(n)];
    const lists = Array.from({ length: count }, (_, m) => {
      const found = listOn(batch.words, (first + m) * stride, stride, bases, pixels, places);
      return pixels.slice(0, found);
    });
    having.starts.fill(0);
    for (const list of lists) for (const pixel of list) having.starts[pixel + 1]++;
    for (let j = 0; j < n; j++) having.starts[j + 1] += having.starts[j];
    const next = having.starts.slice(0, n);
    lists.forEach((list, m) => {
      for (const pixel of list) having.indices[next[pixel]++] = m;
    });
    return lists;
  }
}

function columnsFrom({ values, first, stride }: Matrix, column: number): Matrix {
  return { values, first: first + column, stride };
}
