/** The rows of the measurement: every family's work on WebGPU, beside the cpu backend of the same machine. */
import { binarise } from '../../../src/data/binarise.ts';
import { pixelMeans, takeRows } from '../../../src/data/dataset.ts';
import { type PackedImages, pixelCount, sliceImages } from '../../../src/data/images.ts';
import { indexRange } from '../../../src/data/rng.ts';
import type { Backend, Evaluator } from '../../../src/engine/backends/backend.ts';
import { initialState } from '../../../src/engine/backends/references.ts';
import type { WebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import { families, folderSpec, isClassConditional, trainingOf } from '../../../src/models/registry.ts';
import type { FamilySpec } from '../../../src/models/family-spec.ts';
import type { Hyper, Model } from '../../../src/models/model.ts';
import type { Budget } from './budget.ts';
import type { NamedImages } from './images.ts';
import { scoreOperations } from './operations.ts';
import { rateOf } from './rate.ts';
import type { MeasureReport, MeasureRow, Sizes } from './report.ts';
import { scaledHyper, WORK, type WorkSizes } from './sizes.ts';

const BINARISATION = { kind: 'stochastic', seed: 0 } as const;
/** Images that the first weights know the means of, and tables are counted from. */
const KNOWN = 2000;
/** A measurement takes so many seconds at least and at most. */
const SECONDS = { least: 0.05, most: 1.5 };
/** Billions of operations in one call of the cpu, at most: about a second. */
const CPU_OPERATIONS = 10;

export interface RowMaterial {
  readonly gpu: WebGpuBackend;
  readonly cpu: Backend;
  readonly images: NamedImages;
  /** Trained models, which are measured instead of first weights where they have the grid. */
  readonly trained: readonly Model[];
  readonly sizes: Sizes;
  readonly families: readonly string[] | null;
}

/** What a call does `amount` units of. */
interface Work {
  readonly name: string;
  readonly unit: MeasureRow['unit'];
  readonly images: number;
  /** Products of one unit, in multiples of those that score an image. */
  readonly operations: number;
  /** Made anew for each backend, with as many images a call as are wanted. */
  readonly open: (backend: Backend, images: number) => Promise<Opened>;
}

interface Opened {
  readonly amount: number;
  readonly run: (repeat: number) => Promise<unknown>;
  readonly close: () => void;
}

interface Subject {
  readonly model: Model;
  readonly weights: MeasureRow['weights'];
  readonly packed: PackedImages;
  readonly grey: NamedImages;
}

/** Descended families first: what the others would show least about is what is left out where time is short. */
const ORDER: readonly FamilySpec['training'][] = ['descended', 'em', 'counted'];

export async function measureRows(
  material: RowMaterial,
  budget: Budget,
  report: MeasureReport,
  onRow: (row: MeasureRow) => void,
): Promise<void> {
  const { sizes, images } = material;
  const wanted = ORDER.flatMap((training) => families.filter((spec) => spec.training === training)).filter(
    (spec) => material.families?.includes(spec.id) ?? true,
  );
  const possible = wanted
    .map((spec) => ({ spec, hyper: scaledHyper(spec, sizes) }))
    .filter(({ spec, hyper }) => !spec.refuses?.(images.grid, hyper));
  let waiting = possible.reduce((sum, { spec }) => sum + worksOf(spec, sizes).length, 0);
  for (const { spec, hyper } of possible) {
    const works = worksOf(spec, sizes);
    if (budget.isOver()) {
      report.skipped.push(...works.map(({ name }) => `${spec.id}: ${name}`));
      continue;
    }
    const subject = await subjectOf(material, spec, hyper);
    for (const work of works) {
      if (budget.isOver()) report.skipped.push(`${spec.id}: ${work.name}`);
      else onRow(await rowOf(material, subject, work.make(subject), budget, waiting, report));
      waiting--;
    }
  }
}

async function rowOf(
  material: RowMaterial,
  subject: Subject,
  work: Work,
  budget: Budget,
  waiting: number,
  report: MeasureReport,
): Promise<MeasureRow> {
  const { model, weights, packed } = subject;
  // Half for each backend; a measurement takes about twice its seconds with what warms it up.
  const fair = budget.left / Math.max(1, waiting) / 4;
  const seconds = Math.min(SECONDS.most, Math.max(SECONDS.least, fair));
  const score = scoreOperations(model, packed);
  const gigaOperations = score === null ? null : score * work.operations;
  const measured = await measureOn(material.gpu, work, work.images, seconds);
  const best = report.matmul?.best ?? 0;
  const gflops = gigaOperations === null ? null : gigaOperations * measured.rate.median;
  const row: MeasureRow = {
    family: model.family,
    hyper: model.hyper,
    parameters: folderSpec(model.family).parameterCount(model.grid, model.hyper),
    ...{ work: work.name, unit: work.unit, images: work.images, weights },
    gpu: measured.rate,
    cpu: null,
    ratio: null,
    gigaOperations,
    gflops,
    share: gflops === null || best === 0 ? null : gflops / best,
    dispatches: measured.dispatches,
    submits: measured.submits,
  };
  report.rows.push(row);
  if (budget.isOver()) return row;
  const affordable = Math.max(1, Math.floor(CPU_OPERATIONS / (score ?? 1e-9)));
  const fewer = work.name === 'score' ? Math.min(work.images, affordable) : work.images;
  row.cpu = (await measureOn(material.cpu, work, fewer, seconds)).rate;
  row.ratio = row.gpu.median / row.cpu.median;
  return row;
}

async function measureOn(backend: Backend, work: Work, images: number, seconds: number) {
  const opened = await work.open(backend, images);
  const counts = () => (backend as Partial<WebGpuBackend>).statistics?.() ?? { dispatches: 0, submits: 0 };
  try {
    // Compiled and estimated before anything is counted.
    await opened.run(0);
    const before = counts();
    let calls = 0;
    const rate = await rateOf(opened.amount, seconds, (repeat) => {
      calls++;
      return opened.run(repeat + 1);
    });
    const after = counts();
    return {
      rate,
      dispatches: (after.dispatches - before.dispatches) / calls,
      submits: (after.submits - before.submits) / calls,
    };
  } finally {
    opened.close();
  }
}

async function subjectOf(material: RowMaterial, spec: FamilySpec, hyper: Hyper): Promise<Subject> {
  const { images, sizes, cpu } = material;
  const { grid } = images;
  const size = WORK[sizes];
  const some = Math.min(images.count, Math.max(KNOWN, size.score));
  const grey = { ...takeRows(images, indexRange(0, some)), name: images.name };
  const named = { ...grey, labels: Uint8Array.from(grey.labels ?? []) };
  const packed = binarise(named, BINARISATION);
  const family = spec.id;
  const known = sizes === 'full' ? material.trained.find((model) => model.family === family) : undefined;
  if (known && known.grid.width === grid.width && known.grid.height === grid.height)
    return { model: known, weights: 'trained', packed, grey: named };
  const conditional = isClassConditional({ family, hyper });
  if (spec.training === 'counted') {
    const counter = await cpu.counter(family, grid, hyper);
    await counter.add(packed, conditional ? named.labels : null);
    const tensors = await counter.finish();
    counter.destroy();
    return { model: { family, grid, hyper, tensors }, weights: 'counted', packed, grey: named };
  }
  const means = Array.from({ length: conditional ? 10 : 1 }, () => pixelMeans(packed));
  const counts = means.map(() => packed.count);
  const { tensors } = initialState({ family, grid, hyper }, means, counts, 0);
  return { model: { family, grid, hyper, tensors }, weights: 'initial', packed, grey: named };
}

/** A row that a family has, before there is a model of it. */
interface Planned {
  readonly name: string;
  readonly make: (subject: Subject) => Work;
}

function worksOf(spec: FamilySpec, sizes: Sizes): readonly Planned[] {
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

function drawWork({ model }: Subject, count: number): Work {
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
