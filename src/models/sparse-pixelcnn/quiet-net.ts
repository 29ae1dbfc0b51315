/** The small network on quiet pixels, one row each. */
import type { RowOperations } from '../../simd/rows.ts';
import { bytesFor, matrix } from '../../simd/rows.ts';
import type { Tensors } from '../model.ts';
import { Affine } from './affine.ts';
import { LIMIT, QUIET, QUIET_FEATURES, QUIET_HIDDEN } from './layout.ts';
import type { Part } from './lists.ts';
import { Readout, ReadoutGradient } from './readout.ts';
import { Table, TableGradient } from './table.ts';

/** How much room there is: rows of one pass, and carried sums. */
export interface QuietSize {
  readonly n: number;
  readonly capacity: number;
  readonly carried: number;
}

const quietFirst = ({ quiet_relative, quiet_absolute, quiet_position }: Tensors) => ({
  relative: quiet_relative,
  absolute: quiet_absolute,
  position: quiet_position,
});
const quietReadout = ({ quiet_readout, quiet_readout_position, quiet_bias }: Tensors) => ({
  common: quiet_readout,
  own: quiet_readout_position,
  bias: quiet_bias,
});

export class QuietNet {
  readonly table: Table;
  readonly readout: Readout;
  readonly layer: Affine;
  /** [rows, QUIET_HIDDEN] and [rows, QUIET_FEATURES], bounded and behind their relu. */
  readonly hidden: Float32Array;
  readonly features: Float32Array;

  constructor(
    readonly operations: RowOperations,
    readonly size: QuietSize,
  ) {
    const { n, capacity, carried } = size;
    this.table = new Table(operations, n, carried, QUIET_HIDDEN);
    this.readout = new Readout(operations, n, capacity, QUIET_FEATURES);
    this.layer = new Affine(operations, QUIET, 1);
    this.hidden = operations.floats(capacity * QUIET_HIDDEN);
    this.features = operations.floats(capacity * QUIET_FEATURES);
  }

  static bytes({ n, capacity, carried }: QuietSize): number {
    return (
      Table.bytes(n, carried, QUIET_HIDDEN) +
      Readout.bytes(n, capacity, QUIET_FEATURES) +
      Affine.bytes(QUIET, 1) +
      bytesFor(capacity * QUIET_HIDDEN, capacity * QUIET_FEATURES)
    );
  }

  load(tensors: Tensors): void {
    this.table.load(quietFirst(tensors));
    this.readout.load(quietReadout(tensors));
    this.layer.values.set(tensors.quiet_hidden);
  }

  /** Writes the logits of the rows of `part` to their places in z. */
  forward(part: Part, z: Float32Array): void {
    const { operations, table, hidden, features } = this;
    const { count } = part;
    if (count === 0) return;
    hidden.fill(0, 0, count * QUIET_HIDDEN);
    operations.addSums(matrix(hidden, QUIET_HIDDEN), table.rows, part, count, QUIET_HIDDEN);
    this.activate(hidden, count * QUIET_HIDDEN);
    this.layer.forward(0, matrix(features, QUIET_FEATURES), matrix(hidden, QUIET_HIDDEN), count);
    this.activate(features, count * QUIET_FEATURES);
    this.readout.forward(part, features, z);
  }

  private activate(f: Float32Array, count: number): void {
    this.operations.bound(f, count, LIMIT);
    this.operations.relu(f, f, count);
  }
}

/** Backpropagation through the net, and the sums of its derivatives. */
export class QuietGradient {
  readonly table: TableGradient;
  private readonly readout: ReadoutGradient;
  private readonly layer: Affine;
  /** After `backward` the derivatives by the sums of the first layer, [rows, QUIET_HIDDEN]. */
  readonly dHidden: Float32Array;
  private readonly dFeatures: Float32Array;

  constructor(private readonly net: QuietNet) {
    const { operations, size } = net;
    const { n, capacity, carried } = size;
    this.table = new TableGradient(operations, n, carried, QUIET_HIDDEN);
    this.readout = new ReadoutGradient(n, QUIET_FEATURES);
    this.layer = new Affine(operations, QUIET, 1);
    this.dHidden = operations.floats(capacity * QUIET_HIDDEN);
    this.dFeatures = operations.floats(capacity * QUIET_FEATURES);
  }

  static bytes({ n, capacity, carried }: QuietSize): number {
    return (
      Table.bytes(n, carried, QUIET_HIDDEN) +
      Affine.bytes(QUIET, 1) +
      bytesFor(capacity * QUIET_HIDDEN, capacity * QUIET_FEATURES)
    );
  }

  clear(): void {
    this.table.clear();
    this.readout.clear();
    this.layer.values.fill(0);
  }

  /** After `forward` of the same rows; dz holds the derivatives by the logits at their places. */
  backward(part: Part, dz: Float64Array): void {
    const { net, dHidden, dFeatures } = this;
    const { operations, hidden, features } = net;
    const { count } = part;
    if (count === 0) return;
    net.readout.backward(part, features, dz, dFeatures, this.readout);
    this.throughActivation(dFeatures, features, count * QUIET_FEATURES);
    this.layer.add(0, matrix(hidden, QUIET_HIDDEN), matrix(dFeatures, QUIET_FEATURES), count);
    net.layer.backward(0, matrix(dHidden, QUIET_HIDDEN), matrix(dFeatures, QUIET_FEATURES), count);
    this.throughActivation(dHidden, hidden, count * QUIET_HIDDEN);
    operations.scatterSums(this.table.rows, matrix(dHidden, QUIET_HIDDEN), part, count, QUIET_HIDDEN);
  }

  /** Writes the derivatives times `factor`. */
  store(gradients: Tensors, factor: number): void {
    this.table.store(quietFirst(gradients), factor);
    this.readout.store(quietReadout(gradients), factor);
    const { quiet_hidden } = gradients;
    for (let at = 0; at < quiet_hidden.length; at++) quiet_hidden[at] = factor * this.layer.values[at];
  }

  private throughActivation(d: Float32Array, f: Float32Array, count: number): void {
    this.net.operations.reluBack(d, f, count);
    this.net.operations.boundBack(d, f, count, LIMIT);
  }
}
