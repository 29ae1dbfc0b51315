import { binariseRows } from '../../data/binarise.ts';
import type { Grid } from '../../data/images.ts';
import { permutePixels } from '../../data/orders.ts';
import type { CpuModel, CpuSampler, Hyper, Model, Tensors } from '../../models/types.ts';
import { adamTensors } from './adam.ts';
import type {
  Backend,
  Counter,
  Evaluator,
  EmIteration,
  Learner,
  LearnerRequest,
  LearnerState,
  Sampler,
} from './backend.ts';
import { classLogLikelihood } from '../../models/shared/class-likelihood.ts';
import { withClassModels } from './class-conditional/class-models.ts';
import { openCpuIterativeSampler } from './sampling/cpu.ts';
import { withPixelOrder } from './pixel-order.ts';
import { referenceOf, zerosLike } from './references.ts';
import type { Simd } from '../../simd/simd.ts';

/**
 * The backend without a device: every family's reference, in the calling thread. Every call is synchronous work: the caller
 * cuts it into pieces and yields between them. `load` gets WebAssembly SIMD (src/simd/load.ts) when the first model of a family that
 * uses it is opened; without it all families run on typed arrays.
 */
export function createCpuBackend(load: () => Promise<Simd | null> = () => Promise.resolve(null)): Backend {
  let description = 'typed arrays';
  let described: () => void = nothing;
  const descriptionChanged = new Promise<void>((resolve) => {
    described = resolve;
  });

  async function simdFor(family: string): Promise<Simd | null> {
    if (!referenceOf(family).usesSimd) return null;
    const simd = await load();
    if (simd) {
      description = simd.description;
      described();
    }
    return simd;
  }

  return {
    kind: 'cpu',
    get description() {
      return description;
    },
    descriptionChanged,
    ...withClassModels(
      withPixelOrder({
        open: async (model) => openEvaluator(model, await simdFor(model.family)),
        counter: (family, grid, hyper) => promise(() => createCounter(family, grid, hyper)),
        emIteration: (model) => promise(() => createEmIteration(model)),
        learner: async (request) => createLearner(request, await simdFor(request.family)),
      }),
    ),
    liveBytes: () => 0,
    // There is no device that could be lost.
    lost: new Promise<string>(nothing),
    destroy: nothing,
  };
}

function openEvaluator(model: Model, simd: Simd | null): Evaluator {
  const cpu = referenceOf(model.family).open(model, simd);
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

function createLearner(request: LearnerRequest, simd: Simd | null): Learner {
  const { family, grid, hyper, images, binarisation, order } = request;
  const reference = referenceOf(family);
  if (!reference.openGradient) throw new Error(`family: "${family}" is not descended`);
  const state = copyState(request.state);
  const model: Model = { family, grid, hyper, tensors: state.tensors };
  const gradients = zerosLike(state.tensors);
  const descent = reference.openGradient(model, simd);
  let step = state.step;
  // Reset by the next step, because a family may precompute values from the weights when it opens a model.
  let opened: CpuModel | null = null;
  let loss = { nats: 0, images: 0 };

  function descend(indices: Uint32Array, epoch: number, learningRate: number): void {
    const drawn = binariseRows(images, indices, binarisation, epoch);
    const batch = order ? permutePixels(drawn, order) : drawn;
    const labels = images.labels && Uint8Array.from(indices, (row) => images.labels![row]);
    const nats = descent.gradient(batch, gradients, { labels });
    step++;
    opened = null;
    adamTensors(state.tensors, gradients, state.firstMoments, state.secondMoments, step, learningRate);
    loss = { nats: loss.nats + nats, images: loss.images + indices.length };
  }

  function takeLoss(): { nats: number; images: number } {
    const taken = loss;
    loss = { nats: 0, images: 0 };
    return taken;
  }

  return {
    step: (indices, epoch, learningRate) => promise(() => descend(indices, epoch, learningRate)),
    takeLoss: () => promise(takeLoss),
    logLikelihood: (scored, labels) =>
      promise(() => {
        opened ??= reference.open(model, simd);
        return opened.classLogits
          ? classLogLikelihood(opened.classLogits(scored), labels)
          : opened.logLikelihood(scored);
      }),
    state: () => promise(() => copyState({ ...state, step })),
    destroy: nothing,
  };
}

/** Runs `work` at once; its exceptions become rejections, as on a device. */
function promise<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}

function copyState(state: LearnerState): LearnerState {
  return {
    step: state.step,
    tensors: copyTensors(state.tensors),
    firstMoments: copyTensors(state.firstMoments),
    secondMoments: copyTensors(state.secondMoments),
  };
}

function copyTensors(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.slice()]));
}

function nothing(): void {
  /* There is no device to free. */
}
