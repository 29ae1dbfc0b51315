import { pixelCount, type PackedImages } from '../../data/images.ts';
import { bytesFor, type Matrix, type RowOperations } from '../../simd/rows.ts';
import type { Simd } from '../../simd/simd.ts';
import { sigmoid, softplus } from '../shared/math.ts';
import type { CpuGradient } from '../cpu-training.ts';
import type { Model, Tensors } from '../model.ts';
import type { Targets } from '../training.ts';
import { listOn } from './layer.ts';
import { RowLayer, strideOf } from './row-layer.ts';
import { stateRows, TILE, Tile, tilesOf } from './row-tile.ts';

/** The same as gradient.ts by row operations; null where there is no memory for them. */
export function rowGradient(model: Model, simd: Simd): CpuGradient | null {
  const rows = simd.open(bytesOf(model));
  return rows && new RowGradient(model, rows);
}

function bytesOf({ grid, tensors }: Model): number {
  const n = pixelCount(grid);
  const size = tensors.hidden_bias.length;
  const stride = strideOf(size);
  const entries = TILE * n;
  const own = bytesFor(n * stride, n * stride, stride, stride, entries, entries, entries, n, n);
  return RowLayer.bytes(grid, size) + Tile.bytes(grid, size) + own;
}

/**
 * Up to eight images side by side: their states, the logits under them, d = sigmoid(z) - t and the gradient of the output weights, every
 * row of weights being read once for all; then back from state to state. What images do before their first pixel is on is summed over
 * all of them and done once.
 */
class RowGradient implements CpuGradient {
  private readonly layer: RowLayer;
  private readonly tile: Tile;
  /** The gradients of input and output weights, [n, stride], and of the hidden biases, one row. */
  private readonly input: Matrix;
  private readonly output: Matrix;
  private readonly hiddenBias: Matrix;
  /** A copy of the blank state, overwritten by its derivatives. */
  private readonly blank: Matrix;
  /** By entry of the tile: logits, then d; targets. And d by state. */
  private readonly d: Float32Array;
  private readonly targets: Float32Array;
  private readonly factors: Float32Array;
  /** Of the outputs of blank images, summed over the images, [n]. */
  private readonly blankErrors: Float32Array;
  private readonly zeros: Int32Array;

  constructor(
    model: Model,
    private readonly rows: RowOperations,
  ) {
    const layer = new RowLayer(rows, model);
    this.layer = layer;
    this.tile = new Tile(layer);
    this.input = layer.matrix(layer.n);
    this.output = layer.matrix(layer.n);
    this.hiddenBias = layer.matrix(1);
    this.blank = layer.matrix(1);
    this.d = rows.floats(TILE * layer.n);
    this.targets = rows.floats(TILE * layer.n);
    this.factors = rows.floats(TILE * layer.n);
    this.blankErrors = rows.floats(layer.n);
    this.zeros = rows.integers(layer.n);
  }

  gradient(batch: PackedImages, gradients: Tensors, targets?: Targets): number {
    const { layer, input, output, hiddenBias } = this;
    const soft = targets?.soft ?? null;
    layer.read();
    for (const { values } of [input, output, hiddenBias]) values.fill(0);
    const bias = new Float64Array(layer.n);
    let loss = 0;
    for (const images of tilesOf(layer, batch, stateRows(batch.grid, layer.size))) {
      this.tile.read(batch, images);
      loss += this.addTile(batch, images, soft, bias);
    }
    loss += this.addBlank(batch, soft, bias);
    gradients.bias.set(bias);
    gradients.hidden_bias.set(hiddenBias.values.subarray(0, layer.size));
    copyRows(gradients.input, input, layer.size);
    copyRows(gradients.output, output, layer.size);
    return loss;
  }

  /** Adds what the outputs of the tile's images do after their first pixel; returns its loss. */
  private addTile(
    batch: PackedImages,
    images: Uint32Array,
    soft: Float32Array | null,
    bias: Float64Array,
  ): number {
    const { rows, layer, tile, d, targets, factors } = this;
    const { n, stride } = layer;
    const count = tile.entries;
    tile.readLogits(d);
    if (soft) {
      for (let i = 0, at = 0; i < n; i++)
        for (let j = 0; at < tile.starts[i + 1]; j++, at++) targets[at] = soft[images[j] * n + i];
    } else {
      targets.fill(0, 0, count);
      for (let j = 0; j < images.length; j++)
        for (let r = 1; r < tile.counts[j]; r++) targets[tile.starts[tile.pixels[j][r]] + j] = 1;
    }
    const loss = rows.logisticLoss(d, d, targets, count);
    rows.scale(d, count, 1 / batch.count);
    for (let i = 0, at = 0; i < n; i++) for (; at < tile.starts[i + 1]; at++) bias[i] += d[at];
    for (let at = 0; at < count; at++) factors[at] = d[tile.places[at]];
    rows.addWeightedSums(this.output, d, tile.states, tile.lists, n, stride);
    rows.sigmoidSumsBack(tile.states, tile.next, factors, layer.output, tile.runs, tile.rows, stride);
    rows.scatterAdd(this.input, tile.states, tile.pixelOf, tile.rows, stride);
    rows.scatterAdd(this.hiddenBias, tile.states, tile.begins, tile.rows, stride);
    return loss;
  }

  /** Adds what all images do up to and with their first pixel; returns its loss. */
  private addBlank(batch: PackedImages, soft: Float32Array | null, bias: Float64Array): number {
    const { rows, layer, blank, blankErrors } = this;
    const { n, stride, logits, outputs } = layer;
    const counts = new Float64Array(n + 1);
    const ink = new Float64Array(n);
    const pixels = new Int32Array(n);
    for (let m = 0; m < batch.count; m++) {
      const on = listOn(batch, m, pixels);
      const end = on > 0 ? pixels[0] + 1 : n;
      counts[0]++;
      counts[end]--;
      if (soft) for (let i = 0; i < end; i++) ink[i] += soft[m * n + i];
      else if (on > 0) ink[pixels[0]]++;
    }
    let loss = 0;
    for (let i = 0, images = 0; i < n; i++) {
      images += counts[i];
      loss += images * softplus(logits[i]) - ink[i] * logits[i];
      blankErrors[i] = (images * sigmoid(logits[i]) - ink[i]) / batch.count;
      bias[i] += blankErrors[i];
    }
    rows.addWeightedSums(
      this.output,
      blankErrors,
      layer.states,
      { starts: outputs, indices: this.zeros },
      n,
      stride,
    );
    blank.values.set(layer.states.values);
    const { none, whole } = this.tile;
    rows.sigmoidSumsBack(
      blank,
      none,
      blankErrors,
      layer.output,
      { starts: whole, indices: outputs },
      1,
      stride,
    );
    rows.addScaled(this.hiddenBias.values, blank.values, stride, 1);
    return loss;
  }
}

function copyRows(to: Float32Array, { values, stride }: Matrix, size: number): void {
  if (stride === size) to.set(values);
  else
    for (let at = 0, from = 0; at < to.length; at += size, from += stride)
      to.set(values.subarray(from, from + size), at);
}
