import type { Matrix, RowOperations } from '../../simd/rows.ts';
import { bytesFor, matrix } from '../../simd/rows.ts';
import type { Layer } from './layout.ts';
import { layerSize } from './layout.ts';

/** One layer of every block on many rows: its weights, or derivatives by them. */
export class Affine {
  /** [blocks, inputs + 1, outputs], see Layer. */
  readonly values: Float32Array;

  constructor(
    private readonly operations: RowOperations,
    private readonly layer: Layer,
    blocks: number,
  ) {
    this.values = operations.floats(blocks * layerSize(layer));
  }

  static bytes(layer: Layer, blocks: number): number {
    return bytesFor(blocks * layerSize(layer));
  }

  /** out[rows, outputs] = x[rows, inputs] w + biases of block b. */
  forward(b: number, out: Matrix, x: Matrix, rows: number): void {
    const { inputs, outputs } = this.layer;
    const biases = matrix(this.values, 0, this.begin(b) + inputs * outputs);
    this.operations.multiply(out, x, this.weights(b), rows, inputs, outputs, biases);
  }

  /** dx[rows, inputs], given the derivatives d[rows, outputs] by the output of `forward`. */
  backward(b: number, dx: Matrix, d: Matrix, rows: number): void {
    const { inputs, outputs } = this.layer;
    this.operations.multiplyTransposed(dx, d, this.weights(b), rows, outputs, inputs, null);
  }

  /** Of derivatives: adds those by the weights of block b, x having been the input and d being the derivatives by the output. */
  add(b: number, x: Matrix, d: Matrix, rows: number): void {
    const { inputs, outputs } = this.layer;
    const biases = this.begin(b) + inputs * outputs;
    this.operations.addTransposedProduct(this.weights(b), x, d, rows, inputs, outputs);
    this.operations.addColumnSums(this.values.subarray(biases, biases + outputs), d, rows, outputs);
  }

  private weights(b: number): Matrix {
    return matrix(this.values, this.layer.outputs, this.begin(b));
  }

  private begin(b: number): number {
    return b * layerSize(this.layer);
  }
}
