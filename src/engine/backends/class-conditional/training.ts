/**
 * Training of class-conditional models: one counter, EM iteration or learner per class; they share only the images, and on a device the
 * readback of what they have learnt.
 */
import { CLASSES, type PackedImages, takeImages } from '../../../data/images.ts';
import {
  CLASS_LOGIT,
  classPrior,
  logPrior,
  classModelsOf,
  classTensors,
  stackOf,
  stackTensors,
} from '../../../models/shared/class-conditional.ts';
import type { Model } from '../../../models/model.ts';
import type { Backend, Counter, EmIteration, Learner, LearnerRequest, LearnerState } from '../backend.ts';
import { groupByClass, jointOf, marginalOf, openAll } from './groups.ts';

export async function openCounter(open: () => Promise<Counter>): Promise<Counter> {
  const counters = await openAll(Array.from({ length: CLASSES }, () => open));
  const counts = new Float64Array(CLASSES);
  return {
    async add(images, labels) {
      for (const { y, part } of partsOf(images, labels)) {
        counts[y] += part.count;
        await counters[y].add(part, null);
      }
    },
    async finish() {
      const tensors = await Promise.all(counters.map((counter) => counter.finish()));
      return stackTensors(tensors, classPrior(counts));
    },
    destroy: () => counters.forEach((counter) => counter.destroy()),
  };
}

export async function openEmIteration(raw: Pick<Backend, 'emIteration'>, model: Model): Promise<EmIteration> {
  const prior = logPrior(model);
  const iterations = await openAll(
    classModelsOf(model).map((classModel) => () => raw.emIteration(classModel)),
  );
  const counts = new Float64Array(CLASSES);
  return {
    async add(images, labels) {
      let nats = 0;
      for (const { y, part } of partsOf(images, labels)) {
        counts[y] += part.count;
        nats += part.count * prior[y] + (await iterations[y].add(part, null));
      }
      return nats;
    },
    async finish() {
      const tensors = await Promise.all(iterations.map((iteration) => iteration.finish()));
      return stackTensors(tensors, classPrior(counts));
    },
    destroy: () => iterations.forEach((iteration) => iteration.destroy()),
  };
}

export async function openLearner(raw: Pick<Backend, 'learner'>, request: LearnerRequest): Promise<Learner> {
  const { state } = request;
  const labels = request.images.labels;
  if (!labels) throw new Error('labels: a class-conditional model needs them');
  const steps = [...(state.classSteps ?? new Array<number>(CLASSES).fill(0))];
  const classLogit = state.tensors[CLASS_LOGIT].slice();
  const prior = logPrior({ ...request, tensors: state.tensors });
  const learners = await openAll(
    steps.map((step, y) => () => raw.learner({ ...request, state: classState(state, y, step) })),
  );

  const scores = learners.map((learner) => (images: PackedImages) => learner.logLikelihood(images, null));

  return {
    shards: learners[0].shards,
    get concurrency() {
      return learners[0].concurrency;
    },
    logLikelihood: async (images) => marginalOf(await jointOf(scores, prior, images)),
    async step(indices, epoch, learningRate) {
      const y = labels[indices[0]];
      if (indices.some((row) => labels[row] !== y)) throw new RangeError('indices: of more than one class');
      steps[y]++;
      await learners[y].step(indices, epoch, learningRate);
    },
    async takeLoss() {
      const losses = await Promise.all(learners.map((learner) => learner.takeLoss()));
      // The learners report -log p(x | y); the class adds -log p(y).
      return losses.reduce(
        (sum, loss, y) => ({
          nats: sum.nats + loss.nats - loss.images * prior[y],
          images: sum.images + loss.images,
        }),
        { nats: 0, images: 0 },
      );
    },
    async state() {
      const states = await Promise.all(learners.map((learner) => learner.state()));
      const none = new Float32Array(CLASSES);
      const averages = states.flatMap((each) => (each.averages ? [each.averages] : []));
      const lengths = states.flatMap((each) => each.gradientLength ?? []);
      return {
        step: steps.reduce((sum, step) => sum + step, 0),
        tensors: stackTensors(
          states.map((each) => each.tensors),
          classLogit.slice(),
        ),
        firstMoments: { [CLASS_LOGIT]: none, ...stackOf(states.map((each) => each.firstMoments)) },
        secondMoments: { [CLASS_LOGIT]: none.slice(), ...stackOf(states.map((each) => each.secondMoments)) },
        classSteps: [...steps],
        shards: states[0].shards,
        ...(averages.length > 0 ? { averages: stackTensors(averages, classLogit.slice()) } : {}),
        ...(lengths.length > 0 ? { classLengths: lengths } : {}),
      };
    },
    destroy: () => learners.forEach((learner) => learner.destroy()),
  };
}

function classState(state: LearnerState, y: number, step: number): LearnerState {
  return {
    step,
    shards: state.shards,
    tensors: classTensors(state.tensors, y),
    firstMoments: classTensors(state.firstMoments, y),
    secondMoments: classTensors(state.secondMoments, y),
    ...(state.averages ? { averages: classTensors(state.averages, y) } : {}),
    ...(state.classLengths ? { gradientLength: state.classLengths[y] } : {}),
  };
}

/** The images of every class that occurs. Throws where there are no labels. */
function* partsOf(
  images: PackedImages,
  labels: Uint8Array | null,
): Generator<{ y: number; part: PackedImages }> {
  if (!labels) throw new Error('labels: a class-conditional model needs them');
  for (const [y, rows] of groupByClass(labels).entries())
    if (rows.length > 0) yield { y, part: takeImages(images, rows) };
}
