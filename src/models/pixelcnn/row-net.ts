/**
 * The net on all positions of one image at once: a row for every position. The typed arrays of net.ts, which skip what a relu
 * holds at 0, are faster without SIMD.
 */
import { pixelCount } from '../../data/images.ts';
import type { RowLists, RowOperations } from '../../simd/rows.ts';
import { bytesFor, matrix } from '../../simd/rows.ts';
import type { Simd } from '../../simd/simd.ts';
import type { Model } from '../model.ts';
import { CHANNELS, FIRST, HIDDEN, MIDDLE, neighbours } from './layout.ts';
import { middleRows, PADDED, RowLayers, SEEN } from './row-layers.ts';

const FIRST_TAPS = FIRST.taps.length;
const MIDDLE_TAPS = MIDDLE.taps.length;

export class RowNet {
  readonly n: number;
  readonly blocks: number;
  readonly layers: RowLayers;
  /** The residual stream before every block and behind the last, [n, 32] each: one array for all where they are not kept. */
  readonly h: readonly Float32Array[];
  /** Of every block: the down layer behind its relu, [n, 16], and the middle layer, [n, PADDED]. */
  readonly down: readonly Float32Array[];
  readonly middle: readonly Float32Array[];
  /** What the middle layer sees, [n, 80]. */
  readonly seen: Float32Array;
  /** The last layer behind its relu, [n, 32]. */
  readonly last: Float32Array;
  /** [n] */
  readonly logits: Float32Array<ArrayBuffer>;
  /** [n, taps], see `neighbours`. */
  readonly middleTaps: Int32Array;
  /** Rows of the first layer for the pixels that are on. */
  readonly on: RowLists;
  private readonly firstTaps: Int32Array;

  /**
   * Null where no memory can be had. `keep`: whether what backpropagation needs is kept; `extra`: bytes for arrays of the caller.
   */
  static open(model: Model, simd: Simd, keep: boolean, extra = 0): RowNet | null {
    const n = pixelCount(model.grid);
    const kept = keep ? model.hyper.blocks : 1;
    const bytes = bytesFor(
      ...RowLayers.lengths(n, model.tensors),
      ...Array.from({ length: kept + 1 }, () => n * CHANNELS),
      ...Array.from({ length: kept }, () => n * HIDDEN),
      ...Array.from({ length: kept }, () => n * PADDED),
      ...[n * SEEN, n * CHANNELS, n, n * MIDDLE_TAPS, n + 1, n * FIRST_TAPS],
    );
    const rows = simd.open(bytes + extra);
    return rows && new RowNet(model, rows, keep);
  }

  private constructor(
    model: Model,
    readonly rows: RowOperations,
    keep: boolean,
  ) {
    const n = pixelCount(model.grid);
    this.n = n;
    this.blocks = model.hyper.blocks;
    this.layers = new RowLayers(rows, n, model);
    const { blocks } = this;
    const each = (count: number, make: () => Float32Array) => {
      const arrays = Array.from({ length: keep ? count : 1 }, make);
      return Array.from({ length: count }, (_, b) => arrays[b % arrays.length]);
    };
    this.h = each(blocks + 1, () => rows.floats(n * CHANNELS));
    this.down = each(blocks, () => rows.floats(n * HIDDEN));
    this.middle = each(blocks, () => middleRows(rows, n));
    this.seen = rows.floats(n * SEEN);
    this.last = rows.floats(n * CHANNELS);
    this.logits = rows.floats(n);
    this.middleTaps = rows.integers(n * MIDDLE_TAPS);
    this.middleTaps.set(neighbours(model.grid, MIDDLE.taps));
    this.firstTaps = neighbours(model.grid, FIRST.taps);
    this.on = { starts: rows.integers(n + 1), indices: rows.integers(n * FIRST_TAPS) };
  }

  /** Logits of all positions into `logits`, given the pixels x, [n] of 0 and 1. */
  run(x: Uint8Array): void {
    const { n, layers, blocks, firstTaps, on } = this;
    for (let p = 0; p < n; p++) listOn(x, 0, firstTaps, p, on, p);
    layers.first(this.h[0], on);
    for (let b = 0; b < blocks; b++) {
      layers.down(b, this.h[b], this.down[b]);
      this.gather(b);
      layers.up(b, this.seen, this.middle[b], this.h[b], this.h[b + 1]);
    }
    layers.head(this.h[blocks], this.last, this.logits);
  }

  /** What the middle layer of block b sees, into `seen`. */
  gather(b: number): void {
    const { rows, middleTaps } = this;
    const source = matrix(this.down[b], HIDDEN);
    rows.gather(matrix(this.seen, HIDDEN), source, middleTaps, middleTaps.length, HIDDEN);
  }
}

/**
 * Makes list number r of `on`: the taps of the first layer at position p whose pixels are on. The image x begins at `from`; lists are made
 * one after the other.
 */
export function listOn(
  x: Uint8Array,
  from: number,
  firstTaps: Int32Array,
  p: number,
  { starts, indices }: RowLists,
  r: number,
): void {
  let end = starts[r];
  for (let t = 0, at = p * FIRST_TAPS; t < FIRST_TAPS; t++, at++) {
    const q = firstTaps[at];
    if (q >= 0 && x[from + q] !== 0) indices[end++] = t;
  }
  starts[r + 1] = end;
}
