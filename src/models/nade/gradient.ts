import type { PackedImages } from '../../data/images.ts';
import { expMinus, softplusSum } from '../shared/exp-tables.ts';
import type { Simd } from '../../simd/simd.ts';
import type { CpuGradient } from '../cpu-training.ts';
import type { Model, Tensors } from '../model.ts';
import type { Targets } from '../training.ts';
import { addPixel } from './hidden.ts';
import { blankOutputs, byBlankOutputs, Layer, listOn } from './layer.ts';
import { addStates, dot8, sumRows } from './products.ts';
import { rowGradient } from './row-gradient.ts';

/** Images computed side by side. */
const TILE = 8;
/** Outputs that all images of a tile go back through before the next: their rows stay in the cache. */
const BLOCK = 64;
/** Numbers that the states of a tile may take (64 MiB): beyond it tiles are of fewer images. */
const MAX_STATES = 2 ** 23;

/**
 * The same as `gradient` of reference.ts. Eight images go forward side by side: their logits, d = sigmoid(z) - t, and
 * the gradient of the output weights, every row of weights being read once for all. Their states are kept, one
 * for each pixel that is on; then the images go back, from run to run of outputs under one state. What an
 * image's outputs do before its first pixel is on is summed over all images and done once.
 */
export function cpuGradient(model: Model, simd?: Simd | null): CpuGradient {
  return (
    (simd && rowGradient(model, simd)) ?? {
      gradient: (batch, gradients, targets) => gradientOf(model, batch, gradients, targets?.soft ?? null),
    }
  );
}

function gradientOf(model: Model, batch: PackedImages, gradients: Tensors, soft: Targets['soft']): number {
  const layer = new Layer(model);
  const { tiles, rows } = tilesOf(layer, batch);
  const pass = new Pass(layer, batch, gradients, soft ?? null, rows);
  let loss = 0;
  for (const tile of tiles) loss += pass.tile(tile);
  pass.finish();
  return loss;
}

/** The images in tiles whose states stay within the bound, and the largest number of rows of states in one tile. */
function tilesOf(layer: Layer, batch: PackedImages): { tiles: readonly Uint32Array[]; rows: number } {
  const order = byBlankOutputs(batch);
  const pixels = new Int32Array(layer.n);
  const tiles: Uint32Array[] = [];
  let rows = 0;
  for (let first = 0; first < order.length;) {
    // Row 0 is that of blank images.
    let own = 1;
    let count = 0;
    while (count < TILE && first + count < order.length) {
      const on = listOn(batch, order[first + count], pixels);
      if (count > 0 && (own + on) * layer.size > MAX_STATES) break;
      own += on;
      count++;
    }
    tiles.push(order.subarray(first, first + count));
    rows = Math.max(rows, own);
    first += count;
  }
  return { tiles, rows };
}

class Pass {
  readonly layer: Layer;
  private readonly batch: PackedImages;
  private readonly gradients: Tensors;
  /** Of one image each, [TILE][n]. */
  private readonly z: Float64Array;
  private readonly d: Float64Array;
  private readonly pixels: Int32Array[];
  /** [TILE][size] */
  private readonly a: Float64Array;
  /** Sums over all images, [n]: of d, of the d that tiles leave to `finish`, of the d under the first state. */
  private readonly sum: Float64Array;
  private readonly left: Float64Array;
  private readonly blank: Float64Array;
  /** Gradient for a going back, [TILE][size]. */
  private readonly error: Float64Array;
  /** [size] */
  private readonly g: Float64Array;
  private readonly hiddenSum: Float64Array;
  /** Of one tile at a time, [rows][size]: made once, because clearing them for every tile costs as much as filling them. */
  private readonly states: Float64Array;

  constructor(
    layer: Layer,
    batch: PackedImages,
    gradients: Tensors,
    private readonly soft: Float32Array | null,
    rows: number,
  ) {
    const { n, size } = layer;
    this.layer = layer;
    this.batch = batch;
    this.gradients = gradients;
    this.z = new Float64Array(TILE * n);
    this.d = new Float64Array(TILE * n);
    this.pixels = Array.from({ length: TILE }, () => new Int32Array(n));
    this.a = new Float64Array(TILE * size);
    this.sum = new Float64Array(n);
    this.left = new Float64Array(n);
    this.blank = new Float64Array(n);
    this.error = new Float64Array(TILE * size);
    this.g = new Float64Array(size);
    this.hiddenSum = new Float64Array(size);
    this.states = new Float64Array(rows * size);
    gradients.input.fill(0);
    gradients.output.fill(0);
  }

  /** Adds the gradient of up to TILE images; returns their loss in nats. */
  tile(images: Uint32Array): number {
    const { layer, batch, z } = this;
    const { n } = layer;
    const counts = Array.from(images, (image, j) => listOn(batch, image, this.pixels[j]));
    // Row 0 of the states is that of blank images; then follow those of every image, one a pixel that is on.
    const rows: number[] = [];
    counts.reduce((row, on, j) => ((rows[j] = row), row + on), 1);
    this.forward(images, counts, rows);
    let loss = 0;
    for (let j = 0; j < images.length; j++) {
      loss += softplusSum(z, j * n, j * n + n);
      if (this.soft) for (let i = 0; i < n; i++) loss -= this.soft[images[j] * n + i] * z[j * n + i];
      else for (let r = 0; r < counts[j]; r++) loss -= z[j * n + this.pixels[j][r]];
    }
    this.back(counts, rows);
    return loss;
  }

  /** Logits, d and the gradients of biases and output weights. */
  private forward(images: Uint32Array, counts: readonly number[], rows: readonly number[]): void {
    const { layer, batch, soft, z, d, pixels, a, sum, states } = this;
    const { n, size } = layer;
    const start = blankOutputs(batch, images[0]);
    this.blankForward(images, start, counts);
    states.set(layer.h);
    const scale = 1 / batch.count;
    const at = new Int32Array(TILE);
    const next = new Int32Array(TILE);
    const logits = new Float64Array(TILE);
    const errors = new Float64Array(TILE);
    for (let j = 0; j < images.length; j++) a.set(layer.a, j * size);
    for (let i = start - 1; i < n; i++) {
      if (i >= start) {
        dot8(logits, layer.output, i * size, states, at, size);
        for (let j = 0; j < images.length; j++) {
          const logit = logits[j] + layer.bias[i];
          const on = next[j] < counts[j] && pixels[j][next[j]] === i ? 1 : 0;
          const ink = soft ? soft[images[j] * n + i] : on;
          const e = expMinus(Math.abs(logit));
          errors[j] = ((logit > 0 ? 1 : e) / (1 + e) - ink) * scale;
          z[j * n + i] = logit;
          d[j * n + i] = errors[j];
          sum[i] += errors[j];
        }
        addStates(this.gradients.output, i * size, errors, states, at, size);
      }
      for (let j = 0; j < images.length; j++) {
        if (next[j] >= counts[j] || pixels[j][next[j]] !== i) continue;
        at[j] = (rows[j] + next[j]) * size;
        next[j]++;
        if (i < n - 1) addPixel(states, at[j], a, j * size, layer.input, i * size, size);
      }
    }
    for (let j = 0; j < images.length; j++) {
      const end = counts[j] > 0 ? pixels[j][0] + 1 : n;
      for (let i = 0; i < end; i++) this.blank[i] += d[j * n + i];
    }
  }

  /** Outputs before `start`, which see all images of the tile blank. */
  private blankForward(images: Uint32Array, start: number, counts: readonly number[]): void {
    const { n } = this.layer;
    const { soft, z, d, pixels } = this;
    const logits = this.layer.blankLogits(start);
    const scale = 1 / this.batch.count;
    for (let i = 0; i < start; i++) {
      const e = expMinus(Math.abs(logits[i]));
      const p = (logits[i] > 0 ? 1 : e) / (1 + e);
      for (let j = 0; j < images.length; j++) {
        const on = counts[j] > 0 && pixels[j][0] === i ? 1 : 0;
        const ink = soft ? soft[images[j] * n + i] : on;
        z[j * n + i] = logits[i];
        d[j * n + i] = (p - ink) * scale;
        this.sum[i] += d[j * n + i];
        this.left[i] += d[j * n + i];
      }
    }
  }

  /** The gradients of input weights and hidden biases, from the last block of outputs to the first. */
  private back(counts: readonly number[], rows: readonly number[]): void {
    const { layer, d, g, error, hiddenSum, pixels, states } = this;
    const { n, size, output } = layer;
    const { input } = this.gradients;
    const runs = counts.map((count) => count - 1);
    error.fill(0);
    for (let low = n - 1 - ((n - 1) % BLOCK), high = n; low >= 0; high = low, low -= BLOCK) {
      for (let j = 0; j < counts.length; j++) {
        for (let r = runs[j]; r >= 0; r = --runs[j]) {
          const first = pixels[j][r] + 1;
          const from = Math.max(low, first);
          const end = Math.min(high, r + 1 < counts[j] ? pixels[j][r + 1] + 1 : n);
          const row = (rows[j] + r) * size;
          if (from < end) {
            sumRows(g, output, d, from, end, j * n, size);
            if (first < low) addErrors(error, j * size, g, states, row, size);
            else addErrorsAndGradient(input, pixels[j][r] * size, error, j * size, g, states, row, size);
          }
          if (first < low) break;
        }
      }
    }
    for (let j = 0; j < counts.length; j++) {
      for (let k = 0; k < size; k++) hiddenSum[k] += error[j * size + k];
    }
  }

  /** Adds the terms that all images share, and writes the small tensors. */
  finish(): void {
    const { layer, left, g, gradients, hiddenSum } = this;
    const { n, size, h } = layer;
    sumRows(g, layer.output, this.blank, 0, n, 0, size);
    for (let k = 0; k < size; k++) hiddenSum[k] += g[k] * h[k] * (1 - h[k]);
    for (let i = 0; i < n; i++) {
      if (left[i] === 0) continue;
      for (let k = 0; k < size; k++) gradients.output[i * size + k] += left[i] * h[k];
    }
    gradients.bias.set(this.sum);
    gradients.hidden_bias.set(hiddenSum);
  }
}

/** error += g h (1 - h) */
function addErrors(
  error: Float64Array,
  to: number,
  g: Float64Array,
  h: Float64Array,
  at: number,
  size: number,
): void {
  for (let k = 0; k < size; k++) {
    const x = h[at + k];
    error[to + k] += g[k] * (x - x * x);
  }
}

/** The same where a run is complete: the error is then added to the gradient of its pixel's input weights. */
function addErrorsAndGradient(
  gradient: Float32Array,
  row: number,
  error: Float64Array,
  to: number,
  g: Float64Array,
  h: Float64Array,
  at: number,
  size: number,
): void {
  for (let k = 0; k < size; k++) {
    const x = h[at + k];
    const e = error[to + k] + g[k] * (x - x * x);
    error[to + k] = e;
    gradient[row + k] += e;
  }
}
