/** What the tests of the sparse PixelCNN's kernels compare, whole and with a planted error. */
import { blankImages, MNIST_GRID, type Grid, type PackedImages, setPixel } from '../../../src/data/images.ts';
import type { Sampler } from '../../../src/engine/backends/backend.ts';
import { openSampler } from '../../../src/engine/backends/webgpu/sampler.ts';
import { LogitReader, Scorer } from '../../../src/engine/backends/webgpu/scorer.ts';
import { openScope } from '../../../src/engine/backends/webgpu/scope.ts';
import type { Device } from '../../../src/gpu/device.ts';
import { FORWARD } from '../../../src/models/sparse-pixelcnn/program-forward.ts';
import { GRADIENT, gradientWithin } from '../../../src/models/sparse-pixelcnn/program-gradient.ts';
import { LIKELIHOOD } from '../../../src/models/sparse-pixelcnn/program-likelihood.ts';
import { SAMPLE } from '../../../src/models/sparse-pixelcnn/program-sampler.ts';
import type { Model } from '../../../src/models/model.ts';
import type { SampleRequest } from '../../../src/models/sampling.ts';
import { readingErrors, sampleErrors, targetBytes } from '../comparison.ts';
import { randomModel } from '../setup.ts';

export const READ = [...FORWARD, LIKELIHOOD];
export const DESCEND = GRADIENT;

/** Random numbers within `scale` of 0, `bias` added to the biases of the logits. */
export function modelOf(grid: Grid, blocks: number, seed: number, scale = 0.25, bias = 0): Model {
  const model = randomModel('sparse-pixelcnn', grid, { blocks }, seed, scale, 0);
  for (const name of ['bias', 'quiet_bias']) {
    const values = model.tensors[name];
    for (let i = 0; i < values.length; i++) values[i] += bias;
  }
  return model;
}

/** Rings of ink, about as much as digits have, with wide margins. */
export function digits(count: number): PackedImages {
  const images = blankImages(MNIST_GRID, count);
  for (let m = 0; m < count; m++) {
    for (let i = 0; i < 784; i++) {
      const distance = Math.hypot(Math.floor(i / 28) - 14, (i % 28) - 13 - m);
      if (distance > 5 && distance < 7.5) setPixel(images, m, i, 1);
    }
  }
  return images;
}

export async function openReaders(device: Device, model: Model) {
  const scope = await openScope(device, model, model.tensors, [], READ);
  return { scope, scorer: new Scorer(scope), reader: new LogitReader(scope) };
}

export async function readings(device: Device, model: Model, images: PackedImages) {
  const { scope, scorer, reader } = await openReaders(device, model);
  const evaluator = {
    logLikelihood: (read: PackedImages) => scorer.logLikelihood(read),
    conditionalLogits: (read: PackedImages) => reader.conditionalLogits(read),
  };
  const errors = await readingErrors(evaluator, model, images);
  scope.arena.destroy();
  return errors;
}

export async function samples(
  device: Device,
  model: Model,
  count: number,
  steps: readonly number[],
  temperature = 1,
) {
  const scope = await openScope(device, model, model.tensors, [], SAMPLE);
  const open = (request: SampleRequest): Promise<Sampler> => openSampler(scope, request);
  const errors = await sampleErrors(open, model, count, steps, temperature);
  scope.arena.destroy();
  return errors;
}

/** Gradients by the names of the tensors. */
export async function gradientsOf(
  device: Device,
  model: Model,
  batch: PackedImages,
  open: ReturnType<typeof gradientWithin>,
): Promise<Record<string, Float32Array>> {
  const scope = await openScope(device, model, model.tensors, [], DESCEND);
  const { arena } = scope;
  const images = arena.filled('batch', batch.words);
  const labels = arena.storage('labels', batch.count * 4);
  const targets = arena.filled('targets', targetBytes(batch));
  const sizes = Object.entries(model.tensors).map(([name, { length }]) => ({ name, length }));
  const gradients = Object.fromEntries(
    sizes.map(({ name, length }) => [name, arena.storage(`d_${name}`, length * 4)]),
  );
  const run = open(scope, { images, targets, labels, capacity: batch.count, gradients });
  await device.scheduler.run(run.gradient(batch.count));
  const read = await device.readback.read(
    sizes.map(({ name, length }) => ({ source: gradients[name], count: length })),
  );
  arena.destroy();
  return Object.fromEntries(sizes.map(({ name }, i) => [name, new Float32Array(read[i])]));
}
