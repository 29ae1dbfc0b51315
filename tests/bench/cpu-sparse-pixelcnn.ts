/**
 * The sparse PixelCNN on the cpu backend by processor time: images a second of its gradient, of scoring and of drawing, and how many
 * operations of its matrix products that is, on typed arrays and in WebAssembly SIMD.
 *   node tests/bench/cpu.mjs sparse-pixelcnn
 */
import { pixelMeans } from '../../src/data/dataset.ts';
import type { PackedImages } from '../../src/data/images.ts';
import { MNIST_GRID, sliceImages, unpackImage } from '../../src/data/images.ts';
import { indexRange } from '../../src/data/rng.ts';
import { adamTensors } from '../../src/engine/backends/adam.ts';
import { zerosLike } from '../../src/engine/backends/references.ts';
import { isActive } from '../../src/models/sparse-pixelcnn/definition.ts';
import { DOWN, MIDDLE, QUIET, UP } from '../../src/models/sparse-pixelcnn/layout.ts';
import { initialise } from '../../src/models/sparse-pixelcnn/initialise.ts';
import { reference } from '../../src/models/sparse-pixelcnn/reference.ts';
import { loadSimd } from '../../src/simd/load.ts';
import { mnist } from './cpu-tables.ts';

const BLOCKS = 8;
const BATCH = 16;

function seconds(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** Operations of the products that score an image, in billions, on average; a gradient takes three times as many. */
function billions(images: PackedImages): number {
  const products = (layers: readonly { inputs: number; outputs: number }[]) =>
    layers.reduce((sum, { inputs, outputs }) => sum + 2 * inputs * outputs, 0);
  let sum = 0;
  for (let m = 0; m < images.count; m++) {
    const x = unpackImage(images, m);
    x.forEach((_, i) => {
      sum += isActive(MNIST_GRID, x, i) ? BLOCKS * products([DOWN, MIDDLE, UP]) : products([QUIET]);
    });
  }
  return sum / images.count / 1e9;
}

export async function run(): Promise<void> {
  const train = mnist('train');
  const test = mnist('t10k');
  const simd = await loadSimd();
  const hyper = { blocks: BLOCKS };
  const each = billions(sliceImages(train, 0, 200));
  console.log(`${each.toFixed(4)} billion operations to score a digit`);
  for (const computer of simd ? [null, simd] : [null]) {
    const name = computer?.description ?? 'typed arrays';
    const count = computer ? 256 : 16;
    const tensors = initialise(MNIST_GRID, hyper, pixelMeans(sliceImages(train, 0, 1000)), 0);
    const model = { family: 'sparse-pixelcnn', grid: MNIST_GRID, hyper, tensors };
    const [gradients, first, second] = [tensors, tensors, tensors].map(zerosLike);
    const descent = reference.openGradient!(model, computer);
    const step = (number: number) => {
      descent.gradient(sliceImages(train, number * BATCH, BATCH), gradients);
      adamTensors(tensors, gradients, first, second, number, 1e-3);
    };
    const report = (what: string, images: number, took: number, factor: number) =>
      console.log(
        `${name}: ${what} ${(images / took).toFixed(1)} images/s, ${((factor * each * images) / took).toFixed(1)} GFLOP/s`,
      );
    step(1);
    const steps = count / BATCH;
    const learnt = seconds(() => {
      for (let number = 2; number <= steps + 1; number++) step(number);
    });
    report('learn', count, learnt, 3);
    const opened = reference.open(model, computer);
    opened.logLikelihood(sliceImages(test, 0, 4));
    report(
      'score',
      count,
      seconds(() => opened.logLikelihood(sliceImages(test, 0, count))),
      1,
    );
    const sampler = opened.sampler({ seed: 1, indices: indexRange(0, count), temperature: 1 });
    report(
      'draw',
      count,
      seconds(() => sampler.advance(784)),
      1,
    );
  }
}
