import type { Device } from '../../../gpu/device.ts';
import type { BoundKernel, Dispatch } from '../../../gpu/kernel.ts';
import type { Tensors } from '../../../models/types.ts';
import { ADAM, type Learner, type LearnerRequest, type LearnerState } from '../backend.ts';
import { classLogLikelihood } from '../../../models/shared/class-likelihood.ts';
import { BINARISE, Batches } from './batches.ts';
import { ClassReader } from './classifier.ts';
import { Scorer } from './scorer.ts';
import { fill, openScope, type OpenScope } from './scope.ts';

const ADAM_KERNEL = 'ops/adam.wgsl';
const SUM = 'ops/sum.wgsl';
/** Steps whose losses fit on the device before they must be read back. */
const LOSS_SLOTS = 4096;

/** Trains a descended family. Throws where the family is counted. */
export async function openLearner(device: Device, request: LearnerRequest): Promise<Learner> {
  const scope = await openScope(device, request, request.state.tensors, [BINARISE, ADAM_KERNEL, SUM]);
  try {
    return await device.guard(`${request.family}: memory`, () => createLearner(scope, request));
  } catch (error) {
    scope.arena.destroy();
    throw error;
  }
}

function createLearner(scope: OpenScope, request: LearnerRequest): Learner {
  const { arena, device, program } = scope;
  const { state, batchSize } = request;
  if (!program.gradient) throw new Error(`family: "${request.family}" is not descended`);
  const classifier = program.classifier !== undefined;
  const batches = new Batches(scope, {
    grey: request.images,
    binarisation: request.binarisation,
    targets: request.targets ?? 'sampled',
    batchSize,
    order: request.order ?? null,
    labelled: classifier,
  });
  const losses = arena.storage('losses', LOSS_SLOTS * 4);
  const updates = Object.entries(state.tensors).map(([name, tensor]) => ({ name, count: tensor.length }));
  const gradients = Object.fromEntries(
    updates.map(({ name, count }) => [name, arena.storage(`d_${name}`, count * 4)]),
  );
  const moments = [fill(arena, state.firstMoments, 'm_'), fill(arena, state.secondMoments, 'v_')] as const;
  const gradient = program.gradient(scope, {
    images: batches.images,
    targets: batches.targets,
    labels: batches.labels,
    capacity: batchSize,
    gradients,
  });
  const sum = scope.bind(SUM, { values: gradient.partial, out: losses });
  const adams = updates.map(({ name, count }) => ({
    count,
    kernel: scope.bind(ADAM_KERNEL, {
      gradient: gradients[name],
      first_moment: moments[0][name],
      second_moment: moments[1][name],
      theta: scope.tensors[name],
    }),
  }));
  const logLikelihood = scorerOf(scope, classifier);
  let step = state.step;
  let used = 0;
  let loss = { nats: 0, images: 0 };

  /** Adds the losses on the device to the current `loss`; steps scheduled later may overwrite them on the device. */
  async function foldLosses(): Promise<void> {
    const into = loss;
    const count = used;
    used = 0;
    const values = await device.readback.floats(losses, count);
    into.nats -= values.reduce((total, value) => total + value, 0);
  }

  return {
    async step(indices, epoch, learningRate) {
      if (indices.length > batchSize)
        throw new RangeError(`indices: ${indices.length} exceed the batch of ${batchSize}`);
      if (indices.length === 0) throw new RangeError('indices: none');
      if (used === LOSS_SLOTS) await foldLosses();
      const work = batches.make(indices, epoch);
      step++;
      loss.images += indices.length;
      await device.scheduler.run([
        ...work,
        ...gradient.gradient(indices.length),
        sum.dispatch({ count: gradient.parts * indices.length, slot: used++ }, [1]),
        ...adams.map(({ kernel, count }) => adam(kernel, count, step, learningRate)),
      ]);
    },
    async takeLoss() {
      const taken = loss;
      const folded = foldLosses();
      loss = { nats: 0, images: 0 };
      await folded;
      return taken;
    },
    logLikelihood,
    async state(): Promise<LearnerState> {
      const at = step;
      const buffers = [scope.tensors, ...moments];
      const pieces = buffers.flatMap((all) =>
        updates.map(({ name, count }) => ({ source: all[name], count })),
      );
      const read = await device.readback.read(pieces);
      const tensorsOf = (which: number): Tensors =>
        Object.fromEntries(
          updates.map(({ name }, i) => [name, new Float32Array(read[which * updates.length + i])]),
        );
      return { step: at, tensors: tensorsOf(0), firstMoments: tensorsOf(1), secondMoments: tensorsOf(2) };
    },
    destroy() {
      batches.release();
      arena.destroy();
    },
  };
}

/** log p(x) under the tensors of the scope, or log p(y | x). */
function scorerOf(scope: OpenScope, classifier: boolean): Learner['logLikelihood'] {
  if (!classifier) {
    const scorer = new Scorer(scope);
    return (images) => scorer.logLikelihood(images);
  }
  const reader = new ClassReader(scope);
  return async (images, labels) => classLogLikelihood(await reader.classLogits(images), labels);
}

function adam(kernel: BoundKernel, count: number, step: number, rate: number): Dispatch {
  const { beta1, beta2, epsilon } = ADAM;
  const params = {
    count,
    rate,
    beta_1: beta1,
    beta_2: beta2,
    gain_1: 1 - beta1,
    gain_2: 1 - beta2,
    correction_1: 1 / (1 - beta1 ** step),
    correction_2: 1 / (1 - beta2 ** step),
    epsilon,
  };
  return kernel.dispatch(params, [Math.ceil(count / kernel.constant('threads'))]);
}
