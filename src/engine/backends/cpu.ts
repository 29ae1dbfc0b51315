import type { Grid } from '../../data/images.ts';
import type { CpuSampler, Hyper, Model } from '../../models/types.ts';
import type { Backend, Counter, Evaluator, EmIteration, Sampler } from './backend.ts';
import { withClassModels } from './class-conditional/class-models.ts';
import { openCpuIterativeSampler } from './sampling/cpu.ts';
import { createLearner } from './cpu/learner.ts';
import { nothing, promise } from './cpu/at-once.ts';
import { withPixelOrder } from './pixel-order.ts';
import { referenceOf } from './references.ts';

/**
 * The typed-array backend: every family's reference, in the calling thread. Every call is synchronous work: the caller
 * cuts it into pieces and yields between them.
 */
export function createCpuBackend(): Backend {
  return {
    kind: 'cpu',
    description: 'typed arrays',
    ...withClassModels(
      withPixelOrder({
        open: (model) => promise(() => openEvaluator(model)),
        counter: (family, grid, hyper) => promise(() => createCounter(family, grid, hyper)),
        emIteration: (model) => promise(() => createEmIteration(model)),
        learner: (request) => promise(() => createLearner(request)),
      }),
    ),
    liveBytes: () => 0,
    // There is no device that could be lost.
    lost: new Promise<string>(nothing),
    destroy: nothing,
  };
}

function openEvaluator(model: Model): Evaluator {
  const cpu = referenceOf(model.family).open(model);
  const { classLogits } = cpu;
  return {
    classLogits: classLogits ? (images) => promise(() => classLogits(images)) : null,
    logLikelihood: (images) => promise(() => cpu.logLikelihood(images)),
    conditionalLogits: (images) => promise(() => cpu.conditionalLogits(images)),
    sampler: (request) => promise(() => openSampler(cpu.sampler(request))),
    iterativeSampler: (method, request) => openCpuIterativeSampler(model, cpu, method, request, openSampler),
    destroy: nothing,
  };
}

function openSampler(sampler: CpuSampler): Sampler {
  return {
    get position() {
      return sampler.position;
    },
    advance: (pixels) => promise(() => sampler.advance(pixels)),
    images: () => promise(() => ({ ...sampler.images, words: sampler.images.words.slice() })),
    destroy: nothing,
  };
}

function createCounter(family: string, grid: Grid, hyper: Hyper): Counter {
  const counter = referenceOf(family).counter?.(family, grid, hyper);
  if (!counter) throw new Error(`family: "${family}" is not counted`);
  return {
    add: (images) => promise(() => counter.add(images)),
    finish: () => promise(() => counter.finish()),
    destroy: nothing,
  };
}

function createEmIteration(model: Model): EmIteration {
  const emIteration = referenceOf(model.family).emIteration?.(model);
  if (!emIteration) throw new Error(`family: "${model.family}" is not fitted by EM`);
  return {
    add: (images) => promise(() => emIteration.add(images)),
    finish: () => promise(() => emIteration.finish()),
    destroy: nothing,
  };
}
