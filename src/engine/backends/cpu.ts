import type { Grid } from '../../data/images.ts';
import type { CpuModel } from '../../models/cpu-model.ts';
import type { Hyper, Model } from '../../models/model.ts';
import type { CpuSampler } from '../../models/sampling.ts';
import type { Backend, Counter, Evaluator, EmIteration, Sampler } from './backend.ts';
import { withClassModels } from './class-conditional/class-models.ts';
import { openCpuIterativeSampler } from './sampling/cpu.ts';
import { createLearner } from './cpu/learner.ts';
import { openProduct } from './cpu/product.ts';
import { nothing, promise } from './cpu/at-once.ts';
import { pooledEvaluator } from './pool/evaluator.ts';
import type { WorkerPool } from './pool/pool.ts';
import { withPixelOrder } from './pixel-order.ts';
import { referenceOf } from './references.ts';
import type { Simd } from '../../simd/simd.ts';

/**
 * The backend without a device: every family's reference, in the calling thread. Every call is synchronous work: the caller
 * cuts it into pieces and yields between them. `load` gets WebAssembly SIMD (src/simd/load.ts) when the first model of a family that
 * uses it is opened; without it all families run on typed arrays. With a pool, which ends with it, calls of many images and training
 * use its threads too.
 */
export function createCpuBackend(
  load: () => Promise<Simd | null> = () => Promise.resolve(null),
  pool: WorkerPool | null = null,
): Backend {
  let arithmetic = 'typed arrays';
  let described: () => void = nothing;
  const descriptionChanged = new Promise<void>((resolve) => {
    described = resolve;
  });

  async function simdFor(family: string): Promise<Simd | null> {
    return referenceOf(family).usesSimd ? await loaded() : null;
  }

  async function loaded(): Promise<Simd | null> {
    const simd = await load();
    if (simd) {
      arithmetic = simd.description;
      described();
    }
    return simd;
  }

  return {
    kind: 'cpu',
    get description() {
      return arithmetic + describeThreads(pool);
    },
    descriptionChanged,
    ...withClassModels(
      withPixelOrder({
        open: async (model) => openEvaluator(model, await simdFor(model.family), pool),
        counter: (family, grid, hyper) => promise(() => createCounter(family, grid, hyper)),
        emIteration: (model) => promise(() => createEmIteration(model)),
        learner: async (request) => createLearner(request, await simdFor(request.family), pool),
      }),
    ),
    matrixProduct: async (side) => await openProduct(pool, await loaded(), side),
    liveBytes: () => 0,
    // There is no device that could be lost.
    lost: new Promise<string>(nothing),
    destroy: () => pool?.destroy(),
  };
}

function describeThreads(pool: WorkerPool | null): string {
  if (!pool) return '';
  const { threads, failure } = pool;
  if (threads > 1) return `, ${threads} threads`;
  return failure === null ? '' : `, one thread: workers could not be used (${failure})`;
}

function openEvaluator(model: Model, simd: Simd | null, pool: WorkerPool | null): Evaluator {
  const cpu = referenceOf(model.family).open(model, simd);
  const own = evaluatorOf(model, cpu);
  return pool ? pooledEvaluator(pool, { model, simd, cpu }, own) : own;
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
