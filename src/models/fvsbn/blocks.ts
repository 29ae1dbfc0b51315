import { pixelCount, wordsPerImage } from '../../data/images.ts';
import type { Model } from '../model.ts';
import { rowBases } from './layout.ts';
import { addRows, listOn } from '../shared/on-pixels.ts';

/** Outputs computed together, so that the weights in use stay in the cache: two words of an image. */
export const BLOCK = 64;

/** The on-pixels of one image and where their weight rows lie. */
export interface OnPixels {
  readonly pixels: Int32Array;
  readonly rows: Int32Array;
  count: number;
}

/**
 * Logits of one model, block by block of outputs. Within a block the rows of on-pixels before it are added many
 * at a time and those within it one at a time, both in ascending order: the same sum, bit for bit, as in the
 * plain loop.
 */
export class Blocks {
  readonly n: number;
  /** Words an image. */
  readonly stride: number;
  private readonly bases: Int32Array;
  private readonly bias: Float32Array;
  private readonly weight: Float32Array;

  constructor(model: Model) {
    this.n = pixelCount(model.grid);
    this.stride = wordsPerImage(model.grid);
    this.bases = rowBases(this.n);
    this.bias = model.tensors.bias;
    this.weight = model.tensors.weight;
  }

  /** A buffer for the on-pixels of one image. */
  onPixels(): OnPixels {
    return { pixels: new Int32Array(this.n), rows: new Int32Array(this.n), count: 0 };
  }

  /** Lists the on-pixels of image number `image` of `words`. */
  read(words: Uint32Array, image: number, on: OnPixels): void {
    on.count = listOn(words, image * this.stride, this.stride, this.bases, on.pixels, on.rows);
  }

  /**
   * z[to + i] = b_i + sum of w_ji over on-pixels j < `from`, for i in `from` to `end - 1`. Returns how many
   * on-pixels that were.
   */
  begin(z: Float64Array, to: number, on: OnPixels, from: number, end: number): number {
    for (let i = from; i < end; i++) z[to + i] = this.bias[i];
    let before = 0;
    while (before < on.count && on.pixels[before] < from) before++;
    addRows(z, to, this.weight, on.rows, 0, before, from, end);
    return before;
  }

  /** z[to + i] += w_ji for i in j + 1 to `end - 1`. */
  push(z: Float64Array, to: number, j: number, end: number): void {
    const base = this.bases[j];
    for (let i = j + 1; i < end; i++) z[to + i] += this.weight[base + i];
  }

  /** z[to + i] = the logit of pixel i, for i in `from` to `end - 1`. */
  logits(z: Float64Array, to: number, on: OnPixels, from: number, end: number): void {
    for (let r = this.begin(z, to, on, from, end); r < on.count && on.pixels[r] < end; r++) {
      this.push(z, to, on.pixels[r], end);
    }
  }
}
