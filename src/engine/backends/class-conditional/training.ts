/** The training of models of every class: one counter, EM or learner a class, which share nothing but the images. */
import { blankImages, CLASSES, type PackedImages, wordsPerImage } from '../../../data/images.ts';
import {
  CLASS_LOGIT,
  classPrior,
  logPrior,
  membersOf,
  memberTensors,
  stackOf,
  stackTensors,
} from '../../../models/shared/class-conditional.ts';
import type { Model, Tensors } from '../../../models/types.ts';
import type { Backend, Counter, EmIteration, Learner, LearnerRequest, LearnerState } from '../backend.ts';
import { groupByClass, jointOf, marginalOf, openAll } from './groups.ts';

export async function openCounter(open: () => Promise<Counter>): Promise<Counter> {
  const members = await openAll(Array.from({ length: CLASSES }, () => open));
  const counts = new Float64Array(CLASSES);
  return {
    async add(images, labels) {
      for (const { y, part } of partsOf(images, labels)) {
        counts[y] += part.count;
        await members[y].add(part, null);
      }
    },
    async finish() {
      const tensors: Tensors[] = [];
      for (const member of members) tensors.push(await member.finish());
      return stackTensors(tensors, classPrior(counts));
    },
    destroy: () => members.forEach((member) => member.destroy()),
  };
}

export async function openEmIteration(raw: Pick<Backend, 'emIteration'>, model: Model): Promise<EmIteration> {
  const prior = logPrior(model);
  const members = await openAll(membersOf(model).map((member) => () => raw.emIteration(member)));
  const counts = new Float64Array(CLASSES);
  return {
    async add(images, labels) {
      let nats = 0;
      for (const { y, part } of partsOf(images, labels)) {
        counts[y] += part.count;
        nats += part.count * prior[y] + (await members[y].add(part, null));
      }
      return nats;
    },
    async finish() {
      const tensors: Tensors[] = [];
      for (const member of members) tensors.push(await member.finish());
      return stackTensors(tensors, classPrior(counts));
    },
    destroy: () => members.forEach((member) => member.destroy()),
  };
}

/** One learner a class: they share nothing but the images. */
export async function openLearner(raw: Pick<Backend, 'learner'>, request: LearnerRequest): Promise<Learner> {
  const { state } = request;
  const labels = request.images.labels;
  if (!labels) throw new Error('labels: a model of every class needs them');
  const steps = [...(state.classSteps ?? new Array<number>(CLASSES).fill(0))];
  const classLogit = state.tensors[CLASS_LOGIT].slice();
  const prior = logPrior({ ...request, tensors: state.tensors });
  const members = await openAll(
    steps.map((step, y) => () => raw.learner({ ...request, state: memberState(state, y, step) })),
  );

  const scores = members.map((member) => (images: PackedImages) => member.logLikelihood(images, null));

  return {
    logLikelihood: async (images) => marginalOf(await jointOf(scores, prior, images)),
    async step(indices, epoch, learningRate) {
      const y = labels[indices[0]];
      if (indices.some((row) => labels[row] !== y)) throw new RangeError('indices: of more than one class');
      steps[y]++;
      await members[y].step(indices, epoch, learningRate);
    },
    async takeLoss() {
      const losses = await Promise.all(members.map((member) => member.takeLoss()));
      // Their batches are scored under p(x | y); the class itself costs -log p(y).
      return losses.reduce(
        (sum, loss, y) => ({
          nats: sum.nats + loss.nats - loss.images * prior[y],
          images: sum.images + loss.images,
        }),
        { nats: 0, images: 0 },
      );
    },
    async state() {
      const states: LearnerState[] = [];
      for (const member of members) states.push(await member.state());
      const none = new Float32Array(CLASSES);
      return {
        step: steps.reduce((sum, step) => sum + step, 0),
        tensors: stackTensors(
          states.map((each) => each.tensors),
          classLogit.slice(),
        ),
        firstMoments: { [CLASS_LOGIT]: none, ...stackOf(states.map((each) => each.firstMoments)) },
        secondMoments: { [CLASS_LOGIT]: none.slice(), ...stackOf(states.map((each) => each.secondMoments)) },
        classSteps: [...steps],
      };
    },
    destroy: () => members.forEach((member) => member.destroy()),
  };
}

function memberState(state: LearnerState, y: number, step: number): LearnerState {
  return {
    step,
    tensors: memberTensors(state.tensors, y),
    firstMoments: memberTensors(state.firstMoments, y),
    secondMoments: memberTensors(state.secondMoments, y),
  };
}

/** The images of every class that is there. Throws where there are no labels. */
function* partsOf(
  images: PackedImages,
  labels: Uint8Array | null,
): Generator<{ y: number; part: PackedImages }> {
  if (!labels) throw new Error('labels: a model of every class needs them');
  const stride = wordsPerImage(images.grid);
  for (const [y, rows] of groupByClass(labels).entries()) {
    if (rows.length === 0) continue;
    const part = blankImages(images.grid, rows.length);
    rows.forEach((row, at) =>
      part.words.set(images.words.subarray(row * stride, (row + 1) * stride), at * stride),
    );
    yield { y, part };
  }
}
