/**
 * The same as `gradient` of reference.ts. The forward pass of every order is kept; then, with the posterior of the orders known,
 * errors are propagated back layer by layer, for images whose share matters and inputs that are not 0.
 */
import type { PackedImages } from '../../data/images.ts';
import type { Simd } from '../../simd/simd.ts';
import { expMinus, softplusSum } from '../shared/exp-tables.ts';
import type { CpuGradient } from '../cpu-training.ts';
import type { Model, Tensors } from '../model.ts';
import type { Targets } from '../training.ts';
import { addRows, BLOCK, dotRows, Inputs, type Layer } from './layer.ts';
import { layerNames } from './masks.ts';
import { average, sumOfOn } from './orders.ts';
import { Network, Shared } from './cpu.ts';
import { rowGradient } from './row-gradient.ts';

/** An order with a smaller posterior for an image does not change the gradient in f32. */
const LEAST_SHARE = 1e-12;

interface Pass {
  readonly network: Network;
  /** By image, then by layer. */
  readonly inputs: readonly (readonly Inputs[])[];
  /** sigmoid(z) - t by place, t being the targets, [count, n]. */
  readonly errors: Float64Array;
  /** log p_o, minus the loss of soft targets in this order, [count]. */
  readonly logs: Float64Array;
}

/** See Reference.openGradient. */
export function cpuGradient(model: Model, simd?: Simd | null): CpuGradient {
  return (
    (simd && rowGradient(model, simd)) ?? {
      gradient: (batch, gradients, targets) => gradientOf(model, batch, gradients, targets?.soft ?? null),
    }
  );
}

function gradientOf(model: Model, batch: PackedImages, gradients: Tensors, soft: Targets['soft']): number {
  const shared = new Shared(model);
  const passes = shared.orders.map((_, o) => pass(new Network(shared, o), batch, soft ?? null));
  const logs = passes.map((each) => each.logs);
  for (const tensor of Object.values(gradients)) tensor.fill(0);
  let loss = 0;
  const total = Float64Array.from({ length: batch.count }, (_, m) => {
    const { logLikelihood } = average(logs, m);
    loss -= logLikelihood;
    return logLikelihood + Math.log(passes.length);
  });
  for (const each of passes) {
    const shares = each.logs.map((nats, m) => Math.exp(nats - total[m]));
    back(each, shares, gradients);
  }
  return loss;
}

function pass(network: Network, batch: PackedImages, soft: Float32Array | null): Pass {
  const { order } = network;
  const n = order.length;
  const inputs = Array.from({ length: batch.count }, () => network.inputs());
  const errors = new Float64Array(batch.count * n);
  const logs = new Float64Array(batch.count);
  network.forward(batch, 0, inputs, (m, from, end, z) => {
    const seen = inputs[m][0];
    const truth = soft ? sumOfSoft(z, soft, m * n, order, from, end) : sumOfOn(z, seen, from, end);
    logs[m] += truth - softplusSum(z, 0, end - from);
    for (let t = from; t < end; t++) {
      const e = expMinus(Math.abs(z[t - from]));
      errors[m * n + t] = (z[t - from] > 0 ? 1 : e) / (1 + e);
    }
  });
  inputs.forEach(([seen], m) => {
    if (soft) for (let t = 0; t < n; t++) errors[m * n + t] -= soft[m * n + order[t]];
    else for (let r = 0; r < seen.count; r++) errors[m * n + seen.numbers[r]] -= 1;
  });
  return { network, inputs, errors, logs };
}

/** Sum of the logits of places `from` to `end - 1`, each times its soft target; z[0] is that of place `from`. */
function sumOfSoft(
  z: Float64Array,
  soft: Float32Array,
  row: number,
  order: Uint32Array,
  from: number,
  end: number,
): number {
  let sum = 0;
  for (let t = from; t < end; t++) sum += soft[row + order[t]] * z[t - from];
  return sum;
}

/** Adds one order's gradient, images weighted by the order's posterior, to `gradients`. */
function back({ network, inputs, errors }: Pass, shares: Float64Array, gradients: Tensors): void {
  const { layers, direct, order, shared } = network;
  const { n, hidden } = shared;
  const counting = [...shares.keys()].filter((m) => shares[m] >= LEAST_SHARE);
  let delta: Float64Array<ArrayBuffer> = new Float64Array(counting.length * n);
  counting.forEach((m, slot) => {
    const scale = shares[m] / inputs.length;
    for (let t = 0; t < n; t++) delta[slot * n + t] = scale * errors[m * n + t];
  });
  if (direct) {
    const seen = counting.map((m) => inputs[m][0]);
    addProducts(direct, seen, delta, (t, first, from, end, sums) => {
      const row = order[t] * n;
      for (let later = first; later < end; later++)
        gradients.direct[row + order[later]] += sums[later - from];
    });
  }
  for (let l = layers.length - 1; l >= 0; l--) {
    const lists = counting.map((m) => inputs[m][l]);
    const deepest = l + 1 === layers.length;
    const names = deepest ? { weight: 'output', bias: 'output_bias' } : layerNames(l + 1);
    const weight = gradients[names.weight];
    addBiases(gradients[names.bias], delta, deepest ? order : null, counting.length);
    addProducts(layers[l], lists, delta, (input, first, from, end, sums) => {
      if (deepest) for (let t = first; t < end; t++) weight[order[t] * hidden + input] += sums[t - from];
      else {
        const base = layers[l].bases[input];
        for (let k = first; k < end; k++) weight[base + k] += sums[k - from];
      }
    });
    if (l > 0) delta = errorsBefore(layers[l], lists, delta, hidden);
  }
}

/** bias[i] += sum over images of delta, output i belonging to `numbers[i]` where numbers are given. */
function addBiases(
  bias: Float32Array,
  delta: Float64Array,
  numbers: Uint32Array | null,
  count: number,
): void {
  const width = bias.length;
  const sums = new Float64Array(width);
  for (let m = 0; m < count; m++) for (let i = 0; i < width; i++) sums[i] += delta[m * width + i];
  for (let i = 0; i < width; i++) bias[numbers ? numbers[i] : i] += sums[i];
}

/** For every input, the sum over images of its value times the errors of the outputs that see it, block by block. */
function addProducts(
  layer: Layer,
  lists: readonly Inputs[],
  delta: Float64Array,
  add: (input: number, first: number, from: number, end: number, sums: Float64Array) => void,
): void {
  const width = layer.bias.length;
  const byInput = turned(layer, lists);
  // In this sum the images are the inputs: each reaches all outputs that the layer's input reaches.
  const rows = Int32Array.from(lists, (_, slot) => slot * width);
  const everywhere = new Int32Array(lists.length);
  const images: Layer = { source: delta, bases: rows, firsts: everywhere, bias: layer.bias };
  const sums = new Float64Array(BLOCK);
  for (let from = 0; from < width; from += BLOCK) {
    const end = Math.min(width, from + BLOCK);
    byInput.forEach((list, input) => {
      const first = Math.max(from, layer.firsts[input]);
      if (list.count === 0 || first >= end) return;
      sums.fill(0);
      addRows(sums, -from, images, list, first, end);
      add(input, first, from, end, sums);
    });
  }
}

/** The images in which each input is not 0, with its value there, by input. */
function turned(layer: Layer, lists: readonly Inputs[]): readonly Inputs[] {
  const counts = new Int32Array(layer.bases.length);
  for (const { numbers, count } of lists) for (let r = 0; r < count; r++) counts[numbers[r]]++;
  const byInput = Array.from(counts, (count) => new Inputs(count));
  lists.forEach(({ numbers, values, count }, slot) => {
    for (let r = 0; r < count; r++) byInput[numbers[r]].push(slot, values[r]);
  });
  return byInput;
}

/** Errors of the layer's inputs where these are above 0, else 0, [images, hidden]. */
function errorsBefore(
  layer: Layer,
  lists: readonly Inputs[],
  delta: Float64Array,
  hidden: number,
): Float64Array<ArrayBuffer> {
  const width = layer.bias.length;
  const sums = new Float64Array(lists.length * hidden);
  for (let from = 0; from < width; from += BLOCK) {
    const end = Math.min(width, from + BLOCK);
    lists.forEach((list, slot) => dotRows(sums, slot * hidden, layer, list, delta, slot * width, from, end));
  }
  const before = new Float64Array(lists.length * hidden);
  lists.forEach(({ numbers, count }, slot) => {
    for (let r = 0; r < count; r++) before[slot * hidden + numbers[r]] = sums[slot * hidden + r];
  });
  return before;
}
