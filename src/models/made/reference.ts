/**
 * MADE, the masked autoencoder for distribution estimation (Germain, Gregor, Murray and Larochelle, ICML 2015), with
 * rectified units. In one order of the pixels
 *
 *   h^1 = relu(b^1 + (M^1 * W^1) x),  h^l = relu(b^l + (M^l * W^l) h^(l-1)),  p(x_i = 1 | before) = sigmoid(c_i + (M * V) h)_i
 *
 * with the masks M of masks.ts. With direct connections the logit of x_i has sum_j D_ji x_j beside, over the pixels j before i. Over several orders the weights are shared and the model is the mean of the
 * probabilities that each order gives to the whole image, p(x) = 1/O sum_o p_o(x). (The mean of logits would be no
 * distribution.) The plain loops below are the definition; `reference` runs their fast twins from orders.ts,
 * sampler.ts and gradient.ts.
 */
import type { Grid, PackedImages } from '../../data/images.ts';
import { pixelCount, unpackImage } from '../../data/images.ts';
import { inverseOrder } from '../../data/orders.ts';
import { Stream, streamKey, threefry2x32, uniform } from '../../data/rng.ts';
import { expectedLogBernoulli, logit, logSoftmax, logSumExp, sigmoid } from '../shared/math.ts';
import { inkOf } from '../shared/soft-targets.ts';
import type { Hyper, Model, Tensors } from '../model.ts';
import type { Definition, Reference } from '../reference.ts';
import type { Targets } from '../training.ts';
import { cpuGradient } from './gradient.ts';
import { ensembleOrders, isDirect, layerNames, tensorShapes, unitDegrees } from './masks.ts';
import { openEnsemble } from './orders.ts';

interface Pass {
  /** Hidden units by layer, [layers][hidden]. */
  readonly hidden: readonly Float64Array<ArrayBuffer>[];
  /** Logit of every pixel, [n]. */
  readonly logits: Float64Array<ArrayBuffer>;
}

/** One image, `[n]` of 0 and 1, through the network in one order. */
function passThrough(model: Model, order: Uint32Array, x: ArrayLike<number>): Pass {
  const { output: v, output_bias: c } = model.tensors;
  const direct = isDirect(model.hyper) ? model.tensors.direct : null;
  const place = inverseOrder(order);
  const degree = unitDegrees(order.length, model.hyper.hidden);
  const hidden: Float64Array<ArrayBuffer>[] = [];
  for (let layer = 1; layer <= model.hyper.layers; layer++) {
    const names = layerNames(layer);
    const w = model.tensors[names.weight];
    const a = Float64Array.from(model.tensors[names.bias]);
    const inputs = layer === 1 ? x : hidden[layer - 2];
    const inputDegree = layer === 1 ? place : degree;
    for (let j = 0; j < inputs.length; j++) {
      for (let k = 0; k < a.length; k++) {
        if (degree[k] >= inputDegree[j]) a[k] += w[j * a.length + k] * inputs[j];
      }
    }
    hidden.push(a.map((value) => Math.max(0, value)));
  }
  const h = hidden[hidden.length - 1];
  const logits = Float64Array.from(c, (bias, i) => {
    let z = bias;
    for (let k = 0; k < h.length; k++) if (place[i] > degree[k]) z += v[i * h.length + k] * h[k];
    if (direct)
      for (let j = 0; j < x.length; j++) if (place[i] > place[j]) z += direct[j * x.length + i] * x[j];
    return z;
  });
  return { hidden, logits };
}

/** Logits of p_o(x_i = 1 | pixels before it in `order`), `[n]`, of one image x, `[n]` of 0 and 1. */
export function logitsIn(model: Model, order: Uint32Array, x: ArrayLike<number>): Float64Array<ArrayBuffer> {
  return passThrough(model, order, x).logits;
}

/** log p_o(x) in nats of one image in one order; with soft targets t, [n], minus the loss in that order. */
export function logLikelihoodIn(
  model: Model,
  order: Uint32Array,
  x: ArrayLike<number>,
  t: ArrayLike<number> = x,
): number {
  return logitsIn(model, order, x).reduce((sum, z, i) => sum + expectedLogBernoulli(t[i], z), 0);
}

/** log(1/O sum_o exp(l_o)) and the posterior of every order, [O]. */
function average(logs: readonly number[]): { logLikelihood: number; posterior: number[] } {
  const all = Float64Array.from(logs);
  return {
    logLikelihood: logSumExp(all) - Math.log(logs.length),
    posterior: Array.from(logSoftmax(all), (nats) => Math.exp(nats)),
  };
}

function logLikelihood(model: Model, x: ArrayLike<number>): number {
  const orders = ensembleOrders(model.grid, model.hyper);
  return average(orders.map((order) => logLikelihoodIn(model, order, x))).logLikelihood;
}

/** The logits in the order in which the image is likeliest; of equals, the first. */
function logits(model: Model, x: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const orders = ensembleOrders(model.grid, model.hyper);
  const logs = orders.map((order) => logLikelihoodIn(model, order, x));
  return logitsIn(model, orders[logs.indexOf(Math.max(...logs))], x);
}

/**
 * Mean gradient of -log p over the batch, written into `gradients`; returns the summed -log p in nats. As in a mixture,
 * every order's gradient counts by its posterior probability, p_o(x) / sum_o' p_o'(x). With soft targets -log p_o(x) is the loss in
 * order o: in one order the expectation over the targets, in several an upper bound of it, since log(mean of exp) is convex.
 */
function gradient(model: Model, batch: PackedImages, gradients: Tensors, targets?: Targets): number {
  const orders = ensembleOrders(model.grid, model.hyper);
  const sums = Object.fromEntries(
    Object.entries(gradients).map(([name, tensor]) => [name, new Float64Array(tensor.length)]),
  );
  let loss = 0;
  for (let m = 0; m < batch.count; m++) {
    const x = unpackImage(batch, m);
    const t = inkOf(targets, m, x);
    const { logLikelihood, posterior } = average(orders.map((order) => logLikelihoodIn(model, order, x, t)));
    loss -= logLikelihood;
    orders.forEach((order, o) => backPropagate(model, order, x, t, posterior[o], sums));
  }
  for (const [name, sum] of Object.entries(sums)) gradients[name].set(sum.map((v) => v / batch.count));
  return loss;
}

/** Adds `share` times the gradient of the loss in one order to `sums`. */
function backPropagate(
  model: Model,
  order: Uint32Array,
  x: ArrayLike<number>,
  t: ArrayLike<number>,
  share: number,
  sums: Readonly<Record<string, Float64Array>>,
): void {
  const width = model.hyper.hidden;
  const place = inverseOrder(order);
  const degree = unitDegrees(order.length, width);
  const { hidden, logits } = passThrough(model, order, x);
  const h = hidden[hidden.length - 1];
  let dh = new Float64Array(width);
  logits.forEach((z, i) => {
    const d = share * (sigmoid(z) - t[i]);
    sums.output_bias[i] += d;
    for (let k = 0; k < width; k++) {
      if (place[i] <= degree[k]) continue;
      sums.output[i * width + k] += d * h[k];
      dh[k] += d * model.tensors.output[i * width + k];
    }
    if (!isDirect(model.hyper)) return;
    for (let j = 0; j < x.length; j++) if (place[i] > place[j]) sums.direct[j * x.length + i] += d * x[j];
  });
  for (let layer = model.hyper.layers; layer >= 1; layer--) {
    const names = layerNames(layer);
    const w = model.tensors[names.weight];
    const da = dh.map((value, k) => (hidden[layer - 1][k] > 0 ? value : 0));
    const inputs = layer === 1 ? x : hidden[layer - 2];
    const inputDegree = layer === 1 ? place : degree;
    dh = new Float64Array(inputs.length);
    for (let k = 0; k < width; k++) sums[names.bias][k] += da[k];
    for (let j = 0; j < inputs.length; j++) {
      for (let k = 0; k < width; k++) {
        if (degree[k] < inputDegree[j]) continue;
        sums[names.weight][j * width + k] += da[k] * inputs[j];
        dh[j] += da[k] * w[j * width + k];
      }
    }
  }
}

/** The probability that a pixel which is never on in the training images is given at the start. */
const LEAST_MEAN = 1e-4;

/**
 * The independent model in every order: output biases at the logit of the pixel means, kept off 0 and 1, and output
 * weights 0, direct ones too. The hidden layers' weights are uniform in +-sqrt(6 / inputs), which keeps the spread of rectified units from layer to
 * layer (He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015), counting as inputs what a unit has on
 * average: masks leave half of them, and of the pixels about half are off wherever there is ink at all.
 */
function initialise(grid: Grid, hyper: Hyper, pixelMeans: Float64Array, seed: number): Tensors {
  const n = pixelCount(grid);
  const tensors = Object.fromEntries(
    tensorShapes(grid, hyper).map(({ name, shape }) => [
      name,
      new Float32Array(shape.reduce((product, side) => product * side, 1)),
    ]),
  );
  const pair = new Uint32Array(2);
  for (let layer = 1; layer <= hyper.layers; layer++) {
    const weight = tensors[layerNames(layer).weight];
    const reach = Math.sqrt(6 / (layer === 1 ? n / 4 : hyper.hidden / 2));
    for (let at = 0; at < weight.length; at++) {
      if ((at & 1) === 0) threefry2x32(seed | 0, streamKey(Stream.initialise), layer, at >> 1, pair);
      weight[at] = reach * (2 * uniform(pair[at & 1]) - 1);
    }
  }
  tensors.output_bias.set(
    pixelMeans.map((mean) => logit(Math.min(1 - LEAST_MEAN, Math.max(LEAST_MEAN, mean)))),
  );
  return tensors;
}

export const definition: Definition = { logLikelihood, logits, gradient };

export const reference: Reference = {
  usesSimd: true,
  open: openEnsemble,
  initialise,
  openGradient: cpuGradient,
};
