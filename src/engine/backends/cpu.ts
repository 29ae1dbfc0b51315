import type { Grid } from '../../data/images.ts';
import type { CpuModel, CpuSampler, Hyper, Model } from '../../models/types.ts';
import type { Backend, Counter, Evaluator, EmIteration, Sampler } from './backend.ts';
import { withClassModels } from './class-conditional/class-models.ts';
import { openCpuIterativeSampler } from './sampling/cpu.ts';
import { createLearner } from './cpu/learner.ts';
import { nothing, promise } from './cpu/at-once.ts';
import { pooledEvaluator } from './pool/evaluator.ts';
import type { WorkerPool } from './pool/pool.ts';
import { withPixelOrder } from './pixel-order.ts';
import { referenceOf } from './references.ts';

/**
 * The typed-array backend: every family's reference, in the calling thread. Every call is synchronous work: the caller
 * cuts it into pieces and yields between them. With a pool, which ends with it, calls of many images and training use its threads too.
 */
export function createCpuBackend(pool: WorkerPool | null = null): Backend {
  return {
    kind: 'cpu',
    get description() {
      return describe(pool);
    },
    ...withClassModels(
      withPixelOrder({
        open: (model) => promise(() => openEvaluator(model, pool)),
        counter: (family, grid, hyper) => promise(() => createCounter(family, grid, hyper)),
        emIteration: (model) => promise(() => createEmIteration(model)),
        learner: (request) => createLearner(request, pool),
      }),
    ),
    liveBytes: () => 0,
    // There is no device that could be lost.
    lost: new Promise<string>(nothing),
    destroy: () => pool?.destroy(),
  };
}

function describe(pool: WorkerPool | null): string {
  if (!pool) return 'typed arrays';
  const { threads, failure } = pool;
  if (threads > 1) return `typed arrays, ${threads} threads`;
  return failure === null
    ? 'typed arrays'
    : `typed arrays, one thread: workers could not be used (${failure})`;
}

function openEvaluator(model: Model, pool: WorkerPool | null): Evaluator {
  const cpu = referenceOf(model.family).open(model);
  const own = evaluatorOf(model, cpu);
  return pool ? pooledEvaluator(pool, model, cpu, own) : own;
}

function evaluatorOf(model: Model, cpu: CpuModel): Evaluator {
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
