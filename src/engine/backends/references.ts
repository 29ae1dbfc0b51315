import { CLASSES, type Grid } from '../../data/images.ts';
import { classPrior, stackTensors } from '../../models/shared/class-conditional.ts';
import { pixelOrder } from '../../models/shared/order.ts';
import { descentOf, folderOf, folderSpec, isClassConditional } from '../../models/registry.ts';
import type { Hyper, Tensors } from '../../models/model.ts';
import type { Reference } from '../../models/reference.ts';
import type { LearnerState } from './backend.ts';

const references = import.meta.glob<Reference>('../../models/*/reference.ts', {
  eager: true,
  import: 'reference',
});

/** The family's functions on the CPU. Throws for an unknown family. */
export function referenceOf(family: string): Reference {
  return references[`../../models/${folderOf(family)}/reference.ts`];
}

/**
 * A model of EM or descent before its first step, with the family's initial weights. `pixelMeans` holds [n] for every class model (or the
 * single model) and `counts` the number of training images of each.
 */
export function initialState(
  { family, grid, hyper }: { family: string; grid: Grid; hyper: Hyper },
  pixelMeans: readonly Float64Array[],
  counts: readonly number[],
  seed: number,
): LearnerState {
  const reference = referenceOf(family);
  if (!reference.initialise)
    throw new Error(`family: "${family}" is counted and has no weights to start from`);
  const order = pixelOrder(grid, hyper);
  const models = pixelMeans.map((means, y) => {
    const placed = order ? Float64Array.from(order, (pixel) => means[pixel]) : means;
    return reference.initialise!(grid, hyper, placed, (seed + y) >>> 0);
  });
  const tensors = isClassConditional({ family, hyper })
    ? stackTensors(models, classPrior(counts))
    : models[0];
  return stateBefore({ family, hyper, tensors });
}

/** The state before the first step of a run that begins with these weights: zero moments, averages and gradient lengths where the family's recipe has them. */
export function stateBefore({
  family,
  hyper,
  tensors,
}: {
  readonly family: string;
  readonly hyper: Hyper;
  readonly tensors: Tensors;
}): LearnerState {
  const start = { step: 0, tensors, firstMoments: zerosLike(tensors), secondMoments: zerosLike(tensors) };
  const { clip, average } = descentOf(folderSpec(family));
  const lengths = isClassConditional({ family, hyper })
    ? { classLengths: Array.from({ length: CLASSES }, () => 0) }
    : { gradientLength: 0 };
  return {
    ...start,
    ...(average === null ? {} : { averages: copyOf(tensors) }),
    ...(clip === null ? {} : lengths),
  };
}

function copyOf(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, values]) => [name, values.slice()]));
}

export function zerosLike(tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, values]) => [name, new Float32Array(values.length)]),
  );
}
