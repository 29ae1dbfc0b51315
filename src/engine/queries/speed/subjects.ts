import { sliceImages, type GreyImages, type PackedImages, pixelCount } from '../../../data/images.ts';
import { indexRange } from '../../../data/rng.ts';
import type { FamilySpec } from '../../../models/family-spec.ts';
import type { Model } from '../../../models/model.ts';
import { isClassConditional, needsLabels, trainingOf, usualTargets } from '../../../models/registry.ts';
import type { Backend, LearnerRequest, MatrixProduct } from '../../backends/backend.ts';
import { stateBefore } from '../../backends/references.ts';
import type { SpeedWork } from '../api.ts';
import type { Subject } from './measure.ts';

/** What a family is measured with. */
export interface Material {
  readonly spec: FamilySpec;
  readonly model: Model;
  readonly grey: GreyImages;
  /** The same, binarised. */
  readonly packed: PackedImages;
  /** Lets other work of the thread run. */
  readonly turn: () => Promise<void>;
}

const SIDES = [128, 256, 512, 1024, 2048];
const SCORED = [4, 16, 64, 250, 1000];
/** From 128 images on the cpu draws on several threads. */
const DRAWN = [1, 4, 16, 64, 256];
/** Smaller batches than the family's own, which warm up. */
const BATCHES = [4, 16, 64, 256];
/** Of a call, as shares of the time: there are many, some, or few because only a batch or data set as a whole says how fast training is. */
const MANY = 1 / 4;
const SOME = 1 / 2;
const WHOLE = 1;
/** Calls that decide the pixels of an image where the calling thread decides them. */
const PARTS = 8;
/** Images that are counted, or taken by EM, at a time. */
const SLICE = 250;
const BINARISATION = { kind: 'dynamic', seed: 0 } as const;

/** Products of square matrices: two operations for every row, column and inner number. `together`: see MatrixProduct. */
export async function openProducts(backend: Backend): Promise<Subject & Pick<MatrixProduct, 'together'>> {
  let [opened] = SIDES;
  let product = await backend.matrixProduct(opened);
  const { together } = product;
  return {
    sizes: SIDES,
    most: MANY,
    together,
    unitsOf: (side) => 2 * side ** 3 * together,
    async run(side, times) {
      // The first call of a size, which is not timed.
      if (side !== opened) {
        product.destroy();
        product = await backend.matrixProduct(side);
        opened = side;
      }
      await product.run(times);
    },
    close: () => product.destroy(),
  };
}

export function openSubject(backend: Backend, work: SpeedWork, material: Material): Promise<Subject> {
  if (work === 'score') return openScores(backend, material);
  if (work === 'sample') return openSamples(backend, material);
  const open = { descended: openSteps, em: openEm, counted: openCounts }[material.spec.training];
  return open(backend, material);
}

/** The calls of a subject, which end soon once it is closed, although no one waits for them any more. */
class Calls {
  #closed = false;

  async repeated(times: number, call: () => Promise<unknown>): Promise<void> {
    for (let at = 0; at < times; at++) {
      this.throwIfClosed();
      await call();
    }
  }

  throwIfClosed(): void {
    if (this.#closed) throw new Error('closed');
  }

  close(): void {
    this.#closed = true;
  }
}

const images = (size: number) => size;

async function openScores(backend: Backend, { spec, model, packed }: Material): Promise<Subject> {
  const evaluator = await backend.open(model);
  const { classLogits } = evaluator;
  const calls = new Calls();
  const read = (some: PackedImages) =>
    spec.task === 'classifier' && classLogits ? classLogits(some) : evaluator.logLikelihood(some);
  return {
    sizes: upTo(SCORED, packed.count),
    most: MANY,
    unitsOf: images,
    run: (size, times) => calls.repeated(times, () => read(sliceImages(packed, 0, size))),
    close() {
      calls.close();
      evaluator.destroy();
    },
  };
}

async function openSamples(backend: Backend, { model, turn }: Material): Promise<Subject> {
  const evaluator = await backend.open(model);
  const n = pixelCount(model.grid);
  const parts = backend.kind === 'cpu' ? PARTS : 1;
  const calls = new Calls();
  let seed = 0;
  return {
    sizes: DRAWN,
    most: SOME,
    unitsOf: images,
    run: (size, times) =>
      calls.repeated(times, async () => {
        const request = { seed: seed++, indices: indexRange(0, size), temperature: 1 };
        const sampler = await evaluator.sampler(request);
        try {
          while (sampler.position < n) {
            calls.throwIfClosed();
            await sampler.advance(Math.ceil(n / parts));
            if (parts > 1) await turn();
          }
          await sampler.images();
        } finally {
          sampler.destroy();
        }
      }),
    close() {
      calls.close();
      evaluator.destroy();
    },
  };
}

/** Steps of Adam, at a tenth of the usual rate: the weights stay near those that the family begins with. */
async function openSteps(backend: Backend, { spec, model, grey }: Material): Promise<Subject> {
  const { family, grid, hyper } = model;
  const { batchSize, learningRate } = trainingOf(spec);
  const targets = usualTargets(spec, BINARISATION);
  const request: LearnerRequest = {
    ...{ family, grid, hyper, images: grey, binarisation: BINARISATION, batchSize },
    ...(targets ? { targets } : {}),
    state: stateBefore(model),
  };
  const learner = await backend.learner(request);
  const rows = batchRows(request);
  const calls = new Calls();
  let at = 0;
  return {
    sizes: [...BATCHES.filter((size) => size < batchSize), batchSize],
    most: WHOLE,
    unitsOf: images,
    async run(size, times) {
      await calls.repeated(times, async () => {
        const indices = Uint32Array.from({ length: size }, (_, i) => rows[(at + i) % rows.length]);
        at = (at + size) % rows.length;
        await learner.step(indices, 1, learningRate / 10);
      });
      // A device may take steps ahead; what a readback gives has been computed.
      await learner.takeLoss();
    },
    close() {
      calls.close();
      learner.destroy();
    },
  };
}

/** Images that may be in one batch: of one class where every class has a model. */
function batchRows({ family, hyper, images: { count, labels } }: LearnerRequest): Uint32Array {
  const all = indexRange(0, count);
  return labels && isClassConditional({ family, hyper })
    ? all.filter((row) => labels[row] === labels[0])
    : all;
}

/** One iteration: all images added, and the tensors made of them, which costs the same for few images. */
async function openEm(backend: Backend, material: Material): Promise<Subject> {
  const { model, packed } = material;
  // Compiled, and known to be possible, before anything is timed.
  (await backend.emIteration(model)).destroy();
  const calls = new Calls();
  return {
    sizes: [packed.count],
    most: WHOLE,
    unitsOf: images,
    run: (size, times) =>
      calls.repeated(times, async () => {
        const iteration = await backend.emIteration(model);
        try {
          await inSlices(material, size, (some, labels) => iteration.add(some, labels));
          await iteration.finish();
        } finally {
          iteration.destroy();
        }
      }),
    close: () => calls.close(),
  };
}

/** All images counted, and the tables made of them, which costs the same for few images. */
async function openCounts(backend: Backend, material: Material): Promise<Subject> {
  const { model, packed } = material;
  const { family, grid, hyper } = model;
  (await backend.counter(family, grid, hyper)).destroy();
  const calls = new Calls();
  return {
    sizes: [packed.count],
    most: WHOLE,
    unitsOf: images,
    run: (size, times) =>
      calls.repeated(times, async () => {
        const counter = await backend.counter(family, grid, hyper);
        try {
          await inSlices(material, size, (some, labels) => counter.add(some, labels));
          await counter.finish();
        } finally {
          counter.destroy();
        }
      }),
    close: () => calls.close(),
  };
}

/** Adds the first `size` images as a run does: other work of the thread runs after each slice. */
async function inSlices(
  { model, packed, grey: { labels }, turn }: Material,
  size: number,
  add: (images: PackedImages, labels: Uint8Array | null) => Promise<unknown>,
): Promise<void> {
  const labelled = needsLabels(model) ? labels : null;
  for (let first = 0; first < size; first += SLICE) {
    const count = Math.min(SLICE, size - first);
    await add(sliceImages(packed, first, count), labelled && labelled.subarray(first, first + count));
    await turn();
  }
}

/** Those of the sizes that there are images for; one at least. */
function upTo(sizes: readonly number[], count: number): readonly number[] {
  const possible = sizes.filter((size) => size <= count);
  return possible.length > 0 ? possible : [Math.max(1, count)];
}
