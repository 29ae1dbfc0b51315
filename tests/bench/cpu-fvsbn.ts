/**
 * FVSBN on the cpu backend against plain loops that touch only the weight rows of pixels that are on, one row
 * at a time, in the same process; medians; on typed arrays and in both builds of the WebAssembly. The model is trained for one epoch first, so that what it
 * samples has the ink of digits.
 *   node tests/bench/cpu.mjs fvsbn
 */
import type { PackedImages } from '../../src/data/images.ts';
import { MNIST_GRID, blankImages, sliceImages } from '../../src/data/images.ts';
import { Stream, streamKey, threefry2x32, uniform, indexRange } from '../../src/data/rng.ts';
import { adamTensors } from '../../src/engine/backends/adam.ts';
import { initialise, reference } from '../../src/models/fvsbn/reference.ts';
import { rowBases } from '../../src/models/fvsbn/layout.ts';
import { sigmoid, softplus } from '../../src/models/shared/math.ts';
import type { CpuModel } from '../../src/models/cpu-model.ts';
import type { Model, Tensors } from '../../src/models/model.ts';
import { BUILDS, compare, openRun, zeros } from './contenders.ts';
import { mnist } from './cpu-tables.ts';

const N = 784;
const STRIDE = 25;
const BATCH = 128;
const BASES = rowBases(N);

export function plainLogits(model: Model, words: Uint32Array, start: number, z: Float32Array): void {
  const weight = model.tensors.weight;
  z.set(model.tensors.bias);
  for (let j = 0; j < N; j++) {
    if (!((words[start + (j >> 5)] >>> (j & 31)) & 1)) continue;
    const base = BASES[j];
    for (let i = j + 1; i < N; i++) z[i] += weight[base + i];
  }
}

function plainScore(model: Model, images: PackedImages): Float64Array {
  const z = new Float32Array(N);
  const result = new Float64Array(images.count);
  for (let m = 0; m < images.count; m++) {
    plainLogits(model, images.words, m * STRIDE, z);
    let loss = 0;
    for (let i = 0; i < N; i++) {
      const x = (images.words[m * STRIDE + (i >> 5)] >>> (i & 31)) & 1;
      loss += softplus(x ? -z[i] : z[i]);
    }
    result[m] = -loss;
  }
  return result;
}

function plainGradient(model: Model, batch: PackedImages, gradients: Tensors): void {
  const { bias, weight } = gradients;
  const z = new Float32Array(N);
  bias.fill(0);
  weight.fill(0);
  for (let m = 0; m < batch.count; m++) {
    plainLogits(model, batch.words, m * STRIDE, z);
    for (let i = 0; i < N; i++) {
      const x = (batch.words[m * STRIDE + (i >> 5)] >>> (i & 31)) & 1;
      z[i] = (sigmoid(z[i]) - x) / batch.count;
      bias[i] += z[i];
    }
    for (let j = 0; j < N; j++) {
      if (!((batch.words[m * STRIDE + (j >> 5)] >>> (j & 31)) & 1)) continue;
      const base = BASES[j];
      for (let i = j + 1; i < N; i++) weight[base + i] += z[i];
    }
  }
}

function plainSample(model: Model, count: number, seed: number): PackedImages {
  const { bias, weight } = model.tensors;
  const images = blankImages(MNIST_GRID, count);
  const z = new Float32Array(N);
  const pair = new Uint32Array(2);
  for (let m = 0; m < count; m++) {
    z.set(bias);
    for (let i = 0; i < N; i++) {
      if ((i & 1) === 0) threefry2x32(seed, streamKey(Stream.sample), m, i >> 1, pair);
      if (!(uniform(pair[i & 1]) < sigmoid(z[i]))) continue;
      images.words[m * STRIDE + (i >> 5)] |= 1 << (i & 31);
      const base = BASES[i];
      for (let k = i + 1; k < N; k++) z[k] += weight[base + k];
    }
  }
  return images;
}

export function run(): void {
  const train = mnist('train');
  const test = sliceImages(mnist('t10k'), 0, 1000);
  const means = new Float64Array(N);
  for (let m = 0; m < train.count; m++) {
    for (let i = 0; i < N; i++)
      means[i] += ((train.words[m * STRIDE + (i >> 5)] >>> (i & 31)) & 1) / train.count;
  }
  const model: Model = {
    family: 'fvsbn',
    grid: MNIST_GRID,
    hyper: {},
    tensors: initialise(MNIST_GRID, means),
  };
  const batchOf = (at: number) => sliceImages(train, (at * BATCH) % (train.count - BATCH), BATCH);
  const learner = openRun(reference, model, BUILDS[2][1]);
  for (let step = 0; step < 469; step++) {
    learner.gradient(batchOf(step));
    learner.update(2e-3 * (1 - step / 480));
  }
  const frozen: Model = { ...model, tensors: copyOf(learner.model.tensors) };
  const opened = BUILDS.map(([name, simd]) => [name, reference.open(frozen, simd)] as const);

  const plainLogs = plainScore(frozen, test);
  for (const [name, each] of opened) {
    const logs = each.logLikelihood(test);
    console.log(
      `after one epoch, ${name}: ${(-logs.reduce((s, v) => s + v, 0) / test.count).toFixed(5)} nats; largest difference to plain f32: ${Math.max(...logs.map((v, m) => Math.abs(v - plainLogs[m]))).toExponential(1)} nats`,
    );
  }

  const score = (images: PackedImages) => [
    ['plain', () => void plainScore(frozen, images)] as const,
    ...opened.map(([name, each]) => [name, () => void each.logLikelihood(images)] as const),
  ];
  compare('score 1,000 images', 1000, 15, score(test));
  compare('the same, model opened each time', 1000, 15, [
    ['plain', () => void plainScore(frozen, test)],
    ...BUILDS.map(
      ([name, simd]) => [name, () => void reference.open(frozen, simd).logLikelihood(test)] as const,
    ),
  ]);
  compare('score 1 image', 1, 200, score(sliceImages(test, 5, 1)));
  let step = 0;
  const gradients = zeros(frozen.tensors);
  const [first, second] = [zeros(frozen.tensors), zeros(frozen.tensors)];
  const plainModel = { ...frozen, tensors: copyOf(frozen.tensors) };
  const runs = BUILDS.map(([name, simd]) => [name, openRun(reference, frozen, simd)] as const);
  compare('train, one Adam step of 128', 1, 30, [
    [
      'plain',
      () => {
        step++;
        plainGradient(plainModel, batchOf(step), gradients);
        adamTensors(plainModel.tensors, gradients, first, second, step, 1e-5);
      },
    ],
    ...runs.map(
      ([name, own]) =>
        [
          name,
          () => {
            own.gradient(batchOf(++step));
            own.update(1e-5);
          },
        ] as const,
    ),
  ]);
  compare('  of it the gradient', 1, 20, [
    ['plain', () => plainGradient(plainModel, batchOf(1), gradients)],
    ...runs.map(([name, own]) => [name, () => own.gradient(batchOf(1))] as const),
  ]);
  compare(
    '  of it Adam',
    1,
    20,
    runs.map(([name, own]) => [name, () => own.update(1e-5)] as const),
  );
  for (const count of [64, 1]) {
    let seed = 0;
    const same = plainSample(frozen, count, 1).words;
    const draw = (each: CpuModel, by: number) => {
      const sampler = each.sampler({ seed: by, indices: indexRange(0, count), temperature: 1 });
      sampler.advance(N);
      return sampler.images.words;
    };
    const apart = opened.map(([, each]) => {
      const words = draw(each, 1);
      return same.filter((word, at) => word !== words[at]).length;
    });
    compare(`sample ${count} images (${apart.join(', ')} words differ)`, count, count === 1 ? 300 : 25, [
      ['plain', () => void plainSample(frozen, count, seed++)],
      ...opened.map(([name, each]) => [name, () => void draw(each, seed++)] as const),
    ]);
  }
}

function copyOf(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, values]) => [name, values.slice()]));
}
