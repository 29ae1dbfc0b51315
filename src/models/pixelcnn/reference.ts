/**
 * PixelCNN for binary images: masked convolutions, so that the features of a position depend on earlier pixels alone,
 * and one logit a pixel read off them (van den Oord, Kalchbrenner and Kavukcuoglu, "Pixel recurrent neural networks",
 * ICML 2016, sections 3.3 to 3.5: masks A and B, bottleneck blocks). The plain loops below are the definition; `reference` runs
 * their fast twins from net.ts, gradient.ts and cpu.ts.
 */
import type { Grid } from '../../data/images.ts';
import { pixelCount, unpackImage } from '../../data/images.ts';
import { Stream, randomWords, streamKey, uniform } from '../../data/rng.ts';
import { expectedLogBernoulli, logBernoulli, logit, sigmoid } from '../shared/math.ts';
import { inkOf } from '../shared/soft-targets.ts';
import type { Hyper, Model, Tensors } from '../model.ts';
import type { Definition, Reference } from '../reference.ts';
import { cpuGradient } from './gradient.ts';
import type { Layer } from './layout.ts';
import { biasOffset, CHANNELS, DOWN, FIRST, LAST, layerSize, layersOf, LIMIT } from './layout.ts';
import { LOGIT, MIDDLE, neighbour, UP } from './layout.ts';
import { openCpu } from './cpu.ts';
import { rowGradient } from './row-gradient.ts';

type Features = Float64Array<ArrayBuffer>;

/** b_o + sum over taps and channels of w_tio f(position + t)_i, [n, outputs]; outside the grid features are 0. */
function convolve(grid: Grid, layer: Layer, weight: Float32Array, f: Features): Features {
  const { taps, inputs, outputs } = layer;
  const bias = biasOffset(layer);
  const out = new Float64Array(pixelCount(grid) * outputs);
  for (let p = 0; p < pixelCount(grid); p++) {
    for (let o = 0; o < outputs; o++) out[p * outputs + o] = weight[bias + o];
    for (const tap of taps) {
      const q = neighbour(grid, p, tap);
      if (q < 0) continue;
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++) {
          out[p * outputs + o] += weight[(tap.index * inputs + i) * outputs + o] * f[q * inputs + i];
        }
      }
    }
  }
  return out;
}

/** Chain rule through `convolve`: d is [n, outputs]. Adds to the weights' derivatives and returns that of f. */
function convolveBack(
  grid: Grid,
  layer: Layer,
  weight: Float32Array,
  f: Features,
  d: Features,
  dWeight: Float64Array,
): Features {
  const { taps, inputs, outputs } = layer;
  const bias = biasOffset(layer);
  const df = new Float64Array(pixelCount(grid) * inputs);
  for (let p = 0; p < pixelCount(grid); p++) {
    for (let o = 0; o < outputs; o++) dWeight[bias + o] += d[p * outputs + o];
    for (const tap of taps) {
      const q = neighbour(grid, p, tap);
      if (q < 0) continue;
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++) {
          const at = (tap.index * inputs + i) * outputs + o;
          dWeight[at] += f[q * inputs + i] * d[p * outputs + o];
          df[q * inputs + i] += weight[at] * d[p * outputs + o];
        }
      }
    }
  }
  return df;
}

function relu(f: Features): Features {
  return f.map((value) => Math.max(0, value));
}

function bounded(f: Features): Features {
  return f.map((value) => Math.min(LIMIT, Math.max(-LIMIT, value)));
}

/** The derivative by f, given that by its relu or its bounded value. */
function passed(d: Features, f: Features, passes: (value: number) => boolean): Features {
  return d.map((value, at) => (passes(f[at]) ? value : 0));
}

const positive = (value: number) => value > 0;
const within = (value: number) => Math.abs(value) < LIMIT;

/** The share of block number b in a tensor that holds all of them. */
function shareOf<T extends Float32Array | Float64Array>(all: T, layer: Layer, b: number): T {
  return all.subarray(b * layerSize(layer), (b + 1) * layerSize(layer)) as T;
}

/** What the forward pass computes and backpropagation needs. */
interface Pass {
  /** Features before every block and behind the last, bounded: [blocks + 1] of [n, 32]. */
  readonly h: readonly Features[];
  /** Of every block, before their relu: [n, 16]. */
  readonly down: readonly Features[];
  readonly middle: readonly Features[];
  /** Before its relu, [n, 32]. */
  readonly last: Features;
  /** [n] */
  readonly logits: Features;
}

function pass({ grid, hyper, tensors }: Model, x: ArrayLike<number>): Pass {
  const h = [bounded(convolve(grid, FIRST, tensors.first, Float64Array.from(x)))];
  const down: Features[] = [];
  const middle: Features[] = [];
  for (let b = 0; b < hyper.blocks; b++) {
    down[b] = convolve(grid, DOWN, shareOf(tensors.down, DOWN, b), relu(h[b]));
    middle[b] = convolve(grid, MIDDLE, shareOf(tensors.middle, MIDDLE, b), relu(down[b]));
    const up = convolve(grid, UP, shareOf(tensors.up, UP, b), relu(middle[b]));
    h[b + 1] = bounded(h[b].map((value, at) => value + up[at]));
  }
  const last = convolve(grid, LAST, tensors.last, relu(h[hyper.blocks]));
  return { h, down, middle, last, logits: convolve(grid, LOGIT, tensors.logit, relu(last)) };
}

/** Logits of p(x_i = 1 | x_<i), `[n] f64`, of one image x, `[n]` of 0 and 1. */
export function logits(model: Model, x: ArrayLike<number>): Float64Array<ArrayBuffer> {
  return pass(model, x).logits;
}

/** log p(x) in nats of one image x, `[n]` of 0 and 1. */
export function logLikelihood(model: Model, x: ArrayLike<number>): number {
  return logits(model, x).reduce((sum, z, i) => sum + logBernoulli(x[i], z), 0);
}

/** Adds the gradient of the loss of image x under targets t to `sums`, arrays of the tensors' shapes, and returns the loss. */
function addGradient(
  model: Model,
  x: ArrayLike<number>,
  t: ArrayLike<number>,
  sums: Record<string, Float64Array>,
): number {
  const { grid, hyper, tensors } = model;
  const { h, down, middle, last, logits: z } = pass(model, x);
  // d loss/dz_i = sigmoid(z_i) - t_i, and from there layer by layer back.
  const dz = z.map((value, i) => sigmoid(value) - t[i]);
  const dLast = convolveBack(grid, LOGIT, tensors.logit, relu(last), dz, sums.logit);
  let d = passed(dLast, last, positive);
  d = convolveBack(grid, LAST, tensors.last, relu(h[hyper.blocks]), d, sums.last);
  d = passed(d, h[hyper.blocks], positive);
  for (let b = hyper.blocks - 1; b >= 0; b--) {
    d = passed(d, h[b + 1], within);
    const [downShare, middleShare, upShare] = [
      shareOf(sums.down, DOWN, b),
      shareOf(sums.middle, MIDDLE, b),
      shareOf(sums.up, UP, b),
    ];
    let e = convolveBack(grid, UP, shareOf(tensors.up, UP, b), relu(middle[b]), d, upShare);
    e = passed(e, middle[b], positive);
    e = convolveBack(grid, MIDDLE, shareOf(tensors.middle, MIDDLE, b), relu(down[b]), e, middleShare);
    e = passed(e, down[b], positive);
    e = convolveBack(grid, DOWN, shareOf(tensors.down, DOWN, b), relu(h[b]), e, downShare);
    e = passed(e, h[b], positive);
    d = d.map((value, at) => value + e[at]);
  }
  convolveBack(grid, FIRST, tensors.first, Float64Array.from(x), passed(d, h[0], within), sums.first);
  return z.reduce((sum, value, i) => sum - expectedLogBernoulli(t[i], value), 0);
}

export const definition: Definition = {
  logLikelihood,
  logits,
  gradient(model, batch, gradients, targets) {
    const sums = Object.fromEntries(
      Object.entries(gradients).map(([name, { length }]) => [name, new Float64Array(length)]),
    );
    let loss = 0;
    for (let m = 0; m < batch.count; m++) {
      const x = unpackImage(batch, m);
      loss += addGradient(model, x, inkOf(targets, m, x), sums);
    }
    for (const [name, gradient] of Object.entries(gradients)) {
      gradient.set(sums[name].map((value) => value / batch.count));
    }
    return loss;
  },
};

/** The probability that all pixels are given at the start where none or all of the training pixels are on. */
const LEAST_MEAN = 1e-4;

/**
 * Weights uniform with the variance 2 / inputs that keeps the size of features through relus (He, Zhang, Ren and Sun, ICCV
 * 2015), inputs being those that the mask leaves; masked ones 0. The blocks' outputs are scaled so that all of them
 * together add as much as the stream holds, and the logit starts near that of the mean pixel.
 */
export function initialise(grid: Grid, hyper: Hyper, pixelMeans: Float64Array, seed: number): Tensors {
  const mean = pixelMeans.reduce((sum, value) => sum + value, 0) / pixelCount(grid);
  const tensors = Object.fromEntries(
    layersOf(hyper.blocks).map(({ name, layer, copies }, number) => {
      const { taps, inputs, outputs } = layer;
      const size = layerSize(layer);
      const words = new Uint32Array(copies * size);
      randomWords(seed, streamKey(Stream.initialise), number, words);
      const gain = name === 'up' ? 1 / Math.sqrt(hyper.blocks) : name === 'logit' ? 0.1 : 1;
      const reach = gain * Math.sqrt(6 / (taps.length * inputs));
      const free = taps.length * inputs * outputs;
      const values = Float32Array.from(words, (word, at) =>
        at % size < free ? (2 * uniform(word) - 1) * reach : 0,
      );
      return [name, values];
    }),
  );
  tensors.logit[CHANNELS] = logit(Math.min(1 - LEAST_MEAN, Math.max(LEAST_MEAN, mean)));
  return tensors;
}

export const reference: Reference = {
  usesSimd: true,
  open: (model, simd) => openCpu(model, simd),
  initialise,
  openGradient: (model, simd) => (simd && rowGradient(model, simd)) ?? cpuGradient(model),
};
