/**
 * NADE with 500 hidden units on the cpu backend against plain loops in f32 arrays that open the hidden units only
 * after a pixel that is on, one output of one image at a time, in the same process; medians. The model is trained for
 * some steps first, so that what it samples has the ink of digits.
 *   node tests/bench/cpu.mjs nade
 */
import type { PackedImages } from '../../src/data/images.ts';
import { MNIST_GRID, blankImages, sliceImages } from '../../src/data/images.ts';
import { Stream, streamKey, threefry2x32, uniform, indexRange } from '../../src/data/rng.ts';
import { adamTensors } from '../../src/engine/backends/adam.ts';
import { initialise, reference } from '../../src/models/nade/reference.ts';
import { sigmoid, softplus } from '../../src/models/shared/math.ts';
import type { Model, Tensors } from '../../src/models/types.ts';
import { mnist } from './cpu-tables.ts';

const N = 784;
const STRIDE = 25;
const BATCH = 128;
const HIDDEN = 500;

function isOn(images: PackedImages, m: number, i: number): number {
  return (images.words[m * STRIDE + (i >> 5)] >>> (i & 31)) & 1;
}

/** Visits the pixels of one image in order; `decide` gets a pixel's logit and returns its value. The last sum stays in a. */
function plainWalk(model: Model, a: Float32Array, decide: (i: number, z: number) => number): void {
  const { bias, hidden_bias, input, output } = model.tensors;
  const h = new Float32Array(HIDDEN);
  a.set(hidden_bias);
  for (let k = 0; k < HIDDEN; k++) h[k] = sigmoid(a[k]);
  for (let i = 0; i < N; i++) {
    let z = bias[i];
    for (let k = 0; k < HIDDEN; k++) z += output[i * HIDDEN + k] * h[k];
    if (!decide(i, z)) continue;
    for (let k = 0; k < HIDDEN; k++) {
      a[k] += input[i * HIDDEN + k];
      h[k] = sigmoid(a[k]);
    }
  }
}

function plainScore(model: Model, images: PackedImages): Float64Array {
  const a = new Float32Array(HIDDEN);
  return Float64Array.from({ length: images.count }, (_, m) => {
    let loss = 0;
    plainWalk(model, a, (i, z) => {
      const x = isOn(images, m, i);
      loss += softplus(x ? -z : z);
      return x;
    });
    return -loss;
  });
}

function plainGradient(model: Model, batch: PackedImages, gradients: Tensors): void {
  const { bias, hidden_bias, input, output } = gradients;
  for (const tensor of Object.values(gradients)) tensor.fill(0);
  const a = new Float32Array(HIDDEN);
  const h = new Float32Array(HIDDEN);
  const error = new Float32Array(HIDDEN);
  const d = new Float32Array(N);
  for (let m = 0; m < batch.count; m++) {
    plainWalk(model, a, (i, z) => {
      d[i] = (sigmoid(z) - isOn(batch, m, i)) / batch.count;
      return isOn(batch, m, i);
    });
    error.fill(0);
    for (let k = 0; k < HIDDEN; k++) h[k] = sigmoid(a[k]);
    for (let i = N - 1; i >= 0; i--) {
      const row = i * HIDDEN;
      if (isOn(batch, m, i)) {
        for (let k = 0; k < HIDDEN; k++) {
          input[row + k] += error[k];
          a[k] -= model.tensors.input[row + k];
          h[k] = sigmoid(a[k]);
        }
      }
      bias[i] += d[i];
      for (let k = 0; k < HIDDEN; k++) {
        output[row + k] += d[i] * h[k];
        error[k] += d[i] * model.tensors.output[row + k] * h[k] * (1 - h[k]);
      }
    }
    for (let k = 0; k < HIDDEN; k++) hidden_bias[k] += error[k];
  }
}

function plainSample(model: Model, count: number, seed: number): PackedImages {
  const images = blankImages(MNIST_GRID, count);
  const a = new Float32Array(HIDDEN);
  const pair = new Uint32Array(2);
  for (let m = 0; m < count; m++) {
    plainWalk(model, a, (i, z) => {
      if ((i & 1) === 0) threefry2x32(seed, streamKey(Stream.sample), m, i >> 1, pair);
      if (!(uniform(pair[i & 1]) < sigmoid(z))) return 0;
      images.words[m * STRIDE + (i >> 5)] |= 1 << (i & 31);
      return 1;
    });
  }
  return images;
}

function zeros(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, new Float32Array(t.length)]));
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

/** Rates of both in units per second of processor time, measured alternately, so that other programs slow both alike. */
function compare(what: string, units: number, rounds: number, plain: (() => void) | null, fast: () => void) {
  const seconds: [number[], number[]] = [[], []];
  for (let round = -2; round < rounds; round++) {
    [plain, fast].forEach((work, side) => {
      const start = process.cpuUsage();
      work?.();
      const { user, system } = process.cpuUsage(start);
      if (round >= 0) seconds[side].push((user + system) / 1e6);
    });
  }
  const [a, b] = seconds.map((list) => units / median(list));
  const versus = plain ? `plain ${a.toFixed(1).padStart(8)}/s  ${(b / a).toFixed(2)}x` : '';
  console.log(`${what.padEnd(34)} fast ${b.toFixed(1).padStart(9)}/s  ${versus}`);
}

export function run(): void {
  const train = mnist('train');
  const test = sliceImages(mnist('t10k'), 0, 1000);
  const means = new Float64Array(N);
  for (let m = 0; m < train.count; m++) {
    for (let i = 0; i < N; i++) means[i] += isOn(train, m, i) / train.count;
  }
  const hyper = { hidden: HIDDEN };
  const model: Model = {
    family: 'nade',
    grid: MNIST_GRID,
    hyper,
    tensors: initialise(MNIST_GRID, hyper, means, 1),
  };
  const [gradients, first, second] = [zeros(model.tensors), zeros(model.tensors), zeros(model.tensors)];
  let step = 0;
  const batchOf = (at: number) => sliceImages(train, (at * BATCH) % (train.count - BATCH), BATCH);
  const adam = (rate: number) => {
    step++;
    adamTensors(model.tensors, gradients, first, second, step, rate);
  };
  for (; step < 150;) {
    reference.openGradient!(model).gradient(batchOf(step), gradients);
    adam(2e-3 * (1 - step / 170));
  }
  const frozen: Model = {
    ...model,
    tensors: Object.fromEntries(Object.entries(model.tensors).map(([k, t]) => [k, t.slice()])),
  };
  const opened = reference.open(frozen);
  const nats = opened.logLikelihood(test).reduce((s, v) => s - v, 0) / test.count;
  console.log(`after ${step} steps: ${nats.toFixed(2)} nats`);

  const some = sliceImages(test, 0, 200);
  compare('score images of 1,000 (plain 200)', 1000, 5, null, () => opened.logLikelihood(test));
  compare(
    'score 200 images',
    200,
    5,
    () => plainScore(frozen, some),
    () => opened.logLikelihood(some),
  );
  const one = sliceImages(test, 5, 1);
  compare(
    'score 1 image',
    1,
    50,
    () => plainScore(frozen, one),
    () => opened.logLikelihood(one),
  );
  compare(
    'train, one Adam step of 128',
    1,
    8,
    () => {
      plainGradient(model, batchOf(step), gradients);
      adam(1e-5);
    },
    () => {
      reference.openGradient!(model).gradient(batchOf(step), gradients);
      adam(1e-5);
    },
  );
  compare('  of it the gradient', 1, 20, null, () => reference.openGradient!(model).gradient(batchOf(1), gradients));
  compare('  of it Adam', 1, 20, null, () => adam(1e-5));
  for (const count of [64, 1]) {
    let seed = 0;
    const same = plainSample(frozen, count, 1).words;
    const sampler = opened.sampler({ seed: 1, indices: indexRange(0, count), temperature: 1 });
    sampler.advance(N);
    const apart = same.filter((word, at) => word !== sampler.images.words[at]).length;
    compare(
      `sample ${count} images (${apart} words differ)`,
      count,
      count === 1 ? 100 : 5,
      () => plainSample(frozen, count, seed++),
      () => opened.sampler({ seed: seed++, indices: indexRange(0, count), temperature: 1 }).advance(N),
    );
  }
}
