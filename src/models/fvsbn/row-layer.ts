import { type Grid, type PackedImages, pixelCount, wordsPerImage } from '../../data/images.ts';
import { bytesFor, matrix, type Matrix, type RowLists, type RowOperations } from '../../simd/rows.ts';
import { listOn } from '../shared/on-pixels.ts';
import type { Model } from '../model.ts';
import { rowBases } from './layout.ts';

/** Images whose logits are computed together. */
export const CHUNK = 32;
/** Squares of larger images take more memory (32 MiB) than they are worth. */
const MOST_PIXELS = 2048;

/** Rows begin at a multiple of four numbers. */
export const padded = (length: number) => Math.ceil(length / 4) * 4;

/**
 * One model's weights as a square, [n, width], of which the triangle of a pixel's own and earlier outputs is 0. A logit is its bias and the
 * weights of the pixels that are on, added in f32 from the first pixel to the last: the same number bit for bit wherever it is computed.
 */
export class RowLayer {
  readonly n: number;
  readonly width: number;
  readonly bias: Float32Array;
  readonly weights: Matrix;
  /** The pixels that are on of up to CHUNK images, set by `look`. */
  readonly on: RowLists;
  private readonly bases: Int32Array;
  private readonly places: Int32Array;

  static suits(grid: Grid): boolean {
    return pixelCount(grid) <= MOST_PIXELS;
  }

  static bytes(grid: Grid): number {
    const n = pixelCount(grid);
    return bytesFor(n * padded(n), padded(n), CHUNK + 1, CHUNK * n);
  }

  constructor(
    readonly rows: RowOperations,
    model: Model,
  ) {
    const n = pixelCount(model.grid);
    this.n = n;
    this.width = padded(n);
    this.bases = rowBases(n);
    this.places = new Int32Array(n);
    this.bias = rows.floats(this.width);
    this.bias.set(model.tensors.bias);
    this.weights = matrix(rows.floats(n * this.width), this.width);
    for (let j = 0; j + 1 < n; j++) {
      const row = model.tensors.weight.subarray(this.bases[j] + j + 1, this.bases[j] + n);
      this.weights.values.set(row, j * this.width + j + 1);
    }
    this.on = { starts: rows.integers(CHUNK + 1), indices: rows.integers(CHUNK * n) };
  }

  /** Lists the pixels that are on of `count` images from `first` on. */
  look({ grid, words }: PackedImages, first: number, count: number): void {
    const { on, bases, places } = this;
    const stride = wordsPerImage(grid);
    let at = 0;
    for (let m = 0; m < count; m++) {
      at += listOn(words, (first + m) * stride, stride, bases, on.indices.subarray(at), places);
      on.starts[m + 1] = at;
    }
  }

  /** z[m] = the logits of outputs `from` to `end - 1` of the images looked at. */
  logits(z: Matrix, count: number, from: number, end: number): void {
    for (let m = 0; m < count; m++) z.values.set(this.bias.subarray(from, end), z.first + m * z.stride);
    this.rows.addSums(z, { ...this.weights, first: from }, this.on, count, end - from);
  }

  /** z[to + i] += the weight from pixel j to i, for i from j + 1 to `end - 1`. */
  push(z: Float32Array, to: number, j: number, end: number): void {
    const { values, stride } = this.weights;
    const row = j * stride;
    for (let i = j + 1; i < end; i++) z[to + i] += values[row + i];
  }
}
