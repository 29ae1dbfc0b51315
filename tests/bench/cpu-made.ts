/**
 * MADE on the cpu backend, 500 units, one order and two, on typed arrays and in both builds of the WebAssembly: rates a second of
 * processor time, medians. The model is trained for some steps first, so that as many of its units are 0 as in use.
 *   node tests/bench/cpu.mjs made
 */
import { MNIST_GRID, sliceImages } from '../../src/data/images.ts';
import { indexRange } from '../../src/data/rng.ts';
import { reference } from '../../src/models/made/reference.ts';
import type { CpuModel } from '../../src/models/cpu-model.ts';
import type { Hyper, Model } from '../../src/models/model.ts';
import { BUILDS, compare, openRun, type Run } from './contenders.ts';
import { mnist } from './cpu-tables.ts';

const N = 784;
const STRIDE = 25;
const BATCH = 128;
const STEPS = 40;

export function run(): void {
  const train = mnist('train');
  const test = sliceImages(mnist('t10k'), 0, 200);
  const means = new Float64Array(N);
  for (let m = 0; m < train.count; m++) {
    for (let i = 0; i < N; i++)
      means[i] += ((train.words[m * STRIDE + (i >> 5)] >>> (i & 31)) & 1) / train.count;
  }
  for (const orders of [1, 2]) {
    const hyper: Hyper = { hidden: 500, layers: 1, orders };
    const tensors = reference.initialise!(MNIST_GRID, hyper, means, 0);
    const model: Model = { family: 'made', grid: MNIST_GRID, hyper, tensors };
    const batchOf = (at: number) => sliceImages(train, (at * BATCH) % (train.count - BATCH), BATCH);
    const runs = BUILDS.map(([name, simd]) => [name, openRun(reference, model, simd)] as const);
    let step = 0;
    const stepBy = (run: Run) => {
      run.gradient(batchOf(step++));
      run.update(1e-3);
    };
    const learnt = runs[2][1];
    for (; step < STEPS;) stepBy(learnt);
    const frozen = { ...model, tensors: structuredClone(learnt.model.tensors) };
    const opened = BUILDS.map(([name, simd]) => [name, reference.open(frozen, simd)] as const);
    const nats = opened.map(([, each]) => each.logLikelihood(test).reduce((s, v) => s - v, 0) / test.count);
    console.log(
      `${orders} ${orders === 1 ? 'order' : 'orders'}, after ${STEPS} steps: ${nats.map((mean) => mean.toFixed(5)).join(', ')} nats`,
    );
    compare(
      'score 200 images',
      200,
      8,
      opened.map(([name, each]) => [name, () => void each.logLikelihood(test)] as const),
    );
    const one = sliceImages(test, 5, 1);
    compare(
      'score 1 image',
      1,
      30,
      opened.map(([name, each]) => [name, () => void each.logLikelihood(one)] as const),
    );
    for (const count of [64, 1]) {
      let seed = 0;
      const draw = (each: CpuModel) =>
        each.sampler({ seed: seed++, indices: indexRange(0, count), temperature: 1 }).advance(N);
      compare(
        `sample ${count} images`,
        count,
        count === 1 ? 30 : 8,
        opened.map(([name, each]) => [name, () => draw(each)] as const),
      );
    }
    compare(
      'train, one Adam step of 128',
      1,
      10,
      runs.map(([name, run]) => [name, () => stepBy(run)] as const),
    );
    compare(
      '  of it the gradient',
      1,
      10,
      runs.map(([name, run]) => [name, () => run.gradient(batchOf(0))] as const),
    );
  }
}
