/**
 * PixelCNN on the cpu backend: images a second, and seconds of one Adam step, by processor time. A few steps first, so
 * that about as many features are on as in training.
 *   node tests/bench/cpu.mjs pixelcnn
 */
import { pixelMeans } from '../../src/data/dataset.ts';
import { MNIST_GRID, sliceImages } from '../../src/data/images.ts';
import { indexRange } from '../../src/data/rng.ts';
import { adamTensors } from '../../src/engine/backends/adam.ts';
import { zerosLike } from '../../src/engine/backends/references.ts';
import { definition, initialise, reference } from '../../src/models/pixelcnn/reference.ts';
import { unpackImage } from '../../src/data/images.ts';
import { mnist } from './cpu-tables.ts';

function seconds(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

export function run(): void {
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
  for (let step = 1; step <= 6; step++) {
    const batch = sliceImages(train, step * 32, 32);
    let loss = 0;
    const gradient = seconds(() => (loss = reference.openGradient!(model).gradient(batch, gradients)));
    const adam = seconds(() => adamTensors(tensors, gradients, first, second, step, 1e-3));
    console.log(
      `step ${step}: ${(loss / 32).toFixed(2)} nats, gradient of 32 images ${gradient.toFixed(2)} s, Adam ${adam.toFixed(4)} s`,
    );
  }
  console.log(`100 test digits after: ${mean().toFixed(2)} nats`);
  console.log(`score: ${(100 / seconds(() => mean())).toFixed(1)} images/s`);
  const plain = seconds(() => definition.logLikelihood(model, unpackImage(test, 0)));
  console.log(`definition: ${(1 / plain).toFixed(1)} images/s`);
  const sampler = reference.open(model).sampler({ seed: 1, indices: indexRange(0, 16), temperature: 1 });
  console.log(`sample: ${(16 / seconds(() => sampler.advance(784))).toFixed(1)} images/s`);
}
