import { binariseRows } from '../../../data/binarise.ts';
import type { PackedImages } from '../../../data/images.ts';
import { permutePixels } from '../../../data/orders.ts';
import { softTargets } from '../../../data/soft-targets.ts';
import { classLogLikelihood } from '../../../models/shared/class-likelihood.ts';
import { descentOf, folderSpec } from '../../../models/registry.ts';
import { shownTensors } from '../../../models/runs.ts';
import type { CpuModel, Model, Targets, Tensors } from '../../../models/types.ts';
import type { Simd } from '../../../simd/simd.ts';
import type { Learner, LearnerRequest, LearnerState } from '../backend.ts';
import { referenceOf, zerosLike } from '../references.ts';
import { nothing, promise } from './at-once.ts';
import { openUpdate } from './update.ts';

/** Trains a descended family in the calling thread. Throws where the family is none. */
export function createLearner(request: LearnerRequest, simd: Simd | null): Learner {
  const { family, grid, hyper } = request;
  const reference = referenceOf(family);
  if (!reference.openGradient) throw new Error(`family: "${family}" is not descended`);
  const state = copyState(request.state);
  const update = openUpdate(state, request.descent ?? descentOf(folderSpec(family)));
  const model: Model = { family, grid, hyper, tensors: state.tensors };
  const shown: Model = { ...model, tensors: shownTensors(state) };
  const gradients = zerosLike(state.tensors);
  const descent = reference.openGradient(model, simd);
  // Reset by the next step, because a family may precompute values from the weights when it opens a model.
  let opened: CpuModel | null = null;
  let loss = { nats: 0, images: 0 };

  function descend(indices: Uint32Array, epoch: number, learningRate: number): void {
    const { batch, targets } = drawBatch(request, indices, epoch);
    const nats = descent.gradient(batch, gradients, targets);
    opened = null;
    update.step(gradients, learningRate);
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
        opened ??= reference.open(shown, simd);
        return opened.classLogits
          ? classLogLikelihood(opened.classLogits(scored), labels)
          : opened.logLikelihood(scored);
      }),
    state: () => promise(() => copyState(update.state)),
    destroy: nothing,
  };
}

/** The bits of a step's images, with the pixels in the family's numbering, and what they should be. */
function drawBatch(
  { images, binarisation, order, targets }: LearnerRequest,
  indices: Uint32Array,
  epoch: number,
): { readonly batch: PackedImages; readonly targets: Targets } {
  const drawn = binariseRows(images, indices, binarisation, epoch);
  const labels = images.labels && Uint8Array.from(indices, (row) => images.labels![row]);
  const soft = targets === 'soft' ? softTargets(images, indices, order ?? null) : null;
  return { batch: order ? permutePixels(drawn, order) : drawn, targets: { labels, soft } };
}

function copyState(state: LearnerState): LearnerState {
  const { averages } = state;
  return {
    ...state,
    tensors: copyTensors(state.tensors),
    firstMoments: copyTensors(state.firstMoments),
    secondMoments: copyTensors(state.secondMoments),
    ...(averages ? { averages: copyTensors(averages) } : {}),
  };
}

function copyTensors(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.slice()]));
}
