/** The last layer of a net: every row's features times the weights of all pixels plus those of its own. */
import type { Matrix, RowOperations } from '../../simd/rows.ts';
import { bytesFor, matrix } from '../../simd/rows.ts';
import type { Part } from './lists.ts';

/** Tensors of one net's last layer. */
export interface ReadoutWeights {
  /** [width] */
  readonly common: Float32Array;
  /** [n, width] */
  readonly own: Float32Array;
  /** [n] */
  readonly bias: Float32Array;
}

export class Readout {
  /** [n, width]: the weights of every pixel. */
  private readonly weights: Matrix;
  /** [capacity, width]: those of every row. */
  private readonly ofRows: Matrix;
  private readonly z: Float32Array;
  private bias: Float32Array = new Float32Array(0);

  constructor(
    private readonly operations: RowOperations,
    n: number,
    capacity: number,
    private readonly width: number,
  ) {
    this.weights = matrix(operations.floats(n * width), width);
    this.ofRows = matrix(operations.floats(capacity * width), width);
    this.z = operations.floats(capacity);
  }

  static bytes(n: number, capacity: number, width: number): number {
    return bytesFor(n * width, capacity * width, capacity);
  }

  load({ common, own, bias }: ReadoutWeights): void {
    const { weights, width } = this;
    this.bias = bias;
    for (let from = 0; from < own.length; from += width)
      for (let c = 0; c < width; c++) weights.values[from + c] = own[from + c] + common[c];
  }

  /** Writes the logit of every row, with `features` [rows, width], to its place in z. */
  forward(part: Part, features: Float32Array, z: Float32Array): void {
    const { operations, ofRows, width } = this;
    const { count, pixels, places } = part;
    operations.gather(ofRows, this.weights, pixels, count, width);
    operations.rowDots(this.z, matrix(features, width), ofRows, count, width);
    for (let r = 0; r < count; r++) z[places[r]] = this.z[r] + this.bias[pixels[r]];
  }

  /**
   * After `forward`: dz holds derivatives by the logits at the places of the rows. Writes those by the features to d, and adds those by the
   * weights to `gradient`.
   */
  backward(
    part: Part,
    features: Float32Array,
    dz: Float64Array,
    d: Float32Array,
    gradient: ReadoutGradient,
  ): void {
    const { width } = this;
    const { count, pixels, places } = part;
    const weights = this.ofRows.values;
    const { own, bias } = gradient;
    for (let r = 0; r < count; r++) {
      const slope = dz[places[r]];
      const row = r * width;
      const to = pixels[r] * width;
      bias[pixels[r]] += slope;
      for (let c = 0; c < width; c++) {
        own[to + c] += slope * features[row + c];
        d[row + c] = slope * weights[row + c];
      }
    }
  }
}

/** Derivatives by the weights of a last layer. */
export class ReadoutGradient {
  /** [n, width] */
  readonly own: Float64Array;
  /** [n] */
  readonly bias: Float64Array;

  constructor(
    n: number,
    private readonly width: number,
  ) {
    this.own = new Float64Array(n * width);
    this.bias = new Float64Array(n);
  }

  clear(): void {
    this.own.fill(0);
    this.bias.fill(0);
  }

  /** Writes the derivatives times `factor`. */
  store({ common, own, bias }: ReadoutWeights, factor: number): void {
    const { width } = this;
    const sums = new Float64Array(width);
    for (let from = 0; from < own.length; from += width) {
      for (let c = 0; c < width; c++) {
        sums[c] += this.own[from + c];
        own[from + c] = factor * this.own[from + c];
      }
    }
    for (let c = 0; c < width; c++) common[c] = factor * sums[c];
    for (let i = 0; i < bias.length; i++) bias[i] = factor * this.bias[i];
  }
}
