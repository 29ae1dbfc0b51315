/**
 * The net on one image, position by position: block after block over a range of positions, each from the stored
 * features of earlier positions. A whole image is one range; a sampler calls it for a position at a time, so that drawing an
 * image costs as much as scoring one. All sums are f64.
 */
import { pixelCount } from '../../data/images.ts';
import type { Model } from '../model.ts';
import { biasOffset, CHANNELS, DOWN, FIRST, HIDDEN, LAST, layerSize, LIMIT, LOGIT } from './layout.ts';
import { MIDDLE, neighbours, UP } from './layout.ts';
import type { Inputs } from './sparse-products.ts';
import { listPositive, sumRows } from './sparse-products.ts';

const FIRST_TAPS = FIRST.taps.length;
const MIDDLE_TAPS = MIDDLE.taps.length;

/** Features behind a relu: of every slot, those that are on, [slots, 16], and how many. */
export interface Activations extends Inputs {
  readonly counts: Uint8Array;
}

function activations(slots: number): Activations {
  return {
    values: new Float64Array(slots * HIDDEN),
    rows: new Int32Array(slots * HIDDEN),
    counts: new Uint8Array(slots),
  };
}

/** A list with one spare place: `listPositive` writes each value before it is tested. */
export function inputs(maxCount: number): Inputs {
  return { values: new Float64Array(maxCount + 1), rows: new Int32Array(maxCount + 1) };
}

export type Weights = Readonly<Record<'first' | 'down' | 'middle' | 'up' | 'last' | 'logit', Float64Array>>;

/** Offsets of one block. */
interface Place {
  /** Feature of position 0, channel 0 before and behind the block. */
  readonly source: number;
  readonly target: number;
  /** Slot of position 0 in the activations. */
  readonly slot: number;
}

export class Net {
  readonly n: number;
  readonly blocks: number;
  readonly weights: Weights;
  /** Features of the residual stream: [blocks + 1, n, 32] where they are kept for backpropagation, else [n, 32]. */
  readonly h: Float64Array;
  /** Inputs of every block's middle and up layers, [blocks, n] slots; [n] where neither is kept. Rows of a layer begin at 0. */
  readonly middleInputs: Activations;
  readonly upInputs: Activations;
  /** [n, taps], see `neighbours`. */
  readonly firstTaps: Int32Array;
  readonly middleTaps: Int32Array;
  /** A buffer for the inputs of one position. */
  readonly list = inputs(MIDDLE_TAPS * HIDDEN);
  /** The last layer of the current position, before its relu. */
  readonly last = new Float64Array(CHANNELS);
  private readonly sums = new Float64Array(CHANNELS);

  /**
   * `keep`: nothing for scoring, where a block's activations may overwrite those of the block before; the activations
   * for sampling; the features as well for the gradient.
   */
  constructor(
    model: Model,
    private readonly keep: 'nothing' | 'activations' | 'all',
  ) {
    this.n = pixelCount(model.grid);
    this.blocks = model.hyper.blocks;
    const { first, down, middle, up, last, logit } = model.tensors;
    const wide = (tensor: Float32Array) => Float64Array.from(tensor);
    this.weights = {
      first: wide(first),
      down: wide(down),
      middle: wide(middle),
      up: wide(up),
      last: wide(last),
      logit: wide(logit),
    };
    const slots = keep === 'nothing' ? this.n : this.n * this.blocks;
    this.middleInputs = activations(slots + 1);
    this.upInputs = activations(slots + 1);
    this.h = new Float64Array(this.n * CHANNELS * (keep === 'all' ? this.blocks + 1 : 1));
    this.firstTaps = neighbours(model.grid, FIRST.taps);
    this.middleTaps = neighbours(model.grid, MIDDLE.taps);
  }

  place(block: number): Place {
    const stream = this.keep === 'all' ? this.n * CHANNELS : 0;
    return {
      source: block * stream,
      target: (block + 1) * stream,
      slot: this.keep === 'nothing' ? 0 : block * this.n,
    };
  }

  /** Logits of positions `from` to `to - 1` into z, given the pixels x before them, [n] of 0 and 1. */
  run(x: Uint8Array, from: number, to: number, z: Float64Array | Float32Array): void {
    this.first(x, from, to);
    for (let b = 0; b < this.blocks; b++) this.block(b, from, to);
    for (let p = from; p < to; p++) z[p] = this.head(p);
  }

  /** Lists the on-pixels that the first layer sees from p: returns how many. */
  seen(x: Uint8Array, p: number): number {
    const { values, rows } = this.list;
    let count = 0;
    for (let t = 0; t < FIRST_TAPS; t++) {
      const q = this.firstTaps[p * FIRST_TAPS + t];
      if (q < 0 || x[q] === 0) continue;
      values[count] = 1;
      rows[count++] = t * CHANNELS;
    }
    return count;
  }

  /** Lists the inputs of the middle layer at p: returns how many. */
  gather(slot: number, p: number): number {
    const { values, rows, counts } = this.middleInputs;
    const list = this.list;
    let count = 0;
    for (let t = 0; t < MIDDLE_TAPS; t++) {
      const q = this.middleTaps[p * MIDDLE_TAPS + t];
      if (q < 0) continue;
      const begin = (slot + q) * HIDDEN;
      const end = begin + counts[slot + q];
      const base = t * HIDDEN * HIDDEN;
      for (let k = begin; k < end; k++) {
        list.values[count] = values[k];
        list.rows[count++] = base + rows[k];
      }
    }
    return count;
  }

  private first(x: Uint8Array, from: number, to: number): void {
    const { h, sums, weights } = this;
    const bias = biasOffset(FIRST);
    for (let p = from; p < to; p++) {
      sumRows(this.list, this.seen(x, p), weights.first, 0, bias, CHANNELS, sums);
      const at = p * CHANNELS;
      for (let c = 0; c < CHANNELS; c++) h[at + c] = Math.min(LIMIT, Math.max(-LIMIT, sums[c]));
    }
  }

  private block(b: number, from: number, to: number): void {
    const { h, sums, list, middleInputs, upInputs } = this;
    const { down, middle, up } = this.weights;
    const { source, target, slot } = this.place(b);
    const downAt = b * layerSize(DOWN);
    const middleAt = b * layerSize(MIDDLE);
    const upAt = b * layerSize(UP);
    for (let p = from; p < to; p++) {
      const at = source + p * CHANNELS;
      const own = slot + p;
      let count = listPositive(h, at, CHANNELS, HIDDEN, list, 0);
      sumRows(list, count, down, downAt, biasOffset(DOWN), HIDDEN, sums);
      middleInputs.counts[own] = listPositive(sums, 0, HIDDEN, HIDDEN, middleInputs, own * HIDDEN);
      count = this.gather(slot, p);
      sumRows(list, count, middle, middleAt, biasOffset(MIDDLE), HIDDEN, sums);
      count = listPositive(sums, 0, HIDDEN, CHANNELS, list, 0);
      if (this.keep === 'all') {
        upInputs.counts[own] = count;
        for (let k = 0; k < count; k++) {
          upInputs.values[own * HIDDEN + k] = list.values[k];
          upInputs.rows[own * HIDDEN + k] = list.rows[k];
        }
      }
      sumRows(list, count, up, upAt, biasOffset(UP), CHANNELS, sums);
      const to = target + p * CHANNELS;
      for (let c = 0; c < CHANNELS; c++) h[to + c] = Math.min(LIMIT, Math.max(-LIMIT, h[at + c] + sums[c]));
    }
  }

  /** Lists the inputs of the last layer at p: returns how many. */
  lastInputs(p: number): number {
    const at = this.place(this.blocks).source + p * CHANNELS;
    return listPositive(this.h, at, CHANNELS, CHANNELS, this.list, 0);
  }

  /** The logit of p out of its features. */
  head(p: number): number {
    const { last } = this;
    const { last: weight, logit } = this.weights;
    sumRows(this.list, this.lastInputs(p), weight, 0, biasOffset(LAST), CHANNELS, last);
    let z = logit[biasOffset(LOGIT)];
    for (let c = 0; c < CHANNELS; c++) z += logit[c] * Math.max(0, last[c]);
    return z;
  }
}
