/** The threads of the cpu backend as workers of a browser, whose messages and WebAssembly are others than those of Node. */
import { afterAll, describe, expect, it } from 'vitest';
import { MNIST_GRID } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import type { StartWorker } from '../../../src/engine/backends/pool/connection.ts';
import type { Answer } from '../../../src/engine/backends/pool/messages.ts';
import { WorkerPool } from '../../../src/engine/backends/pool/pool.ts';
import { initialState } from '../../../src/engine/backends/references.ts';
import { completeHyper, findFamily } from '../../../src/models/registry.ts';
import { loadSimd } from '../../../src/simd/load.ts';
import { randomImages, randomModel } from '../../unit/models/families.ts';

const THREADS = 3;
const asked: string[] = [];

const start: StartWorker = (onAnswer, onEnd) => {
  const worker = new Worker(new URL('./pool-worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
    // What a worker cannot do would be done by this thread, and be missed.
    if ('error' in data) onEnd(data.error);
    else onAnswer(data);
  });
  worker.addEventListener('error', ({ message }) => onEnd(message));
  return {
    post(message, transfer) {
      if ('call' in message) asked.push(message.task.kind);
      worker.postMessage(message, transfer);
    },
    end: () => worker.terminate(),
  };
};

const pool = new WorkerPool(THREADS, start);
const alone = createCpuBackend(loadSimd);
const together = createCpuBackend(loadSimd, pool);
afterAll(() => together.destroy());

function expectWorkers(kind: string): void {
  expect(pool.failure).toBeNull();
  expect(pool.threads).toBe(THREADS);
  expect(asked).toContain(kind);
}

describe.each([
  ['nade', { hidden: 40 }],
  ['sparse-pixelcnn', { blocks: 1 }],
] as const)('workers of a browser: %s', (family, given) => {
  const hyper = completeHyper(findFamily(family)!, given);

  it('draw the images that one thread draws, and score them alike, bit for bit', async () => {
    const model = randomModel(family, MNIST_GRID, 0.05, 1, hyper);
    const opened = await Promise.all([alone, together].map((backend) => backend.open(model)));
    const request = { seed: 4, indices: indexRange(0, 256), temperature: 1 };
    const drawn = await Promise.all(
      opened.map(async (each) => {
        const sampler = await each.sampler(request);
        for (let pixels = 0; pixels < 784; pixels += 300) await sampler.advance(300);
        const images = await sampler.images();
        sampler.destroy();
        return images;
      }),
    );
    expect(drawn[1]).toEqual(drawn[0]);
    const scores = await Promise.all(opened.map((each) => each.logLikelihood(drawn[0])));
    expect(scores[1]).toEqual(scores[0]);
    opened.forEach((each) => each.destroy());
    for (const kind of ['advance', 'images', 'read']) expectWorkers(kind);
  });

  it('learn the weights that one thread learns', async () => {
    const images = randomImages(MNIST_GRID, 32, 0.2);
    const pixels = Uint8Array.from({ length: 32 * 784 }, (_, at) => {
      const [m, i] = [Math.floor(at / 784), at % 784];
      return 255 * ((images.words[m * 25 + (i >> 5)] >>> (i & 31)) & 1);
    });
    const means = [new Float64Array(784).fill(0.2)];
    const about = { family, grid: MNIST_GRID, hyper };
    const weights = await Promise.all(
      [alone, together].map(async (backend) => {
        const learner = await backend.learner({
          ...about,
          images: { grid: MNIST_GRID, count: 32, pixels, labels: null },
          binarisation: { kind: 'threshold' },
          batchSize: 32,
          state: { ...initialState(about, means, [32], 1), shards: THREADS },
        });
        for (let step = 0; step < 3; step++) await learner.step(indexRange(0, 32), 0, 0.01);
        const { tensors } = await learner.state();
        learner.destroy();
        return tensors;
      }),
    );
    expect(weights[1]).toEqual(weights[0]);
    expectWorkers('gradient');
  });
});
