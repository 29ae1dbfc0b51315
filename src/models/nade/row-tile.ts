import { pixelCount, type Grid, type PackedImages } from '../../data/images.ts';
import { bytesFor, type Matrix, type RowLists } from '../../simd/rows.ts';
import { byBlankOutputs, listOn } from './layer.ts';
import { type RowLayer, strideOf } from './row-layer.ts';

/** Images computed side by side. */
export const TILE = 8;
/** Outputs that all images of a tile go back through before the next: their rows stay in the cache. */
const BLOCK = 64;
/** Numbers that the states of a tile may take (32 MiB): beyond it tiles are of fewer images. */
const MAX_STATES = 2 ** 23;

/** States that a tile has room for: at least those of one image. */
export function stateRows(grid: Grid, size: number): number {
  const n = pixelCount(grid);
  return Math.max(n, Math.min(TILE * n, Math.floor(MAX_STATES / strideOf(size))));
}

/** The images in tiles of at most `capacity` states, ordered by their first on-pixel; images that have none are left out. */
export function tilesOf(layer: RowLayer, batch: PackedImages, capacity: number): Uint32Array[] {
  const pixels = new Int32Array(layer.n);
  const counts = Int32Array.from({ length: batch.count }, (_, m) => listOn(batch, m, pixels));
  const order = byBlankOutputs(batch).filter((m) => counts[m] > 0);
  const tiles: Uint32Array[] = [];
  for (let first = 0; first < order.length;) {
    let end = first;
    for (let states = 0; end < order.length && end < first + TILE; end++) {
      states += counts[order[end]];
      if (states > capacity) break;
    }
    tiles.push(order.subarray(first, end));
    first = end;
  }
  return tiles;
}

/**
 * Up to TILE images, ordered by their first on-pixel: their states, one for every pixel that is on, and which outputs see which. Entries
 * are pairs of an output and an image that is not blank there: those of output i are starts[i] to starts[i + 1] - 1, image by image.
 * States stand in the order of their blocks of outputs, then by image, then by pixel.
 */
export class Tile {
  readonly pixels: readonly Int32Array[];
  readonly counts = new Int32Array(TILE);
  /** States in use. */
  rows = 0;
  entries = 0;
  private images = 0;
  readonly states: Matrix;
  /** By state: its pixel; the image's next state, or -1; 0 where it is the image's first, else -1. */
  readonly pixelOf: Int32Array;
  readonly next: Int32Array;
  readonly begins: Int32Array;
  /** By output, of its entries: where they begin, [n + 1], and the state of each. */
  readonly starts: Int32Array;
  readonly lists: RowLists;
  /** By state, of its entries: the outputs, and the place of each among the entries. */
  readonly runs: RowLists;
  readonly places: Int32Array;
  /** One list of all outputs, [2]; one row without a next. */
  readonly whole: Int32Array;
  readonly none: Int32Array;
  private readonly slots: Int32Array;
  private readonly sums: Matrix;

  static bytes(grid: Grid, size: number): number {
    const n = pixelCount(grid);
    const states = stateRows(grid, size);
    const stride = strideOf(size);
    const lists = bytesFor(n + 1, TILE * n, states + 1, TILE * n, 2, 1);
    return lists + bytesFor(states * stride, TILE * stride, states, states, states, states);
  }

  constructor(private readonly layer: RowLayer) {
    const { rows, n, size } = layer;
    const states = stateRows(layer.grid, size);
    this.pixels = Array.from({ length: TILE }, () => new Int32Array(n));
    this.states = layer.matrix(states);
    this.sums = layer.matrix(TILE);
    this.pixelOf = rows.integers(states);
    this.next = rows.integers(states);
    this.begins = rows.integers(states);
    this.slots = rows.integers(states);
    this.starts = rows.integers(n + 1);
    this.lists = { starts: this.starts, indices: rows.integers(TILE * n) };
    this.runs = { starts: rows.integers(states + 1), indices: rows.integers(TILE * n) };
    this.places = new Int32Array(TILE * n);
    this.whole = rows.integers(2);
    this.whole[1] = n;
    this.none = rows.integers(1).fill(-1);
  }

  /** Lists the images' states and entries, and computes the states. */
  read(batch: PackedImages, images: Uint32Array): void {
    const { layer, pixels, counts, starts, sums } = this;
    const { n, stride } = layer;
    starts.fill(0);
    counts.fill(0);
    images.forEach((image, j) => {
      counts[j] = listOn(batch, image, pixels[j]);
      for (let i = pixels[j][0] + 1; i < n; i++) starts[i + 1]++;
      sums.values.set(layer.sums.values, j * stride);
    });
    for (let i = 0; i < n; i++) starts[i + 1] += starts[i];
    this.entries = starts[n];
    this.images = images.length;
    this.list(images.length);
    layer.rows.sigmoidSums(this.states, sums, layer.input, this.slots, this.pixelOf, this.rows, stride);
  }

  private list(images: number): void {
    const { layer, pixels, counts, starts, lists, runs, places } = this;
    const { n } = layer;
    const done = new Int32Array(images);
    const last = new Int32Array(images).fill(-1);
    let state = 0;
    let entry = 0;
    for (let block = 0; block < n; block += BLOCK) {
      for (let j = 0; j < images; j++) {
        for (; done[j] < counts[j] && pixels[j][done[j]] < block + BLOCK; done[j]++, state++) {
          const pixel = pixels[j][done[j]];
          const end = done[j] + 1 < counts[j] ? pixels[j][done[j] + 1] + 1 : n;
          this.pixelOf[state] = pixel;
          this.slots[state] = j;
          this.next[state] = -1;
          this.begins[state] = last[j] < 0 ? 0 : -1;
          if (last[j] >= 0) this.next[last[j]] = state;
          last[j] = state;
          runs.starts[state] = entry;
          for (let i = pixel + 1; i < end; i++, entry++) {
            // The images that are not blank at an output are the first ones of the tile.
            const place = starts[i] + j;
            lists.indices[place] = state;
            runs.indices[entry] = i;
            places[entry] = place;
          }
        }
      }
    }
    runs.starts[state] = entry;
    this.rows = state;
  }

  /** The logits of all entries, z of [entries]. */
  readLogits(z: Float32Array): void {
    const { rows, output, n, stride, bias } = this.layer;
    if (this.images > 1) {
      rows.listDots(z, output, this.states, this.lists, n, stride, bias);
      return;
    }
    // Lists of one entry would be slow. Of one image the entries of the states stand in the same order.
    rows.listDots(z, this.states, output, this.runs, this.rows, stride, null);
    for (let at = 0; at < this.entries; at++) z[at] += bias[this.runs.indices[at]];
  }
}
