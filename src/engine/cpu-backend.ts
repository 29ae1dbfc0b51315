import { binariseRows } from '../data/binarise.ts';
import type { CpuModel, Model, Tensors } from '../models/types.ts';
import { adamTensors } from './adam.ts';
import type { Backend, Counter, Evaluator, Learner, LearnerRequest, LearnerState } from './backend.ts';
import { referenceOf } from './references.ts';

/**
 * The typed-array backend: every family's reference, in whatever thread it is called from. Every
 * call does all of its work at once: the caller cuts it into pieces and lets other work in between.
 */
export function createCpuBackend(): Backend {
  return {
    kind: 'cpu',
    description: 'typed arrays',
    open: (model) => Promise.resolve(openEvaluator(model)),
    counter: (family, grid, hyper) => {
      const counter = referenceOf(family).counter?.(family, grid, hyper);
      if (!counter) return Promise.reject(new Error(`family: "${family}" is not counted`));
      return Promise.resolve<Counter>({
        add(images) {
          counter.add(images);
          return Promise.resolve();
        },
        finish: () => Promise.resolve(counter.finish()),
        destroy: nothing,
      });
    },
    learner: (request) => Promise.resolve(createLearner(request)),
    liveBytes: () => 0,
    // A device that does not exist is never lost.
    lost: new Promise<string>(nothing),
    destroy: nothing,
  };
}

function openEvaluator(model: Model): Evaluator {
  const cpu = referenceOf(model.family).open(model);
  return {
    logLikelihood: (images) => Promise.resolve(cpu.logLikelihood(images)),
    conditionalLogits: (images) => Promise.resolve(cpu.conditionalLogits(images)),
    sampler(request) {
      const sampler = cpu.sampler(request);
      return Promise.resolve({
        get position() {
          return sampler.position;
        },
        advance(pixels) {
          sampler.advance(pixels);
          return Promise.resolve();
        },
        images: () => Promise.resolve({ ...sampler.images, words: sampler.images.words.slice() }),
        destroy: nothing,
      });
    },
    destroy: nothing,
  };
}

function createLearner(request: LearnerRequest): Learner {
  const { family, grid, hyper, images, binarisation } = request;
  const reference = referenceOf(family);
  if (!reference.gradient) throw new Error(`family: "${family}" is counted, not descended`);
  const state = copyState(request.state);
  const model: Model = { family, grid, hyper, tensors: state.tensors };
  const gradients = mapTensors(state.tensors, (tensor) => new Float32Array(tensor.length));
  let step = state.step;
  // Held until the next step, which makes stale whatever a family prepares when it opens a model.
  let opened: CpuModel | null = null;
  let loss = { nats: 0, images: 0 };
  return {
    step(indices, epoch, learningRate) {
      const batch = binariseRows(images, indices, binarisation, epoch);
      const nats = reference.gradient!(model, batch, gradients);
      step++;
      opened = null;
      adamTensors(state.tensors, gradients, state.firstMoments, state.secondMoments, step, learningRate);
      loss = { nats: loss.nats + nats, images: loss.images + indices.length };
      return Promise.resolve();
    },
    takeLoss() {
      const taken = loss;
      loss = { nats: 0, images: 0 };
      return Promise.resolve(taken);
    },
    logLikelihood(scored) {
      opened ??= reference.open(model);
      return Promise.resolve(opened.logLikelihood(scored));
    },
    state: () => Promise.resolve(copyState({ ...state, step })),
    destroy: nothing,
  };
}

function copyState(state: LearnerState): LearnerState {
  return {
    step: state.step,
    tensors: mapTensors(state.tensors, (tensor) => tensor.slice()),
    firstMoments: mapTensors(state.firstMoments, (tensor) => tensor.slice()),
    secondMoments: mapTensors(state.secondMoments, (tensor) => tensor.slice()),
  };
}

function mapTensors(
  tensors: Tensors,
  make: (tensor: Float32Array<ArrayBuffer>) => Float32Array<ArrayBuffer>,
): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, make(tensor)]));
}

function nothing(): void {
  /* There is no device to free. */
}
