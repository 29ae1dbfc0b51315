/**
 * The neural autoregressive distribution estimator (Larochelle and Murray, "The neural autoregressive distribution
 * estimator", AISTATS 2011): p(x_i = 1 | x_<i) = sigmoid(b_i + V_i . h_i), h_i = sigmoid(a_i), a_1 = c,
 * a_(i+1) = a_i + x_i W_i. The plain loops below are the definition; `reference` runs their fast twins from
 * cpu.ts, sampler.ts and gradient.ts.
 */
import type { Grid, PackedImages } from '../../data/images.ts';
import { pixelCount, unpackImage } from '../../data/images.ts';
import { Stream, streamKey, threefry2x32, uniform } from '../../data/rng.ts';
import { expectedLogBernoulli, logBernoulli, logit, sigmoid } from '../shared/math.ts';
import { inkOf } from '../shared/soft-targets.ts';
import type { Hyper, Model, Tensors } from '../model.ts';
import type { Definition, Reference } from '../reference.ts';
import type { Targets } from '../training.ts';
import { cpuGradient } from './gradient.ts';
import { openCpu } from './cpu.ts';

/** Logits of p(x_i = 1 | x_<i), `[n] f64`, of one image x, `[n]` of 0 and 1. */
export function logits(model: Model, x: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const { bias: b, hidden_bias: c, input: w, output: v } = model.tensors;
  const n = pixelCount(model.grid);
  const size = c.length;
  const z = Float64Array.from(b);
  const a = Float64Array.from(c);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < size; k++) z[i] += v[i * size + k] * sigmoid(a[k]);
    if (x[i]) for (let k = 0; k < size; k++) a[k] += w[i * size + k];
  }
  return z;
}

/** log p(x) in nats of one image x, `[n]` of 0 and 1. */
export function logLikelihood(model: Model, x: ArrayLike<number>): number {
  return logits(model, x).reduce((sum, z, i) => sum + logBernoulli(x[i], z), 0);
}

/**
 * Mean gradient over the batch of the loss that `targets` t say, written into `gradients`; returns the summed loss in nats. With
 * d_i = sigmoid(z_i) - t_i it is d_i for b_i and d_i h_i for V_i. Going back from the last pixel,
 * e_i = e_(i+1) + d_i V_i h_i (1 - h_i) is the gradient for a_i: x_i e_(i+1) for W_i and e_1 for c.
 */
export function gradient(model: Model, batch: PackedImages, gradients: Tensors, targets?: Targets): number {
  const { hidden_bias: c, input: w, output: v } = model.tensors;
  const n = pixelCount(model.grid);
  const size = c.length;
  const sums = Object.entries(gradients).map(([name, g]) => [name, new Float64Array(g.length)] as const);
  const { bias, hidden_bias, input, output } = Object.fromEntries(sums);
  let loss = 0;
  for (let m = 0; m < batch.count; m++) {
    const x = unpackImage(batch, m);
    const t = inkOf(targets, m, x);
    const z = logits(model, x);
    const a = Float64Array.from(c);
    for (let i = 0; i < n; i++) if (x[i]) for (let k = 0; k < size; k++) a[k] += w[i * size + k];
    const e = new Float64Array(size);
    for (let i = n - 1; i >= 0; i--) {
      loss -= expectedLogBernoulli(t[i], z[i]);
      const d = sigmoid(z[i]) - t[i];
      bias[i] += d;
      for (let k = 0; k < size; k++) {
        if (x[i]) {
          a[k] -= w[i * size + k];
          input[i * size + k] += e[k];
        }
        const h = sigmoid(a[k]);
        output[i * size + k] += d * h;
        e[k] += d * v[i * size + k] * h * (1 - h);
      }
    }
    for (let k = 0; k < size; k++) hidden_bias[k] += e[k];
  }
  for (const [name, sum] of sums) gradients[name].set(sum.map((s) => s / batch.count));
  return loss;
}

/** The probability that a pixel which is never on in the training images is given at the start. */
const LEAST_MEAN = 1e-4;

/**
 * Output biases at the logit of the pixel means, kept off 0 and 1; hidden biases 0. Output weights are 0, so that the
 * start is the independent model. Input weights are uniform within sqrt(60 / n) of 0: no two hidden units see the
 * same, and after a digit, which has about every eighth pixel on, their sums have a standard deviation of 1.6, so that
 * the units use all of the sigmoid. (Within the sqrt(6 / (n + H)) of Glorot and Bengio, AISTATS 2010, all stay
 * near its middle, and the first steps on MNIST learn less: 171 against 157 nats after 90.)
 */
export function initialise(grid: Grid, { hidden }: Hyper, pixelMeans: Float64Array, seed: number): Tensors {
  const n = pixelCount(grid);
  const bias = Float32Array.from(pixelMeans, (mean) =>
    logit(Math.min(1 - LEAST_MEAN, Math.max(LEAST_MEAN, mean))),
  );
  const range = Math.sqrt(60 / n);
  return {
    bias,
    hidden_bias: new Float32Array(hidden),
    input: uniforms(n * hidden, seed, 0).map((u) => (2 * u - 1) * range),
    output: new Float32Array(n * hidden),
  };
}

/** Uniform numbers in (0, 1) of the stream for initial weights; `index` names the tensor. */
function uniforms(count: number, seed: number, index: number): Float32Array<ArrayBuffer> {
  const pair = new Uint32Array(2);
  const key = streamKey(Stream.initialise);
  return Float32Array.from({ length: count }, (_, at) => {
    if ((at & 1) === 0) threefry2x32(seed | 0, key, index, at >> 1, pair);
    return uniform(pair[at & 1]);
  });
}

export const definition: Definition = { logLikelihood, logits, gradient };

export const reference: Reference = {
  usesSimd: true,
  open: openCpu,
  initialise,
  openGradient: cpuGradient,
};
