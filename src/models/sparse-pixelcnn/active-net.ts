/** The deep network on active pixels, one row each: the forward pass, and backpropagation where its features are kept. */
import type { RowOperations } from '../../simd/rows.ts';
import { bytesFor, matrix } from '../../simd/rows.ts';
import type { Tensors } from '../model.ts';
import { Affine } from './affine.ts';
import { CHANNELS, dilationOf, DOWN, EPSILON, HIDDEN, LIMIT, MIDDLE, TAPS, UP } from './layout.ts';
import type { Part } from './lists.ts';
import { Readout, ReadoutGradient } from './readout.ts';
import { Table, TableGradient } from './table.ts';

/** How much room there is. */
export interface ActiveSize {
  readonly n: number;
  readonly blocks: number;
  /** Rows of one pass. */
  readonly capacity: number;
  /** Carried sums. */
  readonly carried: number;
  /**
   * Rows that the taps read: as many as `capacity` where a pass holds whole images, more where a sampler keeps those of
   * earlier pixels.
   */
  readonly tapRows: number;
  /** Nothing for scoring; what taps read of every block for sampling; all features of every block for `ActiveGradient`. */
  readonly keep: 'nothing' | 'taps' | 'all';
}

/** Tensors as the first layer names them. */
export const activeFirst = ({ relative, absolute, position }: Tensors) => ({ relative, absolute, position });
export const activeReadout = ({ readout, readout_position, bias }: Tensors) => ({
  common: readout,
  own: readout_position,
  bias,
});

const INPUTS = MIDDLE.inputs;

/** How many buffers there are of every kind. */
function buffersOf({ blocks, keep }: ActiveSize) {
  return {
    streams: keep === 'all' ? blocks + 1 : 2,
    norms: keep === 'all' ? blocks + 1 : 1,
    taps: keep === 'nothing' ? 1 : blocks,
    inner: keep === 'all' ? blocks : 1,
  };
}

export class ActiveNet {
  readonly table: Table;
  readonly readout: Readout;
  readonly down: Affine;
  readonly middle: Affine;
  readonly up: Affine;
  /** Residual stream before block b, [rows, CHANNELS], and behind the last; two buffers in turn where they are not kept. */
  readonly stream: readonly Float32Array[];
  /** The normalised stream behind its elu, [rows, CHANNELS], by block and behind the last. */
  readonly normed: readonly Float32Array[];
  /** Down layers behind their elu, [tapRows, HIDDEN], by block. */
  readonly squeezed: readonly Float32Array[];
  /** Middle layers behind their elu, [rows, HIDDEN], by block. */
  readonly mixed: readonly Float32Array[];
  /** [rows, taps * HIDDEN] */
  readonly gathered: Float32Array;
  /** [rows, CHANNELS] and [rows], for the block at hand. */
  readonly scaled: Float32Array;
  readonly scales: Float32Array;

  constructor(
    readonly operations: RowOperations,
    readonly size: ActiveSize,
  ) {
    const { n, blocks, capacity, carried, tapRows } = size;
    const { streams, norms, taps, inner } = buffersOf(size);
    const arrays = (count: number, length: number) =>
      Array.from({ length: count }, () => operations.floats(length));
    this.table = new Table(operations, n, carried, CHANNELS);
    this.readout = new Readout(operations, n, capacity, CHANNELS);
    this.down = new Affine(operations, DOWN, blocks);
    this.middle = new Affine(operations, MIDDLE, blocks);
    this.up = new Affine(operations, UP, blocks);
    this.stream = arrays(streams, capacity * CHANNELS);
    this.normed = arrays(norms, capacity * CHANNELS);
    this.squeezed = arrays(taps, tapRows * HIDDEN);
    this.mixed = arrays(inner, capacity * HIDDEN);
    this.gathered = operations.floats(capacity * INPUTS);
    this.scaled = operations.floats(capacity * CHANNELS);
    this.scales = operations.floats(capacity);
  }

  static bytes(size: ActiveSize): number {
    const { n, blocks, capacity, carried, tapRows } = size;
    const { streams, norms, taps, inner } = buffersOf(size);
    const wide = bytesFor(capacity * CHANNELS);
    const narrow = bytesFor(capacity * HIDDEN);
    return (
      Table.bytes(n, carried, CHANNELS) +
      Readout.bytes(n, capacity, CHANNELS) +
      [DOWN, MIDDLE, UP].reduce((sum, layer) => sum + Affine.bytes(layer, blocks), 0) +
      (streams + norms + 1) * wide +
      taps * bytesFor(tapRows * HIDDEN) +
      inner * narrow +
      bytesFor(capacity * INPUTS, capacity)
    );
  }

  load(tensors: Tensors): void {
    this.table.load(activeFirst(tensors));
    this.readout.load(activeReadout(tensors));
    this.down.values.set(tensors.down);
    this.middle.values.set(tensors.middle);
    this.up.values.set(tensors.up);
  }

  /** Buffer number b of those that are kept or reused. */
  at(buffers: readonly Float32Array[], b: number): Float32Array {
    return buffers[b % buffers.length];
  }

  /**
   * Writes the logits of the rows of `part` to their places in z. `taps` are the rows that the taps read, by dilation, [taps, capacity]; the
   * rows of this pass are `first` and those behind it.
   */
  forward(part: Part, taps: readonly Int32Array[], z: Float32Array, first = 0): void {
    const { operations, size, table, scaled, scales } = this;
    const { count } = part;
    if (count === 0) return;
    const begin = this.at(this.stream, 0);
    begin.fill(0, 0, count * CHANNELS);
    operations.addSums(matrix(begin, CHANNELS), table.rows, part, count, CHANNELS);
    operations.bound(begin, count * CHANNELS, LIMIT);
    for (let b = 0; b < size.blocks; b++) this.block(b, count, taps[dilationOf(b) - 1], first);
    const normed = this.at(this.normed, size.blocks);
    operations.rmsNormalise(scaled, scales, this.at(this.stream, size.blocks), count, CHANNELS, EPSILON);
    operations.elu(normed, scaled, count * CHANNELS);
    this.readout.forward(part, normed, z);
  }

  private block(b: number, count: number, taps: Int32Array, first: number): void {
    const { operations, gathered, scaled, scales } = this;
    const before = this.at(this.stream, b);
    const behind = this.at(this.stream, b + 1);
    const normed = this.at(this.normed, b);
    const mixed = this.at(this.mixed, b);
    operations.rmsNormalise(scaled, scales, before, count, CHANNELS, EPSILON);
    operations.elu(normed, scaled, count * CHANNELS);
    const own = this.at(this.squeezed, b).subarray(first * HIDDEN, (first + count) * HIDDEN);
    this.down.forward(b, matrix(own, HIDDEN), matrix(normed, CHANNELS), count);
    operations.elu(own, own, count * HIDDEN);
    this.gather(b, count, taps);
    this.middle.forward(b, matrix(mixed, HIDDEN), matrix(gathered, INPUTS), count);
    operations.elu(mixed, mixed, count * HIDDEN);
    this.up.forward(b, matrix(behind, CHANNELS), matrix(mixed, HIDDEN), count);
    operations.addScaled(behind, before, count * CHANNELS, 1);
    operations.bound(behind, count * CHANNELS, LIMIT);
  }

  /** The inputs of block b's middle layer. */
  gather(b: number, count: number, taps: Int32Array): void {
    const { operations, gathered, size } = this;
    const table = matrix(this.at(this.squeezed, b), HIDDEN);
    for (let t = 0; t < TAPS.length; t++) {
      const indices = taps.subarray(t * size.capacity, t * size.capacity + count);
      operations.gather(matrix(gathered, INPUTS, t * HIDDEN), table, indices, count, HIDDEN);
    }
  }
}

/** Backpropagation through a net that keeps its features, and the sums of its derivatives. */
export class ActiveGradient {
  readonly table: TableGradient;
  private readonly readout: ReadoutGradient;
  private readonly down: Affine;
  private readonly middle: Affine;
  private readonly up: Affine;
  /** Derivatives by the stream, [rows, CHANNELS]: after `backward` those by the sums of the first layer. */
  readonly d: Float32Array;
  /** By what a layer makes of the stream, [rows, CHANNELS]; by the inputs of a middle layer; and [rows, HIDDEN]. */
  private readonly dWide: Float32Array;
  private readonly dGathered: Float32Array;
  private readonly dMixed: Float32Array;
  private readonly dSqueezed: Float32Array;

  constructor(private readonly net: ActiveNet) {
    const { operations, size } = net;
    const { n, blocks, capacity, carried } = size;
    this.table = new TableGradient(operations, n, carried, CHANNELS);
    this.readout = new ReadoutGradient(n, CHANNELS);
    this.down = new Affine(operations, DOWN, blocks);
    this.middle = new Affine(operations, MIDDLE, blocks);
    this.up = new Affine(operations, UP, blocks);
    this.d = operations.floats(capacity * CHANNELS);
    this.dWide = operations.floats(capacity * CHANNELS);
    this.dGathered = operations.floats(capacity * INPUTS);
    this.dMixed = operations.floats(capacity * HIDDEN);
    this.dSqueezed = operations.floats(capacity * HIDDEN);
  }

  static bytes({ n, blocks, capacity, carried }: ActiveSize): number {
    return (
      Table.bytes(n, carried, CHANNELS) +
      [DOWN, MIDDLE, UP].reduce((sum, layer) => sum + Affine.bytes(layer, blocks), 0) +
      2 * bytesFor(capacity * CHANNELS, capacity * HIDDEN) +
      bytesFor(capacity * INPUTS)
    );
  }

  clear(): void {
    this.table.clear();
    this.readout.clear();
    for (const layer of [this.down, this.middle, this.up]) layer.values.fill(0);
  }

  /** After `forward` of the same rows; dz holds the derivatives by the logits at their places. */
  backward(part: Part, taps: readonly Int32Array[], dz: Float64Array): void {
    const { net, d, dWide } = this;
    const { operations, size, stream, normed } = net;
    const { count } = part;
    if (count === 0) return;
    net.readout.backward(part, normed[size.blocks], dz, dWide, this.readout);
    d.fill(0, 0, count * CHANNELS);
    this.throughNorm(size.blocks, count);
    for (let b = size.blocks - 1; b >= 0; b--) this.block(b, count, taps[dilationOf(b) - 1]);
    operations.boundBack(d, stream[0], count * CHANNELS, LIMIT);
    operations.scatterSums(this.table.rows, matrix(d, CHANNELS), part, count, CHANNELS);
  }

  /** Writes the derivatives times `factor`. */
  store(gradients: Tensors, factor: number): void {
    this.table.store(activeFirst(gradients), factor);
    this.readout.store(activeReadout(gradients), factor);
    const { down, middle, up } = gradients;
    for (const [to, { values }] of [
      [down, this.down],
      [middle, this.middle],
      [up, this.up],
    ] as const)
      for (let at = 0; at < to.length; at++) to[at] = factor * values[at];
  }

  private block(b: number, count: number, taps: Int32Array): void {
    const { net, d, dWide, dGathered, dMixed, dSqueezed } = this;
    const { operations, size, stream, normed, squeezed, mixed, gathered } = net;
    operations.boundBack(d, stream[b + 1], count * CHANNELS, LIMIT);
    net.up.backward(b, matrix(dMixed, HIDDEN), matrix(d, CHANNELS), count);
    this.up.add(b, matrix(mixed[b], HIDDEN), matrix(d, CHANNELS), count);
    operations.eluBack(dMixed, mixed[b], count * HIDDEN);
    net.gather(b, count, taps);
    this.middle.add(b, matrix(gathered, INPUTS), matrix(dMixed, HIDDEN), count);
    net.middle.backward(b, matrix(dGathered, INPUTS), matrix(dMixed, HIDDEN), count);
    dSqueezed.fill(0, 0, count * HIDDEN);
    for (let t = 0; t < TAPS.length; t++) {
      const indices = taps.subarray(t * size.capacity, t * size.capacity + count);
      const part = matrix(dGathered, INPUTS, t * HIDDEN);
      operations.scatterAdd(matrix(dSqueezed, HIDDEN), part, indices, count, HIDDEN);
    }
    operations.eluBack(dSqueezed, squeezed[b], count * HIDDEN);
    this.down.add(b, matrix(normed[b], CHANNELS), matrix(dSqueezed, HIDDEN), count);
    net.down.backward(b, matrix(dWide, CHANNELS), matrix(dSqueezed, HIDDEN), count);
    this.throughNorm(b, count);
  }

  /** Adds to d what comes through elu and norm of the stream before block b, given the derivatives by their result. */
  private throughNorm(b: number, count: number): void {
    const { net, d, dWide } = this;
    const { operations, stream, normed, scaled, scales } = net;
    operations.eluBack(dWide, normed[b], count * CHANNELS);
    operations.rmsNormalise(scaled, scales, stream[b], count, CHANNELS, EPSILON);
    operations.rmsBack(d, dWide, scaled, scales, count, CHANNELS);
  }
}
