/**
 * PixelCNN on the cpu backend: images a second by processor time, on typed arrays and in SIMD. A few steps first, so
 * that about as many features are on as in training.
 *   node tests/bench/cpu.mjs pixelcnn
 * Node 20 fuses multiply-add with --experimental-wasm-relaxed-simd only.
 */
import { pixelMeans } from '../../src/data/dataset.ts';
import { MNIST_GRID, sliceImages } from '../../src/data/images.ts';
import { indexRange } from '../../src/data/rng.ts';
import { adamTensors } from '../../src/engine/backends/adam.ts';
import { zerosLike } from '../../src/engine/backends/references.ts';
import { definition, initialise, reference } from '../../src/models/pixelcnn/reference.ts';
import { unpackImage } from '../../src/data/images.ts';
import { loadSimd } from '../../src/simd/load.ts';
import { mnist } from './cpu-tables.ts';

function seconds(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** Repeats `work`, which handles `count` of something, for about half a second: how many a second. */
function rate(count: number, work: () => void): number {
  work();
  let done = 0;
  let spent = 0;
  while (spent < 0.5) {
    spent += seconds(work);
    done += count;
  }
  return done / spent;
}

export async function run(): Promise<void> {
  const train = mnist('train');
  const test = sliceImages(mnist('t10k'), 0, 100);
  const hyper = { blocks: 15 };
  const tensors = initialise(MNIST_GRID, hyper, pixelMeans(sliceImages(train, 0, 1000)), 0);
  const model = { family: 'pixelcnn', grid: MNIST_GRID, hyper, tensors };
  const [gradients, first, second] = [tensors, tensors, tensors].map(zerosLike);
  const mean = () =>
    -reference
      .open(model)
      .logLikelihood(test)
      .reduce((sum, v) => sum + v, 0) / 100;
  console.log(`100 test digits before: ${mean().toFixed(2)} nats`);
  const descent = reference.openGradient!(model);
  for (let step = 1; step <= 6; step++) {
    const batch = sliceImages(train, step * 32, 32);
    const loss = descent.gradient(batch, gradients);
    const adam = seconds(() => adamTensors(tensors, gradients, first, second, step, 1e-3));
    console.log(`step ${step}: ${(loss / 32).toFixed(2)} nats, Adam ${(1000 * adam).toFixed(2)} ms`);
  }
  console.log(`100 test digits after: ${mean().toFixed(2)} nats`);
  const plain = seconds(() => definition.logLikelihood(model, unpackImage(test, 0)));
  console.log(`definition: ${(1 / plain).toFixed(1)} images/s`);
  const simd = await loadSimd();
  const batch = sliceImages(train, 0, 16);
  const rates = [null, simd].map((own) => {
    const opened = reference.open(model, own);
    const gradient = reference.openGradient!(model, own);
    const drawn = () => opened.sampler({ seed: 1, indices: indexRange(0, 16), temperature: 1 }).advance(784);
    const values = [
      rate(test.count, () => opened.logLikelihood(test)),
      rate(batch.count, () => gradient.gradient(batch, gradients)),
      rate(16, drawn),
    ];
    const [score, train, sample] = values.map((value) => value.toFixed(1));
    console.log(
      `${own?.description ?? 'typed arrays'}: ${score} scored, ${train} trained, ${sample} sampled a second`,
    );
    return values;
  });
  console.log(`ratios: ${rates[1].map((value, i) => (value / rates[0][i]).toFixed(2)).join(', ')}`);
}
