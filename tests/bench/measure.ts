/** Runs in a worker, as the engine does in the app. */
import { indexRange } from '../../src/data/rng.ts';
import { binarise } from '../../src/data/binarise.ts';
import type { Binarisation } from '../../src/data/binarisation.ts';
import { pixelMeans } from '../../src/data/dataset.ts';
import { readIdxImages } from '../../src/data/idx.ts';
import {
  type GreyImages,
  MNIST_GRID,
  type PackedImages,
  pixelCount,
  sliceImages,
} from '../../src/data/images.ts';
import type { Backend, Evaluator, LearnerState } from '../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../src/engine/backends/cpu.ts';
import { initialState } from '../../src/engine/backends/references.ts';
import { createWebGpuBackend } from '../../src/engine/backends/webgpu/backend.ts';
import { PlainFvsbn } from './plain.ts';
import type { BenchMessage, BenchReport, Contender, Rate, Row } from './report.ts';

const FAMILY = 'fvsbn';
const N = pixelCount(MNIST_GRID);
const BATCH = 128;
const LEARNING_RATE = 0.005;
const BINARISATION: Binarisation = { kind: 'stochastic', seed: 0 };
/** Steps timed together, so that throughput is measured rather than the latency of one submission. */
const STEPS = 5;

const WARM_UPS = 2;
const MAX_REPEATS = 25;
const MIN_REPEATS = 3;
const MIN_MS = 30;
const SECONDS = 2.5;

const send = (message: BenchMessage) => postMessage(message);

/**
 * Rate of `run`, each call of which does `amount` units of work, in units per second. Short runs are timed several at a
 * time, because the clock of the page has a resolution of 0.1 ms.
 */
async function rate(amount: number, run: (repeat: number) => unknown): Promise<Rate> {
  let runs = 0;
  const timed = async (batch: number) => {
    const start = performance.now();
    for (let i = 0; i < batch; i++) await run(runs++);
    return performance.now() - start;
  };
  for (let i = 0; i < WARM_UPS; i++) await timed(1);
  let batch = 1;
  while ((await timed(batch)) < MIN_MS) batch *= 2;
  const rates: number[] = [];
  const begun = performance.now();
  while (rates.length < MAX_REPEATS) {
    rates.push((amount * batch * 1000) / (await timed(batch)));
    if (rates.length >= MIN_REPEATS && performance.now() - begun > SECONDS * 1000) break;
  }
  rates.sort((a, b) => a - b);
  return {
    median: rates[rates.length >> 1],
    min: rates[0],
    max: rates[rates.length - 1],
    repeats: rates.length,
  };
}

/** Weights after enough steps that samples have as much ink as digits. */
async function trainedState(images: GreyImages): Promise<LearnerState> {
  const means = pixelMeans(binarise(images, BINARISATION));
  const state = initialState({ family: FAMILY, grid: MNIST_GRID, hyper: {} }, [means], [images.count], 0);
  const learner = await openLearner(createCpuBackend(), images, state);
  for (let step = 0; step < 150; step++) await learner.step(batchOf(step, images.count), 0, LEARNING_RATE);
  return learner.state();
}

function openLearner(backend: Backend, images: GreyImages, state: LearnerState) {
  return backend.learner({
    family: FAMILY,
    grid: MNIST_GRID,
    hyper: {},
    images,
    binarisation: BINARISATION,
    batchSize: BATCH,
    state,
  });
}

function batchOf(step: number, count: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: BATCH }, (_, i) => (step * BATCH + i) % count);
}

async function drawn(evaluator: Evaluator, count: number, seed: number): Promise<PackedImages> {
  const sampler = await evaluator.sampler({ seed, indices: indexRange(0, count), temperature: 1 });
  while (sampler.position < N) await sampler.advance(N);
  const images = await sampler.images();
  sampler.destroy();
  return images;
}

interface Timed {
  readonly mean: number;
  readonly rates: readonly Rate[];
}

async function timeBackend(backend: Backend, grey: GreyImages, state: LearnerState): Promise<Timed> {
  const packed = binarise(grey, BINARISATION);
  const evaluator = await backend.open({
    family: FAMILY,
    grid: MNIST_GRID,
    hyper: {},
    tensors: state.tensors,
  });
  const logLikelihood = await evaluator.logLikelihood(packed);
  const mean = logLikelihood.reduce((sum, value) => sum + value, 0) / packed.count;
  const learner = await openLearner(backend, grey, state);
  const steps = async (repeat: number) => {
    for (let s = 0; s < STEPS; s++)
      await learner.step(batchOf(repeat * STEPS + s, grey.count), 0, LEARNING_RATE);
    await learner.takeLoss();
  };
  const rates = [
    await rate(packed.count, () => evaluator.logLikelihood(packed)),
    await rate(64, (repeat) => drawn(evaluator, 64, repeat)),
    await rate(1, (repeat) => drawn(evaluator, 1, repeat)),
    await rate(STEPS, steps),
  ];
  learner.destroy();
  evaluator.destroy();
  return { mean, rates };
}

async function timePlain(grey: GreyImages, state: LearnerState): Promise<Timed> {
  const packed = binarise(grey, BINARISATION);
  const plain = new PlainFvsbn(N, state.tensors);
  const mean = plain.score(packed) / packed.count;
  const batches = Math.floor(packed.count / BATCH);
  const steps = (repeat: number) => {
    for (let s = 0; s < STEPS; s++)
      plain.step(sliceImages(packed, ((repeat * STEPS + s) % batches) * BATCH, BATCH), LEARNING_RATE);
  };
  const rates = [
    await rate(packed.count, () => plain.score(packed)),
    await rate(64, (repeat) => plain.sample(64, repeat)),
    await rate(1, (repeat) => plain.sample(1, repeat)),
    await rate(STEPS, steps),
  ];
  return { mean, rates };
}

const WORK: readonly Omit<Row, 'rates'>[] = [
  { work: 'score FVSBN, 1,000 images', unit: 'images/s' },
  { work: 'sample FVSBN, 64 images', unit: 'images/s' },
  { work: 'sample FVSBN, 1 image', unit: 'images/s' },
  { work: 'train FVSBN, one Adam step', unit: 'steps/s' },
];

async function bench(idx: Uint8Array<ArrayBuffer>, contenders: readonly Contender[]): Promise<BenchReport> {
  const read = readIdxImages(idx, 'starter digits');
  if (!read.ok) throw new Error(read.reason);
  const grey = read.value;
  if (grey.count !== 1000) throw new Error(`starter digits: ${grey.count} images instead of 1,000`);
  send({ type: 'status', text: 'training the model to be measured' });
  const state = await trainedState(grey);
  const timed: Partial<Record<Contender, Timed>> = {};
  let adapter = 'not asked for';
  for (const contender of contenders) {
    send({ type: 'status', text: `measuring ${contender}` });
    if (contender === 'plain') {
      timed.plain = await timePlain(grey, state);
      continue;
    }
    const backend = contender === 'cpu' ? createCpuBackend() : await webgpu();
    if (contender === 'webgpu') adapter = backend.description;
    timed[contender] = await timeBackend(backend, grey, state);
    backend.destroy();
  }
  const entries = Object.entries(timed);
  return {
    adapter,
    cores: navigator.hardwareConcurrency,
    meanLogLikelihood: Object.fromEntries(entries.map(([name, { mean }]) => [name, mean])),
    rows: WORK.map((row, r) => ({
      ...row,
      rates: Object.fromEntries(entries.map(([name, { rates }]) => [name, rates[r]])),
    })),
  };
}

async function webgpu(): Promise<Backend> {
  const created = await createWebGpuBackend(navigator.gpu);
  if (!created.ok) throw new Error(created.reason);
  return created.value;
}

addEventListener(
  'message',
  ({ data }: MessageEvent<{ idx: Uint8Array<ArrayBuffer>; contenders: Contender[] }>) => {
    bench(data.idx, data.contenders).then(
      (report) => send({ type: 'report', report }),
      (error: unknown) =>
        send({
          type: 'error',
          reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }),
    );
  },
);
