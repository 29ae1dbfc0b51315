/**
 * The same as `gradient` of the definition, one image after the other, all sums f64. An input that its relu holds at 0
 * has no share in either derivative, so that backpropagation skips the same half as the forward pass.
 */
import type { PackedImages } from '../../data/images.ts';
import { unpackImage } from '../../data/images.ts';
import { expectedLogBernoulli, sigmoid } from '../shared/math.ts';
import { inkOf } from '../shared/soft-targets.ts';
import type { CpuGradient } from '../cpu-training.ts';
import type { Model, Tensors } from '../model.ts';
import type { Targets } from '../training.ts';
import { biasOffset, CHANNELS, DOWN, FIRST, HIDDEN, LAST, layerSize, LIMIT, LOGIT } from './layout.ts';
import { MIDDLE, UP } from './layout.ts';
import type { Weights } from './net.ts';
import { Net } from './net.ts';
import type { Inputs } from './sparse-products.ts';
import { listPositive, spreadRows } from './sparse-products.ts';

const MIDDLE_TAPS = MIDDLE.taps.length;

export function cpuGradient(model: Model): CpuGradient {
  return { gradient: (batch, gradients, targets) => gradientOf(model, batch, gradients, targets) };
}

function gradientOf(model: Model, batch: PackedImages, gradients: Tensors, targets?: Targets): number {
  const descent = new Descent(model);
  let loss = 0;
  for (let m = 0; m < batch.count; m++) {
    const x = unpackImage(batch, m);
    loss += descent.add(x, inkOf(targets, m, x));
  }
  for (const [name, gradient] of Object.entries(gradients)) {
    const sums = descent.sums[name as keyof Weights];
    for (let at = 0; at < sums.length; at++) gradient[at] = sums[at] / batch.count;
  }
  return loss;
}

class Descent {
  readonly sums: Weights;
  private readonly net: Net;
  private readonly z: Float64Array;
  /** Derivatives by the residual stream, [n, 32], from the last block to the first, in place. */
  private readonly d: Float64Array;
  /** By the inputs of a block's middle layer, [n, 16]. */
  private readonly dDown: Float64Array;
  private readonly dMiddle = new Float64Array(HIDDEN);
  private readonly dLast = new Float64Array(CHANNELS);
  private readonly back = new Float64Array(MIDDLE_TAPS * HIDDEN);

  constructor(model: Model) {
    this.net = new Net(model, 'all');
    const { n, weights } = this.net;
    const zeros = ({ length }: Float64Array) => new Float64Array(length);
    this.sums = {
      first: zeros(weights.first),
      down: zeros(weights.down),
      middle: zeros(weights.middle),
      up: zeros(weights.up),
      last: zeros(weights.last),
      logit: zeros(weights.logit),
    };
    this.z = new Float64Array(n);
    this.d = new Float64Array(n * CHANNELS);
    this.dDown = new Float64Array(n * HIDDEN);
  }

  /** Adds the gradient of the loss of image x under targets t, and returns the loss. */
  add(x: Uint8Array, t: ArrayLike<number>): number {
    const { net, z } = this;
    net.run(x, 0, net.n, z);
    let loss = 0;
    for (let p = 0; p < net.n; p++) {
      loss -= expectedLogBernoulli(t[p], z[p]);
      this.head(p, sigmoid(z[p]) - t[p]);
    }
    for (let b = net.blocks - 1; b >= 0; b--) this.block(b);
    this.first(x);
    return loss;
  }

  /** dz at p, back through the last two layers. */
  private head(p: number, dz: number): void {
    const { net, sums, d, dLast, back } = this;
    net.head(p);
    const { last, weights } = net;
    for (let c = 0; c < CHANNELS; c++) {
      const on = last[c] > 0;
      if (on) sums.logit[c] += dz * last[c];
      dLast[c] = on ? dz * weights.logit[c] : 0;
    }
    sums.logit[biasOffset(LOGIT)] += dz;
    addTo(sums.last, biasOffset(LAST), dLast, 0, CHANNELS);
    const at = p * CHANNELS;
    for (let c = 0; c < CHANNELS; c++) d[at + c] = 0;
    const count = net.lastInputs(p);
    clear(back, count);
    spreadRows(net.list, count, weights.last, sums.last, 0, dLast, 0, CHANNELS, back);
    for (let r = 0; r < count; r++) d[at + net.list.rows[r] / CHANNELS] = back[r];
    this.hold(net.place(net.blocks).source, p);
  }

  /**
   * From the last position to the first: the output of a position's down layer is used by the position itself and by later ones,
   * which have all been processed before it.
   */
  private block(b: number): void {
    const { net, sums, d, dDown, dMiddle, back } = this;
    const { middleInputs, upInputs, weights, list, middleTaps } = net;
    const { source, slot } = net.place(b);
    const downAt = b * layerSize(DOWN);
    const middleAt = b * layerSize(MIDDLE);
    const upAt = b * layerSize(UP);
    dDown.fill(0);
    for (let p = net.n - 1; p >= 0; p--) {
      const at = p * CHANNELS;
      const own = slot + p;
      addTo(sums.up, upAt + biasOffset(UP), d, at, CHANNELS);
      let count = upInputs.counts[own];
      copyInputs(upInputs, own * HIDDEN, list, count);
      clear(back, count);
      spreadRows(list, count, weights.up, sums.up, upAt, d, at, CHANNELS, back);
      dMiddle.fill(0);
      for (let r = 0; r < count; r++) dMiddle[list.rows[r] / CHANNELS] = back[r];

      addTo(sums.middle, middleAt + biasOffset(MIDDLE), dMiddle, 0, HIDDEN);
      count = net.gather(slot, p);
      clear(back, count);
      spreadRows(list, count, weights.middle, sums.middle, middleAt, dMiddle, 0, HIDDEN, back);
      for (let t = 0, r = 0; t < MIDDLE_TAPS; t++) {
        const q = middleTaps[p * MIDDLE_TAPS + t];
        if (q < 0) continue;
        const base = q * HIDDEN - t * HIDDEN;
        for (const end = r + middleInputs.counts[slot + q]; r < end; r++)
          dDown[base + list.rows[r] / HIDDEN] += back[r];
      }

      addTo(sums.down, downAt + biasOffset(DOWN), dDown, p * HIDDEN, HIDDEN);
      count = listPositive(net.h, source + at, CHANNELS, HIDDEN, list, 0);
      clear(back, count);
      spreadRows(list, count, weights.down, sums.down, downAt, dDown, p * HIDDEN, HIDDEN, back);
      for (let r = 0; r < count; r++) d[at + list.rows[r] / HIDDEN] += back[r];
      this.hold(source, p);
    }
  }

  private first(x: Uint8Array): void {
    const { net, sums, d } = this;
    for (let p = 0; p < net.n; p++) {
      const at = p * CHANNELS;
      addTo(sums.first, biasOffset(FIRST), d, at, CHANNELS);
      const count = net.seen(x, p);
      for (let r = 0; r < count; r++) addTo(sums.first, net.list.rows[r], d, at, CHANNELS);
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

function addTo(sums: Float64Array, to: number, d: Float64Array, from: number, width: number): void {
  for (let c = 0; c < width; c++) sums[to + c] += d[from + c];
}

function clear(values: Float64Array, count: number): void {
  for (let r = 0; r < count; r++) values[r] = 0;
}

function copyInputs(from: Inputs, at: number, to: Inputs, count: number): void {
  for (let k = 0; k < count; k++) {
    to.values[k] = from.values[at + k];
    to.rows[k] = from.rows[at + k];
  }
}
