/** The same as `gradient` of the definition, by the products of row-net.ts: f32 over one image, f64 over the images of a batch. */
import type { PackedImages } from '../../data/images.ts';
import { pixelCount, unpackImage } from '../../data/images.ts';
import type { Matrix, RowOperations } from '../../simd/rows.ts';
import { bytesFor, matrix } from '../../simd/rows.ts';
import type { Simd } from '../../simd/simd.ts';
import type { CpuGradient } from '../cpu-training.ts';
import type { Model, Tensors } from '../model.ts';
import type { Targets } from '../training.ts';
import type { Layer } from './layout.ts';
import { CHANNELS, DOWN, FIRST, HIDDEN, LAST, LIMIT, LOGIT, MIDDLE, UP } from './layout.ts';
import type { LayerRows, Weights } from './row-layers.ts';
import { layerOf, PADDED, SEEN, zeroWeights } from './row-layers.ts';
import { RowNet } from './row-net.ts';

/** The gradient in SIMD; null where no memory can be had. */
export function rowGradient(model: Model, simd: Simd): CpuGradient | null {
  const n = pixelCount(model.grid);
  const net = RowNet.open(model, simd, true, bytesFor(...lengths(n, model.tensors)));
  if (!net) return null;
  const descent = new Descent(model, net);
  return {
    gradient(batch, gradients, targets) {
      net.layers.readWeights();
      return gradientOf(descent, batch, gradients, targets?.soft);
    },
  };
}

function gradientOf(
  descent: Descent,
  batch: PackedImages,
  gradients: Tensors,
  soft: Targets['soft'],
): number {
  const totals = Object.entries(gradients).map(
    ([name, gradient]) =>
      [descent.sums[name as keyof Weights], new Float64Array(gradient.length), gradient] as const,
  );
  const { n } = descent;
  let loss = 0;
  for (let m = 0; m < batch.count; m++) {
    const x = unpackImage(batch, m);
    loss += descent.run(x, soft ? soft.subarray(m * n, (m + 1) * n) : x);
    for (const [sums, total] of totals) for (let at = 0; at < total.length; at++) total[at] += sums[at];
  }
  for (const [, total, gradient] of totals)
    for (let at = 0; at < total.length; at++) gradient[at] = total[at] / batch.count;
  return loss;
}

/** Lengths of the arrays of a `Descent`. */
function lengths(n: number, tensors: Tensors): number[] {
  const own = [n, n, n * CHANNELS, n * CHANNELS, n * PADDED, n * SEEN, n * HIDDEN];
  return [...Object.values(tensors).map(({ length }) => length), ...own];
}

class Descent {
  readonly n: number;
  /** Of the last image. */
  readonly sums: Weights;
  private readonly rows: RowOperations;
  private readonly targets: Float32Array;
  /** Derivatives by the logits, [n]. */
  private readonly dz: Float32Array;
  /** By the residual stream, [n, 32], from the last block to the first, in place. */
  private readonly d: Float32Array;
  /** By a layer of 32 channels. */
  private readonly dWide: Float32Array;
  /** By the middle layer, [n, PADDED], by what it sees, [n, 80], and by the down layer, [n, 16]. */
  private readonly dMiddle: Float32Array;
  private readonly dSeen: Float32Array;
  private readonly dDown: Float32Array;

  constructor(
    model: Model,
    private readonly net: RowNet,
  ) {
    const { rows, n } = net;
    this.n = n;
    this.rows = rows;
    this.sums = zeroWeights(rows, model.tensors);
    this.targets = rows.floats(n);
    this.dz = rows.floats(n);
    this.d = rows.floats(n * CHANNELS);
    this.dWide = rows.floats(n * CHANNELS);
    this.dMiddle = rows.floats(n * PADDED);
    this.dSeen = rows.floats(n * SEEN);
    this.dDown = rows.floats(n * HIDDEN);
  }

  /** Leaves the gradient of the loss of image x under targets t in `sums`, and returns the loss. */
  run(x: Uint8Array, t: ArrayLike<number>): number {
    const { net, rows, n, targets, dz, sums } = this;
    for (const each of Object.values(sums)) each.fill(0);
    net.run(x);
    targets.set(t);
    const loss = rows.logisticLoss(dz, net.logits, targets, n);
    this.head();
    for (let b = net.blocks - 1; b >= 0; b--) this.block(b);
    rows.boundBack(this.d, net.h[0], n * CHANNELS, LIMIT);
    const first = layerOf(FIRST, sums.first);
    const d = matrix(this.d, CHANNELS);
    rows.scatterSums(first.weight, d, net.on, n, CHANNELS);
    this.addBias(first, FIRST, d);
    return loss;
  }

  /** The derivatives of a layer's biases. */
  private addBias({ bias }: LayerRows, { outputs }: Layer, d: Matrix): void {
    this.rows.addColumnSums(bias.values.subarray(bias.first, bias.first + outputs), d, this.n, outputs);
  }

  /** Back through the last two layers. */
  private head(): void {
    const { net, rows, n, sums } = this;
    const dz = matrix(this.dz, 1);
    const dLast = matrix(this.dWide, CHANNELS);
    const last = matrix(net.last, CHANNELS);
    const logit = layerOf(LOGIT, sums.logit);
    rows.addTransposedProduct(logit.weight, last, dz, n, CHANNELS, 1);
    this.addBias(logit, LOGIT, dz);
    rows.multiply(dLast, dz, matrix(net.layers.weights.logit, CHANNELS), n, 1, CHANNELS, null);
    rows.reluBack(this.dWide, net.last, n * CHANNELS);
    const end = layerOf(LAST, sums.last);
    const d = matrix(this.d, CHANNELS);
    // What the forward pass read last.
    rows.addTransposedProduct(
      end.weight,
      matrix(net.layers.positive, CHANNELS),
      dLast,
      n,
      CHANNELS,
      CHANNELS,
    );
    this.addBias(end, LAST, dLast);
    rows.multiplyTransposed(d, dLast, matrix(net.layers.weights.last, CHANNELS), n, CHANNELS, CHANNELS, null);
    rows.reluBack(this.d, net.layers.positive, n * CHANNELS);
  }

  private block(b: number): void {
    const { net, rows, n, sums } = this;
    const { weights, positive } = net.layers;
    rows.boundBack(this.d, net.h[b + 1], n * CHANNELS, LIMIT);
    const d = matrix(this.d, CHANNELS);
    const dMiddle = matrix(this.dMiddle, PADDED);
    const up = layerOf(UP, sums.up, b);
    // With the 1 behind the inputs, the biases are one more row.
    rows.addTransposedProduct(up.weight, matrix(net.middle[b], PADDED), d, n, HIDDEN + 1, CHANNELS);
    rows.multiplyTransposed(dMiddle, d, layerOf(UP, weights.up, b).weight, n, CHANNELS, HIDDEN, null);
    rows.reluBack(this.dMiddle, net.middle[b], n * PADDED);

    net.gather(b);
    const middle = layerOf(MIDDLE, sums.middle, b);
    const dSeen = matrix(this.dSeen, SEEN);
    rows.addTransposedProduct(middle.weight, matrix(net.seen, SEEN), dMiddle, n, SEEN, HIDDEN);
    this.addBias(middle, MIDDLE, dMiddle);
    rows.multiplyTransposed(dSeen, dMiddle, layerOf(MIDDLE, weights.middle, b).weight, n, HIDDEN, SEEN, null);
    this.dDown.fill(0);
    const dDown = matrix(this.dDown, HIDDEN);
    rows.scatterAdd(dDown, matrix(this.dSeen, HIDDEN), net.middleTaps, net.middleTaps.length, HIDDEN);
    rows.reluBack(this.dDown, net.down[b], n * HIDDEN);

    rows.relu(positive, net.h[b], n * CHANNELS);
    const down = layerOf(DOWN, sums.down, b);
    const dWide = matrix(this.dWide, CHANNELS);
    rows.addTransposedProduct(down.weight, matrix(net.layers.positive, CHANNELS), dDown, n, CHANNELS, HIDDEN);
    this.addBias(down, DOWN, dDown);
    rows.multiplyTransposed(dWide, dDown, layerOf(DOWN, weights.down, b).weight, n, HIDDEN, CHANNELS, null);
    rows.reluBack(this.dWide, net.layers.positive, n * CHANNELS);
    rows.addScaled(this.d, this.dWide, n * CHANNELS, 1);
  }
}
