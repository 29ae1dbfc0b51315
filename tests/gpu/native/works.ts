/** What is measured of a family: scoring, drawing and learning, on any backend. */
import { pixelMeans } from '../../../src/data/dataset.ts';
import { type PackedImages, pixelCount, sliceImages } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import type { Backend, Evaluator } from '../../../src/engine/backends/backend.ts';
import { initialState } from '../../../src/engine/backends/references.ts';
import type { FamilySpec } from '../../../src/models/family-spec.ts';
import type { Model } from '../../../src/models/model.ts';
import { folderSpec, isClassConditional, trainingOf } from '../../../src/models/registry.ts';
import type { NamedImages } from './images.ts';
import type { MeasureRow, Sizes } from './report.ts';
import { WORK, type WorkSizes } from './sizes.ts';

/** What a call does `amount` units of. */
export interface Work {
  readonly name: string;
  readonly unit: MeasureRow['unit'];
  readonly images: number;
  /** Products of one unit, in multiples of those that score an image. */
  readonly operations: number;
  /** Made anew for each backend, with as many images a call as are wanted. */
  readonly open: (backend: Backend, images: number) => Promise<Opened>;
}

export interface Opened {
  readonly amount: number;
  readonly run: (repeat: number) => Promise<unknown>;
  readonly close: () => void;
}

export interface Subject {
  readonly model: Model;
  readonly weights: MeasureRow['weights'];
  readonly packed: PackedImages;
  readonly grey: NamedImages;
}

/** A row that a family has, before there is a model of it. */
export interface Planned {
  readonly name: string;
  readonly make: (subject: Subject) => Work;
}

export function worksOf(spec: FamilySpec, sizes: Sizes): readonly Planned[] {
  const size = WORK[sizes];
  const draws = [size.sample, 1].map((count): Planned => ({
    name: `sample ${count}`,
    make: (s) => drawWork(s, count),
  }));
  const learns = { descended: 'train', em: 'EM', counted: 'count' } as const;
  const learn = {
    descended: (s: Subject) => trainWork(s, size),
    em: (s: Subject) => emWork(s, size),
    counted: (s: Subject) => countWork(s, size),
  } as const;
  return [
    { name: 'score', make: (s) => scoreWork(s, size) },
    ...(spec.task === 'density' ? draws : []),
    { name: learns[spec.training], make: learn[spec.training] },
  ];
}

const some = (images: PackedImages, count: number) => sliceImages(images, 0, Math.min(count, images.count));

function scoreWork({ model, packed }: Subject, size: WorkSizes): Work {
  return {
    ...{ name: 'score', unit: 'images/s', images: Math.min(size.score, packed.count), operations: 1 },
    open: async (backend, images) => {
      const evaluator = await backend.open(model);
      const read = some(packed, images);
      const classifies = folderSpec(model.family).task === 'classifier';
      const run = () => (classifies ? evaluator.classLogits!(read) : evaluator.logLikelihood(read));
      return { amount: read.count, run, close: () => evaluator.destroy() };
    },
  };
}

export function drawWork({ model }: Subject, count: number): Work {
  return {
    ...{ name: `sample ${count}`, unit: 'images/s', images: count, operations: 1 },
    open: async (backend) => {
      const evaluator = await backend.open(model);
      const run = (repeat: number) => drawn(evaluator, model, count, repeat);
      return { amount: count, run, close: () => evaluator.destroy() };
    },
  };
}

async function drawn(evaluator: Evaluator, { grid }: Model, count: number, seed: number): Promise<void> {
  const sampler = await evaluator.sampler({ seed, indices: indexRange(0, count), temperature: 1 });
  while (sampler.position < pixelCount(grid)) await sampler.advance(pixelCount(grid));
  await sampler.images();
  sampler.destroy();
}

function trainWork({ model, packed, grey }: Subject, size: WorkSizes): Work {
  const { family, grid, hyper } = model;
  const usual = trainingOf(folderSpec(family));
  const batchSize = Math.min(usual.batchSize, size.batch, grey.count);
  return {
    // The loss, and gradients by what a layer is given and by its weights.
    ...{ name: 'train', unit: 'steps/s', images: batchSize, operations: 3 * batchSize },
    open: async (backend) => {
      const state = initialState({ family, grid, hyper }, [pixelMeans(packed)], [packed.count], 0);
      const images = { ...grey, labels: grey.labels };
      const binarisation = { kind: 'dynamic', seed: 0 } as const;
      const learner = await backend.learner({
        ...{ family, grid, hyper, images, binarisation, batchSize, state },
        ...(folderSpec(family).task === 'density' ? { targets: 'soft' } : {}),
      });
      const run = async (repeat: number) => {
        for (let step = 0; step < size.steps; step++) {
          const first = (repeat * size.steps + step) * batchSize;
          const rows = indexRange(0, batchSize).map((i) => (first + i) % grey.count);
          await learner.step(rows, 1, usual.learningRate / 10);
        }
        await learner.takeLoss();
      };
      return { amount: size.steps, run, close: () => learner.destroy() };
    },
  };
}

function emWork({ model, packed }: Subject, size: WorkSizes): Work {
  return {
    // Responsibilities, and what they are multiplied with.
    ...{ name: 'EM', unit: 'images/s', images: Math.min(size.score, packed.count), operations: 2 },
    open: async (backend, images) => {
      const iteration = await backend.emIteration(model);
      const read = some(packed, images);
      return { amount: read.count, run: () => iteration.add(read, null), close: () => iteration.destroy() };
    },
  };
}

function countWork({ model, packed, grey }: Subject, size: WorkSizes): Work {
  const { family, grid, hyper } = model;
  const labelled = isClassConditional(model);
  return {
    // With the tables that are made of the counts.
    ...{ name: 'count', unit: 'images/s', images: Math.min(size.score, packed.count), operations: 0 },
    open: (backend, images) => {
      const read = some(packed, images);
      const run = async () => {
        const counter = await backend.counter(family, grid, hyper);
        await counter.add(read, labelled ? grey.labels.subarray(0, read.count) : null);
        await counter.finish();
        counter.destroy();
      };
      return Promise.resolve({ amount: read.count, run, close: () => undefined });
    },
  };
}
