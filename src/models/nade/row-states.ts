import type { PackedImages } from '../../data/images.ts';
import { bytesFor, type Matrix, type RowLists } from '../../simd/rows.ts';
import { listOn } from './layer.ts';
import { rowAt, type RowLayer } from './row-layer.ts';

/** Images that are drawn side by side. */
export const GROUP = 16;
/** Sums kept between two calls, in numbers (16 MiB); images beyond it build theirs anew from the pixels so far. */
const MAX_KEPT = 2 ** 22;

/** Hidden states of up to GROUP images, which draw pixels. */
export class RowStates {
  /** Of every place, one row each. */
  readonly sums: readonly Matrix[];
  readonly states: readonly Matrix[];
  /** Whether the image of a place is blank so far. */
  readonly blank = new Array<boolean>(GROUP).fill(true);
  private readonly whole: Matrix;
  private readonly logits: Float32Array;
  private readonly found: Float32Array;
  private readonly slot: Int32Array;
  private readonly pixel: Int32Array;
  private readonly some: RowLists;
  private readonly on: RowLists;

  static bytes(n: number, stride: number): number {
    return bytesFor(GROUP * stride, GROUP * stride, n, GROUP, GROUP, 1, 1, 2, 2, n);
  }

  constructor(readonly layer: RowLayer) {
    const { rows, n } = layer;
    const sums = layer.matrix(GROUP);
    this.whole = layer.matrix(GROUP);
    this.sums = Array.from({ length: GROUP }, (_, place) => rowAt(sums, place));
    this.states = Array.from({ length: GROUP }, (_, place) => rowAt(this.whole, place));
    this.logits = rows.floats(n);
    this.found = rows.floats(GROUP);
    this.slot = rows.integers(1);
    this.pixel = rows.integers(1);
    this.some = { starts: rows.integers(2), indices: rows.integers(GROUP) };
    this.on = { starts: rows.integers(2), indices: rows.integers(n) };
  }

  /** A place takes up a blank image. */
  begin(place: number): void {
    this.sums[place].values.set(this.layer.sums.values, this.sums[place].first);
    this.states[place].values.set(this.layer.states.values, this.states[place].first);
    this.blank[place] = true;
  }

  /** Or one that was begun before, with its sums, [stride], where they were kept. */
  resume(place: number, images: PackedImages, image: number, kept: Float32Array | null): void {
    const { layer, on } = this;
    const { rows, stride } = layer;
    this.begin(place);
    const count = listOn(images, image, on.indices);
    if (count === 0) return;
    const { values, first } = this.sums[place];
    on.starts[1] = count;
    if (kept) values.set(kept, first);
    else rows.addSums(this.sums[place], layer.input, on, 1, stride);
    const from = values.subarray(first, first + stride);
    const state = this.states[place];
    rows.sigmoid(state.values.subarray(state.first, state.first + stride), from, stride);
    this.blank[place] = false;
  }

  /** Pixel i of the place's image turns on. */
  turnOn(place: number, i: number): void {
    this.slot[0] = 0;
    this.pixel[0] = i;
    const { rows, input, stride } = this.layer;
    rows.sigmoidSums(this.states[place], this.sums[place], input, this.slot, this.pixel, 1, stride);
    this.blank[place] = false;
  }

  /** Logits of which numbers `from` to `end - 1` are those of the outputs of the place's image, as its pixels are now. */
  run(place: number, from: number, end: number): Float32Array {
    if (this.blank[place]) return this.layer.logits;
    this.layer.run(this.logits, this.states[place], from, end);
    return this.logits;
  }

  /** The logit of output i of the images of places 0 to `count - 1`, [count]. */
  output(i: number, count: number, z: Float64Array): void {
    const { layer, blank, some, found } = this;
    const { rows, output, bias, logits, stride } = layer;
    let seeing = 0;
    for (let place = 0; place < count; place++) if (!blank[place]) some.indices[seeing++] = place;
    some.starts[1] = seeing;
    if (seeing > 0) rows.listDots(found, rowAt(output, i), this.whole, some, 1, stride, null);
    for (let place = 0, at = 0; place < count; place++)
      z[place] = blank[place] ? logits[i] : Math.fround(found[at++] + bias[i]);
  }
}

/** Sums of images between two calls: of the first ones, as many as fit. */
export class KeptSums {
  private kept: Float32Array | null = null;
  private readonly most: number;

  constructor(
    private readonly states: RowStates,
    count: number,
  ) {
    this.most = Math.min(count, Math.floor(MAX_KEPT / states.layer.stride));
  }

  /** The place takes up an image whose first `position` pixels are decided. */
  load(place: number, images: PackedImages, image: number, position: number): void {
    const { stride } = this.states.layer;
    if (position === 0) this.states.begin(place);
    else {
      const own = image < this.most ? this.kept?.subarray(image * stride, (image + 1) * stride) : null;
      this.states.resume(place, images, image, own ?? null);
    }
  }

  /** The place leaves the image. */
  save(place: number, image: number): void {
    if (image >= this.most) return;
    const { stride } = this.states.layer;
    this.kept ??= new Float32Array(this.most * stride);
    const { values, first } = this.states.sums[place];
    this.kept.set(values.subarray(first, first + stride), image * stride);
  }
}
