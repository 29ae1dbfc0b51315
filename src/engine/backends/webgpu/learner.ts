import type { Device } from '../../../gpu/device.ts';
import { descentOf, folderSpec } from '../../../models/registry.ts';
import type { Learner, LearnerRequest, LearnerState } from '../backend.ts';
import { classLogLikelihood } from '../../../models/shared/class-likelihood.ts';
import { BINARISE, Batches } from './batches.ts';
import { ClassReader } from './classifier.ts';
import { Scorer } from './scorer.ts';
import { openScope, type OpenScope } from './scope.ts';
import { openUpdate, UPDATE_KERNELS } from './update.ts';

const SUM = 'ops/sum.wgsl';
/** Steps whose losses fit on the device before they must be read back. */
const LOSS_SLOTS = 4096;

/** Trains a descended family. Throws where the family is counted. */
export async function openLearner(device: Device, request: LearnerRequest): Promise<Learner> {
  const scope = await openScope(device, request, request.state.tensors, [BINARISE, SUM, ...UPDATE_KERNELS]);
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
  const gradients = arena.together(
    'gradients',
    Object.fromEntries(Object.entries(state.tensors).map(([name, { length }]) => [name, length])),
  );
  const recipe = request.descent ?? descentOf(folderSpec(request.family));
  const update = openUpdate(scope, state, gradients, recipe);
  const gradient = program.gradient(scope, {
    images: batches.images,
    targets: batches.targets,
    labels: batches.labels,
    capacity: batchSize,
    gradients: gradients.parts,
  });
  const sum = scope.bind(SUM, { values: gradient.partial, out: losses });
  const logLikelihood = scorerOf({ ...scope, tensors: update.shown.parts }, classifier);
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
        ...update.step(step, learningRate),
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
      const now = update.stateOf(at, await device.readback.read(update.pieces));
      // Not used here: a run that goes on without the device goes on with them.
      return { ...now, shards: state.shards };
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
