/**
 * Class-conditional models on a backend that runs single models: p(x) = sum_y p(y) p(x | y). The sums over classes are
 * computed here in f64, by the same code for every backend.
 */
import {
  blankImages,
  CLASSES,
  getPixel,
  pixelCount,
  type PackedImages,
  scatterImages,
} from '../../../data/images.ts';
import { randomWords, Stream, streamKey, uniform } from '../../../data/rng.ts';
import { classModelsOf, logPrior } from '../../../models/shared/class-conditional.ts';
import { logBernoulli, logSoftmax, logSumExp } from '../../../models/shared/math.ts';
import { isClassConditional, ordersOf } from '../../../models/registry.ts';
import type { Model } from '../../../models/model.ts';
import type { SampleRequest } from '../../../models/sampling.ts';
import type { Backend, Evaluator, Sampler } from '../backend.ts';
import { groupByClass, jointOf, marginalOf, openAll } from './groups.ts';
import { openCounter, openEmIteration, openLearner } from './training.ts';
import { openGrouped } from '../sampling/grouped.ts';

type Models = Pick<Backend, 'open' | 'counter' | 'emIteration' | 'learner'>;

/** Extends a backend's functions for single models to class-conditional models. */
export function withClassModels(raw: Models): Models {
  return {
    open: (model) => (isClassConditional(model) ? openClassModels(raw, model) : raw.open(model)),
    counter: (family, grid, hyper) =>
      isClassConditional({ family, hyper })
        ? openCounter(() => raw.counter(family, grid, hyper))
        : raw.counter(family, grid, hyper),
    emIteration: (model) =>
      isClassConditional(model) ? openEmIteration(raw, model) : raw.emIteration(model),
    learner: (request) => (isClassConditional(request) ? openLearner(raw, request) : raw.learner(request)),
  };
}

async function openClassModels(raw: Models, model: Model): Promise<Evaluator> {
  const classModels = await openAll(classModelsOf(model).map((classModel) => () => raw.open(classModel)));
  const prior = logPrior(model);
  const order = commonOrder(model);

  const scores = classModels.map((classModel) => (images: PackedImages) => classModel.logLikelihood(images));
  const classLogits = (images: PackedImages) => jointOf(scores, prior, images);

  return {
    classModels,
    get concurrency() {
      return classModels[0].concurrency;
    },
    classLogits,
    logLikelihood: async (images) => marginalOf(await classLogits(images)),
    async conditionalLogits(images) {
      // Concurrently, as in `jointOf`.
      const reading = Promise.all(classModels.map((classModel) => classModel.conditionalLogits(images)));
      if (order) return mixLogits(images, await reading, prior, order);
      const [logits, joint] = await Promise.all([reading, classLogits(images)]);
      return bestLogits(logits, joint);
    },
    sampler: (request) => openSampler(classModels, model, request),
    iterativeSampler: (method, request) =>
      openGrouped(classModels, groupByClass(classesOf(model, request)), model.grid, method, request),
    destroy: () => classModels.forEach((classModel) => classModel.destroy()),
  };
}

/** The order that all class models share; null where each has its own. */
function commonOrder(model: Model): Uint32Array | null {
  const orders = ordersOf(model);
  return orders.length === 1 ? orders[0] : null;
}

/**
 * p(x_i = 1 | x_<i) = sum_y p(y | x_<i) p(x_i = 1 | x_<i, y); the posterior over classes is updated from pixel to
 * pixel. `logits` holds [count, n] for every class.
 */
function mixLogits(
  images: PackedImages,
  logits: readonly Float32Array[],
  prior: Float64Array,
  order: Uint32Array,
): Float32Array<ArrayBuffer> {
  const n = pixelCount(images.grid);
  const mixed = new Float32Array(images.count * n);
  const joint = new Float64Array(CLASSES);
  const on = new Float64Array(CLASSES);
  const off = new Float64Array(CLASSES);
  for (let m = 0; m < images.count; m++) {
    joint.set(prior);
    for (const i of order) {
      for (let y = 0; y < CLASSES; y++) {
        const z = logits[y][m * n + i];
        on[y] = joint[y] + logBernoulli(1, z);
        off[y] = joint[y] + logBernoulli(0, z);
      }
      mixed[m * n + i] = logSumExp(on) - logSumExp(off);
      joint.set(getPixel(images, m, i) ? on : off);
    }
  }
  return mixed;
}

/** For every image the logits of its most probable class. */
function bestLogits(logits: readonly Float32Array[], joint: Float64Array): Float32Array<ArrayBuffer> {
  const count = joint.length / CLASSES;
  const n = logits[0].length / count;
  const chosen = new Float32Array(count * n);
  for (let m = 0; m < count; m++) {
    const own = joint.subarray(m * CLASSES, (m + 1) * CLASSES);
    const best = own.reduce((at, value, y) => (value > own[at] ? y : at), 0);
    chosen.set(logits[best].subarray(m * n, (m + 1) * n), m * n);
  }
  return chosen;
}

/** Draws the class of every image, then its pixels from the model of that class. */
async function openSampler(
  classModels: readonly Evaluator[],
  model: Model,
  request: SampleRequest,
): Promise<Sampler> {
  const groups = groupByClass(classesOf(model, request));
  const samplers: (Sampler | null)[] = await openAll(
    groups.map(
      (rows, y) => async () =>
        rows.length === 0
          ? null
          : await classModels[y].sampler({ ...request, indices: rows.map((row) => request.indices[row]) }),
    ),
  );
  const n = pixelCount(model.grid);
  let position = 0;
  // Calls may overlap; a class model that fails stays behind the others until the next call.
  let target = 0;
  const requested = samplers.map(() => 0);
  return {
    get position() {
      return position;
    },
    async advance(pixels) {
      const from = target;
      const to = Math.min(n, from + Math.max(0, Math.floor(pixels)));
      target = to;
      const advanceOne = async (sampler: Sampler | null, y: number) => {
        const done = requested[y];
        requested[y] = to;
        try {
          await sampler?.advance(to - done);
        } catch (error) {
          requested[y] = Math.min(requested[y], done);
          throw error;
        }
      };
      try {
        await Promise.all(samplers.map(advanceOne));
        position = Math.max(position, to);
      } catch (error) {
        target = Math.min(target, from);
        throw error;
      }
    },
    async images() {
      const all = blankImages(model.grid, request.indices.length);
      const parts = await Promise.all(samplers.map(async (sampler) => await sampler?.images()));
      parts.forEach((part, y) => part && scatterImages(all, groups[y], part));
      return all;
    },
    destroy: () => samplers.forEach((sampler) => sampler?.destroy()),
  };
}

/** The class drawn for every image of a request, [count]; the temperature divides the logits of the prior too. */
export function classesOf(model: Model, request: SampleRequest): Uint8Array {
  return drawClasses(logSoftmax(logPrior(model).map((logit) => logit / request.temperature)), request);
}

/** The class of every image of a request, by inverting the cumulative distribution of the prior: [count]. */
export function drawClasses(logPrior: Float64Array, request: SampleRequest): Uint8Array {
  const word = new Uint32Array(1);
  return Uint8Array.from(request.indices, (index) => {
    randomWords(request.seed, streamKey(Stream.class), index, word);
    let rest = uniform(word[0]);
    let y = 0;
    while (y < CLASSES - 1 && rest >= Math.exp(logPrior[y])) rest -= Math.exp(logPrior[y++]);
    return y;
  });
}
