/**
 * The first layer of a net: rows of a table, summed. The table holds the weights of the window's offsets, those of the positions, and
 * carried sums, each that of the rows of `absolute` of the first pixels of an image that are on.
 */
import type { Matrix, RowOperations } from '../../simd/rows.ts';
import { bytesFor, matrix } from '../../simd/rows.ts';
import { OFFSETS } from './lists.ts';

/** Tensors of one net's first layer. */
export interface FirstWeights {
  /** [offsets, width] */
  readonly relative: Float32Array;
  /** [n, width] */
  readonly absolute: Float32Array;
  /** [n, width] */
  readonly position: Float32Array;
}

export class Table {
  readonly rows: Matrix;
  /** Where the carried sums begin. */
  private readonly carried: number;
  private absolute: Float32Array = new Float32Array(0);

  /** Room for `capacity` carried sums. */
  constructor(
    operations: RowOperations,
    n: number,
    capacity: number,
    readonly width: number,
  ) {
    this.rows = matrix(operations.floats((OFFSETS + n + capacity) * width), width);
    this.carried = (OFFSETS + n) * width;
  }

  static bytes(n: number, capacity: number, width: number): number {
    return bytesFor((OFFSETS + n + capacity) * width);
  }

  load({ relative, absolute, position }: FirstWeights): void {
    this.rows.values.set(relative);
    this.rows.values.set(position, OFFSETS * this.width);
    this.absolute = absolute;
  }

  /** Carried sum number k becomes one of nothing. */
  clear(k: number): void {
    const at = this.carried + k * this.width;
    this.rows.values.fill(0, at, at + this.width);
  }

  /** Carried sum number k becomes number `from`, and the row of a pixel that is on. */
  carry(k: number, from: number, pixel: number): void {
    const { absolute, width } = this;
    const { values } = this.rows;
    const to = this.carried + k * width;
    const source = this.carried + from * width;
    const row = pixel * width;
    for (let c = 0; c < width; c++) values[to + c] = values[source + c] + absolute[row + c];
  }

  /** All carried sums of some images: number k adds the pixel added[k] to the one before, or is that of nothing where it is -1. */
  carryAll(added: Int32Array, count: number): void {
    for (let k = 0; k < count; k++) {
      if (added[k] < 0) this.clear(k);
      else this.carry(k, k - 1, added[k]);
    }
  }
}

/** Derivatives by the rows of a table. */
export class TableGradient {
  readonly rows: Matrix;
  /** By `absolute`, [n, width]. */
  readonly absolute: Float64Array;
  private readonly carried: number;

  constructor(
    operations: RowOperations,
    private readonly n: number,
    capacity: number,
    private readonly width: number,
  ) {
    this.rows = matrix(operations.floats((OFFSETS + n + capacity) * width), width);
    this.absolute = new Float64Array(n * width);
    this.carried = (OFFSETS + n) * width;
  }

  clear(): void {
    this.rows.values.fill(0);
    this.absolute.fill(0);
  }

  /** Moves the derivatives by carried sums to the rows of the pixels that they hold: see `Table.carryAll`. */
  uncarry(added: Int32Array, count: number): void {
    const { width, carried, absolute } = this;
    const { values } = this.rows;
    for (let k = count - 1; k >= 0; k--) {
      const at = carried + k * width;
      if (added[k] >= 0) {
        const row = added[k] * width;
        for (let c = 0; c < width; c++) {
          absolute[row + c] += values[at + c];
          values[at - width + c] += values[at + c];
        }
      }
      values.fill(0, at, at + width);
    }
  }

  /** Writes the derivatives times `factor`. */
  store({ relative, absolute, position }: FirstWeights, factor: number): void {
    const { values } = this.rows;
    for (let at = 0; at < relative.length; at++) relative[at] = factor * values[at];
    const begin = OFFSETS * this.width;
    for (let at = 0; at < this.n * this.width; at++) {
      position[at] = factor * values[begin + at];
      absolute[at] = factor * this.absolute[at];
    }
  }
}
