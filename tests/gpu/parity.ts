/**
 * The webgpu backend beside another one, the cpu backend, whose own answers are held to plain loops and to exactness elsewhere: how far
 * apart they are, and how far they may be.
 */
import { exactCases } from '../../src/app/exactness/cases.ts';
import { allImages } from '../../src/data/enumerate.ts';
import {
  type GreyImages,
  type Grid,
  type PackedImages,
  pixelCount,
  wordsPerImage,
} from '../../src/data/images.ts';
import { indexRange } from '../../src/data/rng.ts';
import type { Backend, LearnerRequest } from '../../src/engine/backends/backend.ts';
import { initialState } from '../../src/engine/backends/references.ts';
import { completeHyper, families, isClassConditional, needsLabels } from '../../src/models/registry.ts';
import type { FamilySpec } from '../../src/models/family-spec.ts';
import type { Hyper, Model, Tensors } from '../../src/models/model.ts';
import { randomImages, randomModel, randomSource } from './random-models.ts';
import { worst } from '../worst.ts';

/** One number that is too large where the backends do not agree. */
export interface Finding {
  readonly what: string;
  readonly error: number;
  /** The error has to be below it. */
  readonly bound: number;
}

/** Of a NaN too. */
export function isWrong({ error, bound }: Finding): boolean {
  return !(error < bound);
}

export interface Backends {
  readonly found: Backend;
  readonly expected: Backend;
}

/** A family with one choice of hyper-parameters. */
export interface ParityCase {
  readonly name: string;
  readonly spec: FamilySpec;
  readonly hyper: Hyper;
}

const GRID = { width: 3, height: 3 };
/** Neither whole words nor whole tiles. */
const ODD = { width: 7, height: 5 };

/**
 * Every density of the registry in every order, as an ensemble and as a model of every class. Models of every class run the same code above every family,
 * ten times over: one of each way to learn will do.
 */
export function densityCases(): readonly ParityCase[] {
  const possible = exactCases(families, GRID).filter(({ refusal }) => refusal === null);
  const specOf = (family: string) => families.find(({ id }) => id === family)!;
  const first = (training: FamilySpec['training']) =>
    possible.find((row) => isClassConditional(row) && specOf(row.family).training === training);
  return possible
    .map((row) => ({ row, spec: specOf(row.family) }))
    .filter(({ row, spec }) => !isClassConditional(row) || row === first(spec.training))
    .map(({ row, spec }) => ({ name: `${spec.id} ${row.settings}`.trim(), spec, hyper: row.hyper }));
}

export function classifierCases(): readonly ParityCase[] {
  return families
    .filter((spec) => spec.task === 'classifier')
    .map((spec) => ({ name: spec.id, spec, hyper: completeHyper(spec) }));
}

/** A grid of odd sides that the family accepts. */
export function oddGrid({ spec, hyper }: ParityCase): Grid {
  return spec.refuses?.(ODD, hyper) ? { width: 5, height: 3 } : ODD;
}

export interface ReadingBounds {
  readonly nats: number;
  readonly logits: number;
}

const SMALL: ReadingBounds = { nats: 1e-4, logits: 2e-4 };

/** Scores, logits of conditionals and of classes. */
export async function readingFindings(
  backends: Backends,
  model: Model,
  images: PackedImages,
  bounds = SMALL,
): Promise<Finding[]> {
  const read = async (backend: Backend) => {
    const evaluator = await backend.open(model);
    try {
      return {
        scores: await evaluator.logLikelihood(images),
        logits: await evaluator.conditionalLogits(images),
        classes: evaluator.classLogits ? await evaluator.classLogits(images) : new Float64Array(),
      };
    } finally {
      evaluator.destroy();
    }
  };
  const [found, expected] = [await read(backends.found), await read(backends.expected)];
  return [
    { what: 'log p', error: worst(found.scores, expected.scores), bound: bounds.nats },
    { what: 'logits', error: worst(found.logits, expected.logits), bound: bounds.logits },
    { what: 'class logits', error: worst(found.classes, expected.classes), bound: bounds.nats },
  ];
}

/** The probabilities of all images of a small grid beside 1. */
export async function sumFindings(backend: Backend, { spec, hyper }: ParityCase): Promise<Finding[]> {
  const evaluator = await backend.open(randomModel(spec.id, GRID, hyper, 2, 0.8));
  try {
    const logs = await evaluator.logLikelihood(allImages(GRID));
    const sum = logs.reduce((total, nats) => total + Math.exp(nats), 0);
    return [{ what: 'sum of all probabilities', error: Math.abs(sum - 1), bound: 1e-5 }];
  } finally {
    evaluator.destroy();
  }
}

/** Class logits of a classifier. */
export async function classFindings(
  backends: Backends,
  model: Model,
  images: PackedImages,
): Promise<Finding[]> {
  const read = async (backend: Backend) => {
    const evaluator = await backend.open(model);
    try {
      return await evaluator.classLogits!(images);
    } finally {
      evaluator.destroy();
    }
  };
  const [found, expected] = [await read(backends.found), await read(backends.expected)];
  return [{ what: 'class logits', error: worst(found, expected), bound: 1e-4 }];
}

/**
 * How many images are not the same for the same numbers, drawn in two pieces. One may differ: a tie |u - p| < 1e-6 falls on one of
 * 2,275 pixels once in some two hundred runs.
 */
export async function sampleFindings(backends: Backends, model: Model, count: number): Promise<Finding[]> {
  const draw = async (backend: Backend) => {
    const evaluator = await backend.open(model);
    try {
      // Numbers out of order: an image depends on its own number alone.
      const indices = indexRange(100, count).reverse();
      const sampler = await evaluator.sampler({ seed: 4_000_000_001, indices, temperature: 0.9 });
      await sampler.advance(4);
      await sampler.advance(pixelCount(model.grid));
      const { words } = await sampler.images();
      sampler.destroy();
      return words;
    } finally {
      evaluator.destroy();
    }
  };
  const [found, expected] = [await draw(backends.found), await draw(backends.expected)];
  const stride = wordsPerImage(model.grid);
  const differ = indexRange(0, count).filter((image) =>
    found
      .subarray(image * stride, (image + 1) * stride)
      .some((word, at) => word !== expected[image * stride + at]),
  );
  return [{ what: 'samples that differ', error: differ.length, bound: 1.5 }];
}

/** Counted tables, statistics of EM, or three Adam steps. */
export async function learningFindings(
  backends: Backends,
  { spec, hyper }: ParityCase,
  grid: Grid,
): Promise<Finding[]> {
  const both = async <T>(learn: (backend: Backend) => Promise<T>) =>
    [await learn(backends.found), await learn(backends.expected)] as const;
  const family = spec.id;
  if (spec.training === 'descended') return await stepFindings(both, family, grid, hyper);
  const bits = randomImages(grid, 60, 3, 0.4);
  const labels = isClassConditional({ family, hyper }) ? greyImages(grid, 60).labels : null;
  if (spec.training === 'counted') {
    const [found, expected] = await both(async (backend) => {
      const counter = await backend.counter(family, grid, hyper);
      await counter.add(bits, labels);
      await counter.add(bits, labels);
      const tensors = await counter.finish();
      counter.destroy();
      return tensors;
    });
    return [{ what: 'counted tables', error: tensorErrors(found, expected), bound: 1e-5 }];
  }
  const model = randomModel(family, grid, hyper, 2, 0.8);
  const [found, expected] = await both(async (backend) => {
    const emIteration = await backend.emIteration(model);
    const nats = await emIteration.add(bits, labels);
    const tensors = await emIteration.finish();
    emIteration.destroy();
    return { nats, tensors };
  });
  return [
    // Sums over 60 images: on large grids their size, not their number of pixels, is what f32 rounds.
    {
      what: 'log p under EM',
      error: Math.abs(found.nats - expected.nats),
      bound: Math.max(1e-3, 1e-6 * Math.abs(expected.nats)),
    },
    { what: 'tensors of EM', error: tensorErrors(found.tensors, expected.tensors), bound: 2e-4 },
  ];
}

function greyImages(grid: Grid, count: number): GreyImages {
  const random = randomSource(12);
  const pixels = Uint8Array.from({ length: count * pixelCount(grid) }, () => Math.floor(random() * 256));
  return { grid, count, pixels, labels: Uint8Array.from({ length: count }, (_, i) => i % 10) };
}

/** Largest difference of a number, beside the largest of its tensor or 1; infinite where the tensors are not the same ones. */
function tensorErrors(found: Tensors, expected: Tensors): number {
  const names = Object.keys(expected);
  if (Object.keys(found).sort().join() !== [...names].sort().join()) return Infinity;
  return Math.max(
    ...names.map((name) => {
      const most = expected[name].reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
      return worst(found[name], expected[name]) / most;
    }),
  );
}

async function stepFindings(
  both: <T>(learn: (backend: Backend) => Promise<T>) => Promise<readonly [T, T]>,
  family: string,
  grid: Grid,
  hyper: Hyper,
): Promise<Finding[]> {
  const images = greyImages(grid, 60);
  const classes = isClassConditional({ family, hyper }) ? 10 : 1;
  const means = Array.from({ length: classes }, () => new Float64Array(pixelCount(grid)).fill(0.4));
  const counts = means.map(() => 6);
  const state = initialState({ family, grid, hyper }, means, counts, 5);
  const request: LearnerRequest = {
    ...{ family, grid, hyper, images, state },
    binarisation: { kind: 'dynamic', seed: 2 },
    batchSize: 6,
  };
  const [found, expected] = await both(async (backend) => {
    const learner = await backend.learner(request);
    // Rows y, y + 10, ... are of class y.
    for (const y of [3, 3, 7]) await learner.step(Uint32Array.of(y, y + 10, y + 20, y + 40), 1, 0.01);
    const loss = await learner.takeLoss();
    const own = await learner.state();
    const labels = needsLabels({ family, hyper }) ? images.labels!.slice(0, 20) : null;
    const scores = await learner.logLikelihood(randomImages(grid, 20, 6, 0.4), labels);
    learner.destroy();
    return { loss, own, scores };
  });
  const counted = (side: typeof found) => [side.loss.images, side.own.step, ...(side.own.classSteps ?? [])];
  // Moments follow the gradients; a weight may turn on the sign of one that is nearly 0, so weights are judged by their score.
  return [
    { what: 'images and steps', error: worst(counted(found), counted(expected)), bound: 1e-9 },
    { what: 'loss', error: Math.abs(found.loss.nats / expected.loss.nats - 1), bound: 1e-5 },
    {
      what: 'first moments',
      error: tensorErrors(found.own.firstMoments, expected.own.firstMoments),
      bound: 1e-4,
    },
    { what: 'log p after three steps', error: worst(found.scores, expected.scores), bound: 2e-2 },
  ];
}
