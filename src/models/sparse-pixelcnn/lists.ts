/**
 * The pixels of a few images as rows, active and quiet ones apart, and for every row the rows of the tables whose sum its first
 * layer is. A table holds the weights of the window's offsets, of the positions, and sums carried along an image.
 */
import type { Grid } from '../../data/images.ts';
import { pixelCount } from '../../data/images.ts';
import type { RowLists, RowOperations } from '../../simd/rows.ts';
import { bytesFor } from '../../simd/rows.ts';
import { ACTIVE_OFFSETS, pixelsAt, TAPS, WINDOW, WINDOW_OFFSETS } from './layout.ts';

/** Columns of the window. */
const SIDE = 2 * WINDOW + 1;
/** Rows of a table before those of the positions. */
export const OFFSETS = WINDOW_OFFSETS.length;
/** Dilations that blocks have. */
export const DILATIONS = 2;

/** Rows of one kind, active or quiet. As lists, row r names the rows of the table whose sum its first layer is. */
export class Part implements RowLists {
  count = 0;
  /** [capacity]: the pixel of a row, and where its logit stands in `[images, n]`. */
  readonly pixels: Int32Array;
  readonly places: Int32Array;
  readonly starts: Int32Array;
  readonly indices: Int32Array;

  constructor(rows: RowOperations, capacity: number) {
    this.pixels = rows.integers(capacity);
    this.places = new Int32Array(capacity);
    this.starts = rows.integers(capacity + 1);
    this.indices = rows.integers(capacity * (2 + OFFSETS));
  }

  static bytes(capacity: number): number {
    return bytesFor(capacity, capacity + 1, capacity * (2 + OFFSETS));
  }

  clear(): void {
    this.count = 0;
    this.starts[0] = 0;
  }
}

/** Which pixels are active, and the neighbours of every pixel. */
export class Neighbourhood {
  readonly n: number;
  /** [n, offsets], -1 outside the grid. */
  private readonly near: Int32Array;
  /** By dilation less 1, [n, taps], -1 outside the grid. */
  readonly taps: readonly Int32Array[];
  private readonly row: Int32Array;
  private readonly column: Int32Array;

  constructor(grid: Grid) {
    this.n = pixelCount(grid);
    this.near = pixelsAt(grid, ACTIVE_OFFSETS);
    this.taps = Array.from({ length: DILATIONS }, (_, at) => pixelsAt(grid, TAPS, at + 1));
    this.row = Int32Array.from({ length: this.n }, (_, i) => Math.floor(i / grid.width));
    this.column = Int32Array.from({ length: this.n }, (_, i) => i % grid.width);
  }

  /** Whether an earlier pixel near `pixel` is on in x, [n] of 0 and 1. */
  isActive(x: Uint8Array, pixel: number): boolean {
    const begin = pixel * ACTIVE_OFFSETS.length;
    for (let at = begin; at < begin + ACTIVE_OFFSETS.length; at++) {
      const j = this.near[at];
      if (j >= 0 && x[j] === 1) return true;
    }
    return false;
  }

  /**
   * Adds a row for `pixel` of an image whose first `onCount` pixels that are on, in ascending order, are `on`; `carried` is the
   * row of the table with their carried sum.
   */
  push(part: Part, pixel: number, place: number, on: Int32Array, onCount: number, carried: number): void {
    const { starts, indices, count } = part;
    part.pixels[count] = pixel;
    part.places[count] = place;
    let to = starts[count];
    indices[to++] = OFFSETS + pixel;
    indices[to++] = carried;
    const top = this.row[pixel] - WINDOW;
    const left = this.column[pixel] - WINDOW;
    for (let k = onCount - 1; k >= 0; k--) {
      const j = on[k];
      const row = this.row[j] - top;
      if (row < 0) break;
      const column = this.column[j] - left;
      if (column >= 0 && column < SIDE) indices[to++] = row * SIDE + column;
    }
    part.count = count + 1;
    starts[count + 1] = to;
  }
}

/** All pixels of up to `capacity` images. */
export class Lists {
  readonly active: Part;
  readonly quiet: Part;
  /** Of every dilation and tap: the active row at the tap of every active row, [taps, capacity rows], -1 where there is none. */
  readonly taps: readonly Int32Array[];
  /** Rows of carried sums of all images; the first row of an image is a sum of nothing. */
  carried = 0;
  /** The pixel that a carried sum adds to the one before it, -1 of an image's first. */
  readonly added: Int32Array;
  /** Rows that fit. */
  readonly capacity: number;
  private readonly on: Int32Array;
  /** [n]: the active row of a pixel of the current image, or -1. */
  private readonly rowOf: Int32Array;
  private images = 0;

  constructor(
    rows: RowOperations,
    private readonly near: Neighbourhood,
    images: number,
  ) {
    this.capacity = images * near.n;
    this.active = new Part(rows, this.capacity);
    this.quiet = new Part(rows, this.capacity);
    this.taps = Array.from({ length: DILATIONS }, () => rows.integers(TAPS.length * this.capacity));
    this.added = new Int32Array(this.capacity + images);
    this.on = new Int32Array(near.n);
    this.rowOf = new Int32Array(near.n);
  }

  static bytes(n: number, images: number): number {
    const capacity = images * n;
    const taps = Array.from({ length: DILATIONS }, () => TAPS.length * capacity);
    return 2 * Part.bytes(capacity) + bytesFor(...taps);
  }

  clear(): void {
    this.active.clear();
    this.quiet.clear();
    this.carried = 0;
    this.images = 0;
  }

  /** Adds the rows of an image, [n] of 0 and 1. */
  add(x: Uint8Array): void {
    const { near, active, on, rowOf, added } = this;
    const { n } = near;
    const first = active.count;
    let onCount = 0;
    added[this.carried++] = -1;
    for (let i = 0; i < n; i++) {
      const own = near.isActive(x, i);
      rowOf[i] = own ? active.count : -1;
      const place = this.images * n + i;
      near.push(own ? active : this.quiet, i, place, on, onCount, OFFSETS + n + this.carried - 1);
      if (x[i] === 0) continue;
      on[onCount++] = i;
      added[this.carried++] = i;
    }
    this.images++;
    for (let r = first; r < active.count; r++) this.addTaps(r);
  }

  private addTaps(row: number): void {
    const { near, taps, rowOf, capacity } = this;
    const begin = this.active.pixels[row] * TAPS.length;
    for (let d = 0; d < DILATIONS; d++) {
      for (let t = 0; t < TAPS.length; t++) {
        const j = near.taps[d][begin + t];
        taps[d][t * capacity + row] = j < 0 ? -1 : rowOf[j];
      }
    }
  }
}
