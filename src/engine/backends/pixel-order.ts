/**
 * Families that support any order of the pixels, on a backend that implements raster order only: pixels are renumbered by their
 * place in the order on the way in, and back on the way out.
 */
import { permuteKnownPixels } from '../../data/known-pixels.ts';
import { pixelCount, type PackedImages } from '../../data/images.ts';
import { inverseOrder, permutePixels } from '../../data/orders.ts';
import { pixelOrder } from '../../models/shared/order.ts';
import type { Backend, Evaluator, IterativeSampler, Learner, Sampler } from './backend.ts';

type Models = Pick<Backend, 'open' | 'counter' | 'emIteration' | 'learner'>;

/** The backend's functions with the model's order applied. Counters and EM do not depend on the order. */
export function withPixelOrder(raw: Models): Models {
  return {
    counter: (family, grid, hyper) => raw.counter(family, grid, hyper),
    emIteration: (model) => raw.emIteration(model),
    async open(model) {
      const order = pixelOrder(model.grid, model.hyper);
      const evaluator = await raw.open(model);
      return order ? ordered(evaluator, order) : evaluator;
    },
    async learner(request) {
      const order = pixelOrder(request.grid, request.hyper);
      const learner = await raw.learner({ ...request, order });
      return order ? orderedLearner(learner, order) : learner;
    },
  };
}

function ordered(evaluator: Evaluator, order: Uint32Array): Evaluator {
  const { classLogits } = evaluator;
  return {
    get concurrency() {
      return evaluator.concurrency;
    },
    logLikelihood: (images) => evaluator.logLikelihood(permutePixels(images, order)),
    classLogits: classLogits && ((images) => classLogits(permutePixels(images, order))),
    async conditionalLogits(images) {
      const n = pixelCount(images.grid);
      const logits = await evaluator.conditionalLogits(permutePixels(images, order));
      const own = new Float32Array(logits.length);
      for (let m = 0; m < images.count; m++)
        for (let place = 0; place < n; place++) own[m * n + order[place]] = logits[m * n + place];
      return own;
    },
    sampler: async (request) =>
      orderedSampler(
        await evaluator.sampler({
          ...request,
          given: request.given ? permuteKnownPixels(request.given, order) : null,
        }),
        order,
      ),
    iterativeSampler: async (method, request) =>
      orderedIterativeSampler(await evaluator.iterativeSampler(method, request), order),
    destroy: () => evaluator.destroy(),
  };
}

function orderedSampler(sampler: Sampler, order: Uint32Array): Sampler {
  const places = inverseOrder(order);
  return {
    get position() {
      return sampler.position;
    },
    advance: (pixels) => sampler.advance(pixels),
    images: async (): Promise<PackedImages> => permutePixels(await sampler.images(), places),
    destroy: () => sampler.destroy(),
  };
}

function orderedIterativeSampler(sampler: IterativeSampler, order: Uint32Array): IterativeSampler {
  const places = inverseOrder(order);
  return {
    finished: sampler.finished,
    get iterations() {
      return sampler.iterations;
    },
    get seconds() {
      return sampler.seconds;
    },
    advance: (iterations) => sampler.advance(iterations),
    images: async () => permutePixels(await sampler.images(), places),
    destroy: () => sampler.destroy(),
  };
}

/** The backend itself puts the batches in order, when it binarises them. */
function orderedLearner(learner: Learner, order: Uint32Array): Learner {
  return {
    shards: learner.shards,
    get concurrency() {
      return learner.concurrency;
    },
    step: (indices, epoch, rate) => learner.step(indices, epoch, rate),
    takeLoss: () => learner.takeLoss(),
    logLikelihood: (images, labels) => learner.logLikelihood(permutePixels(images, order), labels),
    state: () => learner.state(),
    destroy: () => learner.destroy(),
  };
}
