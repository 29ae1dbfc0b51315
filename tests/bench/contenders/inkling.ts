/** Inkling's own backends. */
import type { PackedImages } from '../../../src/data/images.ts';
import { MNIST_GRID, pixelCount } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import type { Backend, Evaluator, Learner } from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { zerosLike } from '../../../src/engine/backends/references.ts';
import { createWebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import { browserPool } from '../../../src/engine/pool-workers.ts';
import { loadSimd } from '../../../src/simd/load.ts';
import { LEARNING_RATE, SEED } from '../tasks.ts';
import type { Amount } from '../tasks.ts';
import type { OpenContender, Ready, Subject } from './contender.ts';
import { BINARISATION, batchAt, firstOf } from './contender.ts';

const N = pixelCount(MNIST_GRID);

export type Build = 'typed' | 'simd' | 'pool' | 'webgpu';

async function createBackend(build: Build): Promise<Backend> {
  if (build === 'typed') return createCpuBackend();
  if (build === 'simd') return createCpuBackend(loadSimd);
  if (build === 'pool') return createCpuBackend(loadSimd, browserPool());
  const created = await createWebGpuBackend(navigator.gpu);
  if (!created.ok) throw new Error(created.reason);
  return created.value;
}

async function draw(evaluator: Evaluator, count: number, pixels: number): Promise<PackedImages> {
  const sampler = await evaluator.sampler({ seed: SEED, indices: indexRange(0, count), temperature: 1 });
  while (sampler.position < pixels) await sampler.advance(pixels - sampler.position);
  const images = await sampler.images();
  sampler.destroy();
  return images;
}

/** As many images at a time as make use of the backend's threads. */
async function score(evaluator: Evaluator, { images }: Subject, { images: count }: Amount) {
  return await evaluator.logLikelihood(firstOf(images, count));
}

/** Plain Adam, without what the family's recipe adds to it. */
function openLearner(backend: Backend, { model, grey, batch }: Subject): Promise<Learner> {
  const [firstMoments, secondMoments] = [zerosLike(model.tensors), zerosLike(model.tensors)];
  return backend.learner({
    family: model.family,
    grid: model.grid,
    hyper: model.hyper,
    images: grey,
    binarisation: BINARISATION,
    targets: 'sampled',
    batchSize: batch,
    descent: { clip: null, average: null },
    state: { step: 0, tensors: model.tensors, firstMoments, secondMoments },
  });
}

async function openTraining(backend: Backend, subject: Subject): Promise<Ready> {
  const learner = await openLearner(backend, subject);
  let step = 0;
  return {
    get description() {
      return backend.description;
    },
    wholeImages: true,
    pixels: N,
    async run({ steps }) {
      for (let s = 0; s < steps; s++, step++) {
        await learner.step(batchAt(step, subject.batch, subject.grey.count), 0, LEARNING_RATE);
      }
      const { nats, images } = await learner.takeLoss();
      return [nats / images];
    },
    close() {
      learner.destroy();
      backend.destroy();
    },
  };
}

export function inkling(build: Build): OpenContender {
  return async (subject) => {
    const backend = await createBackend(build);
    if (subject.work === 'train') return await openTraining(backend, subject);
    const evaluator = await backend.open(subject.model);
    return {
      get description() {
        return backend.description;
      },
      wholeImages: true,
      pixels: N,
      run: (amount) =>
        subject.work === 'score'
          ? score(evaluator, subject, amount)
          : draw(evaluator, amount.images, amount.pixels),
      close() {
        evaluator.destroy();
        backend.destroy();
      },
    };
  };
}
