/**
 * NADE with 500 hidden units on the cpu backend against plain loops in f32 arrays that open the hidden units only
 * after a pixel that is on, one output of one image at a time, in the same process; medians: on typed arrays and in both
 * builds of the WebAssembly. The model is trained for some steps first, so that what it samples has the ink of digits; a random
 * one samples noise.
 *   node tests/bench/cpu.mjs nade
 */
import type { PackedImages } from '../../src/data/images.ts';
import { MNIST_GRID, sliceImages } from '../../src/data/images.ts';
import { indexRange, threefry2x32, uniform } from '../../src/data/rng.ts';
import { adamTensors } from '../../src/engine/backends/adam.ts';
import { initialise, reference } from '../../src/models/nade/reference.ts';
import type { Model, Tensors } from '../../src/models/model.ts';
import { BUILDS, compare, openRun, zeros } from './contenders.ts';
import { mnist } from './cpu-tables.ts';
import { HIDDEN, isOn, plainGradient, plainSample, plainScore } from './plain-nade.ts';

const N = 784;
const BATCH = 128;

/** Random weights, which draw images half of ink: the worst case of computing outputs ahead. */
function randomWeights(): Tensors {
  const { tensors } = modelOf(initialise(MNIST_GRID, { hidden: HIDDEN }, new Float64Array(N).fill(0.5), 2));
  const pair = new Uint32Array(2);
  tensors.output.forEach((_, at) => {
    threefry2x32(5, 1, at, 0, pair);
    tensors.output[at] = (uniform(pair[0]) - 0.5) / 10;
  });
  return tensors;
}

function modelOf(tensors: Tensors): Model {
  return { family: 'nade', grid: MNIST_GRID, hyper: { hidden: HIDDEN }, tensors };
}

function sampling(name: string, model: Model): void {
  const opened = BUILDS.map(([build, simd]) => [build, reference.open(model, simd)] as const);
  for (const count of [64, 1]) {
    const plain = plainSample(model, count, 1);
    const ink = plain.words.reduce((sum, word) => sum + bits(word), 0) / count;
    const apart = opened.map(([, each]) => {
      const sampler = each.sampler({ seed: 1, indices: indexRange(0, count), temperature: 1 });
      sampler.advance(N);
      return plain.words.filter((word, at) => word !== sampler.images.words[at]).length;
    });
    let seed = 0;
    compare(
      `sample ${count} ${name} (ink ${ink.toFixed(0)}; ${apart.join(', ')} words differ)`,
      count,
      count === 1 ? 60 : 5,
      [
        ['plain', () => void plainSample(model, count, seed++)],
        ...opened.map(
          ([build, each]) =>
            [
              build,
              () => each.sampler({ seed: seed++, indices: indexRange(0, count), temperature: 1 }).advance(N),
            ] as const,
        ),
      ],
    );
  }
}

function bits(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}

export function run(): void {
  const train = mnist('train');
  const test = sliceImages(mnist('t10k'), 0, 1000);
  const means = new Float64Array(N);
  for (let m = 0; m < train.count; m++) {
    for (let i = 0; i < N; i++) means[i] += isOn(train, m, i) / train.count;
  }
  const model = modelOf(initialise(MNIST_GRID, { hidden: HIDDEN }, means, 1));
  const batchOf = (at: number) => sliceImages(train, (at * BATCH) % (train.count - BATCH), BATCH);
  const runs = BUILDS.map(([name, simd]) => [name, openRun(reference, model, simd)] as const);
  const learnt = runs[2][1];
  let step = 0;
  for (; step < 150; step++) {
    learnt.gradient(batchOf(step));
    learnt.update(2e-3 * (1 - step / 170));
  }
  const frozen = modelOf(structuredClone(learnt.model.tensors));
  const opened = BUILDS.map(([name, simd]) => [name, reference.open(frozen, simd)] as const);
  const nats = opened.map(([, each]) => each.logLikelihood(test).reduce((s, v) => s - v, 0) / test.count);
  console.log(`after ${step} steps: ${nats.map((mean) => mean.toFixed(5)).join(', ')} nats`);

  const some = sliceImages(test, 0, 200);
  const one = sliceImages(test, 5, 1);
  const score = (images: PackedImages) =>
    opened.map(([name, each]) => [name, () => void each.logLikelihood(images)] as const);
  compare('score 1,000 images', 1000, 5, score(test));
  compare('score 200 images', 200, 5, [['plain', () => void plainScore(frozen, some)], ...score(some)]);
  compare('score 1 image', 1, 50, [['plain', () => void plainScore(frozen, one)], ...score(one)]);
  const gradients = zeros(frozen.tensors);
  const [first, second] = [zeros(frozen.tensors), zeros(frozen.tensors)];
  const plainModel = modelOf(structuredClone(frozen.tensors));
  const plainStep = () => {
    plainGradient(plainModel, batchOf(++step), gradients);
    adamTensors(plainModel.tensors, gradients, first, second, step, 1e-5);
  };
  const steps = runs.map(
    ([name, run]) =>
      [
        name,
        () => {
          run.gradient(batchOf(++step));
          run.update(1e-5);
        },
      ] as const,
  );
  compare('train, one Adam step of 128', 1, 8, steps);
  compare('the same beside plain loops', 1, 3, [['plain', plainStep], ...steps]);
  compare(
    '  of it the gradient',
    1,
    10,
    runs.map(([name, run]) => [name, () => run.gradient(batchOf(1))] as const),
  );
  compare(
    '  of it Adam',
    1,
    20,
    runs.map(([name, run]) => [name, () => run.update(1e-5)] as const),
  );
  sampling('digits', frozen);
  sampling('noise', modelOf(randomWeights()));
}
