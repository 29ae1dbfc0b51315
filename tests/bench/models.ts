/** The models that are measured: random weights, and trained ones. */
import { readFileSync } from 'node:fs';
import { pixelMeans } from '../../src/data/dataset.ts';
import { binarise } from '../../src/data/binarise.ts';
import type { GreyImages } from '../../src/data/images.ts';
import { MNIST_GRID, pixelCount } from '../../src/data/images.ts';
import { threefry2x32, uniform } from '../../src/data/rng.ts';
import { createCpuBackend } from '../../src/engine/backends/cpu.ts';
import { initialState, referenceOf } from '../../src/engine/backends/references.ts';
import { decodeModel } from '../../src/models/model-file.ts';
import { completeHyper, findFamily } from '../../src/models/registry.ts';
import type { Model, Tensors } from '../../src/models/model.ts';
import { loadSimd } from '../../src/simd/load.ts';
import { BINARISATION, batchAt } from './contenders/contender.ts';
import type { Family, Weights } from './tasks.ts';
import { BATCH, HYPER, LEARNING_RATE } from './tasks.ts';

export interface Prepared {
  readonly model: Model;
  /** Where its weights come from, in a few words. */
  readonly origin: string;
}

/** A short training where no weights come with the app: enough that samples have about as much ink as digits. */
const STEPS: Readonly<Record<Family, number>> = {
  fvsbn: 150,
  nade: 150,
  pixelcnn: 60,
  'sparse-pixelcnn': 60,
};

/** Random weights are moved by up to this, because some families begin as the independent model. */
const NOISE: Readonly<Partial<Record<Family, Readonly<Record<string, number>>>>> = {
  fvsbn: { weight: 0.05 },
  nade: { output: 0.05 },
};

function withNoise(tensors: Tensors, noise: Readonly<Record<string, number>>): Tensors {
  const pair = new Uint32Array(2);
  for (const [name, reach] of Object.entries(noise)) {
    tensors[name].forEach((value, at) => {
      threefry2x32(5, 1, at, 0, pair);
      tensors[name][at] = value + (2 * uniform(pair[0]) - 1) * reach;
    });
  }
  return tensors;
}

function random(family: Family): Prepared {
  const hyper = completeHyper(findFamily(family)!, HYPER[family]);
  const halves = new Float64Array(pixelCount(MNIST_GRID)).fill(0.5);
  const tensors = referenceOf(family).initialise!(MNIST_GRID, hyper, halves, 2);
  return {
    model: { family, grid: MNIST_GRID, hyper, tensors: withNoise(tensors, NOISE[family] ?? {}) },
    origin: 'random',
  };
}

/** The model that comes with the app, where it has the size that is measured. */
function shipped(family: Family, folder: string): Prepared | null {
  const path = `${folder}/${family}.safetensors`;
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch {
    return null;
  }
  const file = decodeModel(Uint8Array.from(bytes), path);
  if (!file.ok) throw new Error(file.reason);
  const same = Object.entries(HYPER[family]).every(([name, value]) => file.value.model.hyper[name] === value);
  return same ? { model: file.value.model, origin: `public/models/${family}.safetensors` } : null;
}

async function trained(family: Family, images: GreyImages): Promise<Prepared> {
  const hyper = completeHyper(findFamily(family)!, HYPER[family]);
  const means = pixelMeans(binarise(images, BINARISATION));
  const learner = await createCpuBackend(loadSimd).learner({
    family,
    grid: MNIST_GRID,
    hyper,
    images,
    binarisation: BINARISATION,
    targets: 'sampled',
    batchSize: BATCH[family],
    state: initialState({ family, grid: MNIST_GRID, hyper }, [means], [images.count], 0),
  });
  for (let step = 0; step < STEPS[family]; step++)
    await learner.step(batchAt(step, BATCH[family], images.count), 0, 3 * LEARNING_RATE);
  const { tensors } = await learner.state();
  return {
    model: { family, grid: MNIST_GRID, hyper, tensors },
    origin: `${STEPS[family]} Adam steps of ${BATCH[family]} starter digits`,
  };
}

/** `folder` holds the models that come with the app. */
export async function prepare(
  family: Family,
  weights: Weights,
  images: GreyImages,
  folder: string,
): Promise<Prepared> {
  if (weights === 'random') return random(family);
  return shipped(family, folder) ?? (await trained(family, images));
}
