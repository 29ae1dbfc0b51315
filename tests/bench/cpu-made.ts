/**
 * MADE on the cpu backend, 500 units, one order and two: rates a second of processor time, medians. The model is
 * trained for some steps first, so that as many of its units are 0 as in use.
 *   node tests/bench/cpu.mjs made
 */
import { MNIST_GRID, sliceImages } from '../../src/data/images.ts';
import { indexRange } from '../../src/data/rng.ts';
import { adamTensors } from '../../src/engine/backends/adam.ts';
import { reference } from '../../src/models/made/reference.ts';
import type { Hyper, Model, Tensors } from '../../src/models/types.ts';
import { mnist } from './cpu-tables.ts';

const N = 784;
const STRIDE = 25;
const BATCH = 128;
const STEPS = 40;

function rate(what: string, units: number, rounds: number, work: (round: number) => void): void {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    work(round);
    const { user, system } = process.cpuUsage(start);
    seconds.push((user + system) / 1e6);
  }
  const median = seconds.sort((a, b) => a - b)[rounds >> 1];
  console.log(`  ${what.padEnd(32)} ${(units / median).toFixed(1).padStart(9)}/s`);
}

function zeros(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, new Float32Array(t.length)]));
}

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
    const [gradients, first, second] = [zeros(tensors), zeros(tensors), zeros(tensors)];
    const batchOf = (at: number) => sliceImages(train, (at * BATCH) % (train.count - BATCH), BATCH);
    console.log(`${orders} ${orders === 1 ? 'order' : 'orders'}`);
    rate('train, one Adam step of 128', 1, STEPS, (step) => {
      reference.openGradient!(model).gradient(batchOf(step), gradients);
      adamTensors(tensors, gradients, first, second, step + 1, 1e-3);
    });
    rate('  of it the gradient', 1, 10, () => reference.openGradient!(model).gradient(batchOf(0), gradients));
    const opened = reference.open(model);
    const logs = opened.logLikelihood(test);
    console.log(`  after ${STEPS} steps: ${(-logs.reduce((s, v) => s + v, 0) / test.count).toFixed(1)} nats`);
    rate('score 200 images', 200, 10, () => opened.logLikelihood(test));
    for (const count of [64, 1]) {
      rate(`sample ${count} images`, count, count === 1 ? 30 : 8, (round) =>
        opened.sampler({ seed: round, indices: indexRange(0, count), temperature: 1 }).advance(N),
      );
    }
  }
}
