import { pixelCount } from '../../data/images.ts';
import {
  biasOffset,
  CHANNELS,
  DOWN,
  FIRST,
  type Layer,
  layerSize,
  LIMIT,
  MIDDLE,
  neighbour,
  UP,
} from '../../models/pixelcnn/layout.ts';
import type { Model } from '../../models/model.ts';

const computed = new WeakMap<ArrayLike<number>, { model: Model; stream: Float64Array }>();

/** Features of a PixelCNN's residual stream behind its last block at one pixel, before their relu, [CHANNELS]. */
export function streamAt(model: Model, x: ArrayLike<number>, pixel: number): Float64Array {
  const known = computed.get(x);
  const stream = known?.model === model ? known.stream : streamOf(model, x);
  if (stream !== known?.stream) computed.set(x, { model, stream });
  return stream.subarray(pixel * CHANNELS, (pixel + 1) * CHANNELS);
}

/** The same at all pixels, [n, CHANNELS]. */
function streamOf(model: Model, x: ArrayLike<number>): Float64Array {
  const { tensors: t, hyper } = model;
  const hold = (value: number): number => Math.min(LIMIT, Math.max(-LIMIT, value));
  let h = convolve(model, FIRST, t.first, Float64Array.from(x)).map(hold);
  for (let b = 0; b < hyper.blocks; b++) {
    const down = convolve(model, DOWN, shareOf(t.down, DOWN, b), h.map(relu));
    const middle = convolve(model, MIDDLE, shareOf(t.middle, MIDDLE, b), down.map(relu));
    const up = convolve(model, UP, shareOf(t.up, UP, b), middle.map(relu));
    h = h.map((value, at) => hold(value + up[at]));
  }
  return h;
}

function relu(value: number): number {
  return Math.max(0, value);
}

function shareOf(all: Float32Array, layer: Layer, block: number): Float32Array {
  return all.subarray(block * layerSize(layer), (block + 1) * layerSize(layer));
}

/** bias + weights x inputs at the taps of every pixel; outside the image inputs are 0. */
function convolve({ grid }: Model, layer: Layer, weight: Float32Array, f: Float64Array): Float64Array {
  const { taps, inputs, outputs } = layer;
  const n = pixelCount(grid);
  const bias = weight.subarray(biasOffset(layer));
  const sums = new Float64Array(n * outputs);
  for (let p = 0; p < n; p++) {
    for (let o = 0; o < outputs; o++) sums[p * outputs + o] = bias[o];
    for (const tap of taps) {
      const from = neighbour(grid, p, tap) * inputs;
      if (from < 0) continue;
      for (let i = 0; i < inputs; i++) {
        const value = f[from + i];
        if (value === 0) continue;
        const row = (tap.index * inputs + i) * outputs;
        for (let o = 0; o < outputs; o++) sums[p * outputs + o] += value * weight[row + o];
      }
    }
  }
  return sums;
}
