import { type PackedImages, unpackImage } from '../../data/images.ts';
import type { CpuModel } from '../cpu-model.ts';
import type { Model } from '../model.ts';
import { CHANNELS, DOWN, FIRST, HIDDEN, layerSize, LIMIT, MIDDLE, UP } from './layout.ts';
import { Net } from './net.ts';
import { type Inputs, listPositive } from './sparse-products.ts';

const FIRST_TAPS = FIRST.taps.length;
const MIDDLE_TAPS = MIDDLE.taps.length;

/** Created at the first call. */
export function inputGradientOf(model: Model): NonNullable<CpuModel['inputGradient']> {
  let opened: InputGradient | null = null;
  return (images, pixel) => (opened ??= new InputGradient(model)).of(images, pixel);
}

/** Backpropagation from one logit to the pixels, as in gradient.ts but without the weights; made once for many calls. */
class InputGradient {
  private readonly net: Net;
  private readonly z: Float64Array;
  /** Derivatives by the residual stream, [n, 32], from the last block to the first, in place. */
  private readonly d: Float64Array;
  /** By the inputs of a block's middle layer, [n, 16]. */
  private readonly dDown: Float64Array;
  private readonly dMiddle = new Float64Array(HIDDEN);
  private readonly dLast = new Float64Array(CHANNELS);

  constructor(model: Model) {
    this.net = new Net(model, 'all');
    this.z = new Float64Array(this.net.n);
    this.d = new Float64Array(this.net.n * CHANNELS);
    this.dDown = new Float64Array(this.net.n * HIDDEN);
  }

  /**
   * How the logit of `pixel` of the first image changes with each pixel before, these taken as real numbers: [n], 0 where no
   * tap leads. A feature at the very kink of its relu counts as off.
   */
  of(images: PackedImages, pixel: number): Float64Array<ArrayBuffer> {
    const { net, d } = this;
    net.run(unpackImage(images, 0), 0, pixel + 1, this.z);
    d.fill(0);
    this.head(pixel);
    for (let b = net.blocks - 1; b >= 0; b--) this.block(b, pixel);
    const gradient = new Float64Array(net.n);
    const { first } = net.weights;
    for (let p = 0; p <= pixel; p++) {
      for (let t = 0; t < FIRST_TAPS; t++) {
        const q = net.firstTaps[p * FIRST_TAPS + t];
        if (q >= 0) gradient[q] += dot(first, t * CHANNELS, d, p * CHANNELS, CHANNELS);
      }
    }
    return gradient;
  }

  /** Back through the last two layers. */
  private head(pixel: number): void {
    const { net, d, dLast } = this;
    net.head(pixel);
    const { last, weights, list } = net;
    for (let c = 0; c < CHANNELS; c++) dLast[c] = last[c] > 0 ? weights.logit[c] : 0;
    const count = net.lastInputs(pixel);
    addBack(d, pixel * CHANNELS, CHANNELS, list, count, weights.last, 0, dLast, 0);
    this.hold(net.place(net.blocks).source, pixel);
  }

  /** From the last position to the first, see gradient.ts. Positions without a derivative are skipped. */
  private block(b: number, pixel: number): void {
    const { net, d, dDown, dMiddle } = this;
    const { middleInputs, upInputs, weights, list, middleTaps } = net;
    const { source, slot } = net.place(b);
    dDown.fill(0);
    for (let p = pixel; p >= 0; p--) {
      const at = p * CHANNELS;
      if (someOf(d, at, CHANNELS)) {
        const count = upInputs.counts[slot + p];
        for (let k = 0; k < count; k++) list.rows[k] = upInputs.rows[(slot + p) * HIDDEN + k];
        dMiddle.fill(0);
        addBack(dMiddle, 0, CHANNELS, list, count, weights.up, b * layerSize(UP), d, at);
        net.gather(slot, p);
        const middleAt = b * layerSize(MIDDLE);
        for (let t = 0, r = 0; t < MIDDLE_TAPS; t++) {
          const q = middleTaps[p * MIDDLE_TAPS + t];
          if (q < 0) continue;
          const base = q * HIDDEN - t * HIDDEN;
          for (const end = r + middleInputs.counts[slot + q]; r < end; r++) {
            const row = list.rows[r];
            dDown[base + row / HIDDEN] += dot(weights.middle, middleAt + row, dMiddle, 0, HIDDEN);
          }
        }
      }
      if (someOf(dDown, p * HIDDEN, HIDDEN)) {
        const count = listPositive(net.h, source + at, CHANNELS, HIDDEN, list, 0);
        addBack(d, at, HIDDEN, list, count, weights.down, b * layerSize(DOWN), dDown, p * HIDDEN);
      }
      this.hold(source, p);
    }
  }

  /** Features of the stream that are held at their bound have derivative 0. */
  private hold(source: number, p: number): void {
    const { d, net } = this;
    const at = p * CHANNELS;
    for (let c = 0; c < CHANNELS; c++) {
      if (Math.abs(net.h[source + at + c]) >= LIMIT) d[at + c] = 0;
    }
  }
}

/** sums[to + i] += sum over outputs c < `width` of w[base + i width + c] d[from + c], for the inputs i that are listed. */
function addBack(
  sums: Float64Array,
  to: number,
  width: number,
  { rows }: Inputs,
  count: number,
  weight: Float64Array,
  base: number,
  d: Float64Array,
  from: number,
): void {
  for (let r = 0; r < count; r++) sums[to + rows[r] / width] += dot(weight, base + rows[r], d, from, width);
}

function dot(weight: Float64Array, row: number, d: Float64Array, from: number, width: number): number {
  let sum = 0;
  for (let c = 0; c < width; c++) sum += weight[row + c] * d[from + c];
  return sum;
}

function someOf(d: Float64Array, from: number, width: number): boolean {
  for (let c = 0; c < width; c++) if (d[from + c] !== 0) return true;
  return false;
}
