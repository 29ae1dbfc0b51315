/**
 * A model of every class: p(x) = sum_y p(y) p(x | y), which makes every density a Bayes classifier too,
 * p(y | x) = p(y) p(x | y) / p(x). The class models share nothing: a single set of weights with a bias a class makes a poor
 * classifier. Their tensors lie one after the other along a new first dimension.
 */
import { CLASSES } from '../../data/images.ts';
import { logSoftmax } from './math.ts';
import type { FamilySpec, HyperParameter } from '../family-spec.ts';
import type { Hyper, Model, Tensors } from '../model.ts';

/** Name of the tensor that holds the prior over classes as logits, [CLASSES]. */
export const CLASS_LOGIT = 'class_logit';
/** Numbers in all class models together: 256 MiB as f32. */
const MAX_PARAMETERS = 2 ** 26;

const SWITCH: HyperParameter = {
  name: 'class-conditional',
  role: 'classes',
  label: 'One model for each digit',
  meaning: 'Learns a model of every digit by itself; together they are a distribution and a classifier.',
  unit: '',
  min: 0,
  max: 1,
  step: 1,
  default: 0,
  choices: ['no', 'yes'],
};

/** Whether a model with these hyper-parameters has a model for every class. */
export function isConditional(spec: FamilySpec, hyper: Hyper): boolean {
  return spec.classes === 'always' || (spec.classes !== 'never' && hyper[SWITCH.name] === 1);
}

/** The family as the registry offers it: with the switch for class models, where `spec`, the spec of its folder, allows them. */
export function conditioned(spec: FamilySpec): FamilySpec {
  if (spec.task === 'classifier' || spec.classes === 'never') return spec;
  const whole = (hyper: Hyper) => isConditional(spec, hyper);
  return {
    ...spec,
    hyperparameters: spec.classes === 'always' ? spec.hyperparameters : [...spec.hyperparameters, SWITCH],
    parameterCount: (grid, hyper) => {
      const own = spec.parameterCount(grid, hyper);
      return whole(hyper) ? CLASSES * own + CLASSES - 1 : own;
    },
    parameterFormula:
      spec.classes === 'always'
        ? `${CLASSES} (${spec.parameterFormula}) + ${CLASSES - 1}`
        : spec.parameterFormula,
    tensors: (grid, hyper) => {
      const own = spec.tensors(grid, hyper);
      if (!whole(hyper)) return own;
      return [
        { name: CLASS_LOGIT, shape: [CLASSES] },
        ...own.map(({ name, shape }) => ({ name, shape: [CLASSES, ...shape] })),
      ];
    },
    refuses: (grid, hyper) => {
      const reason = spec.refuses?.(grid, hyper) ?? null;
      if (reason !== null || !whole(hyper)) return reason;
      const numbers = CLASSES * spec.parameterCount(grid, hyper);
      return numbers > MAX_PARAMETERS
        ? `class-conditional: ${CLASSES} models would hold ${numbers} numbers, more than ${MAX_PARAMETERS}`
        : null;
    },
    refusesTensors: (grid, hyper, tensors) => {
      if (!spec.refusesTensors) return null;
      if (!whole(hyper)) return spec.refusesTensors(grid, hyper, tensors);
      for (let y = 0; y < CLASSES; y++) {
        const reason = spec.refusesTensors(grid, hyper, classTensors(tensors, y));
        if (reason !== null) return `class ${y}: ${reason}`;
      }
      return null;
    },
  };
}

/** The models of the classes, views into the tensors of the whole: [CLASSES]. */
export function classModelsOf(model: Model): readonly Model[] {
  return Array.from({ length: CLASSES }, (_, y) => ({ ...model, tensors: classTensors(model.tensors, y) }));
}

/** Views of one class's share of stacked tensors. */
export function classTensors(stacked: Tensors, y: number): Tensors {
  return Object.fromEntries(
    Object.entries(stacked)
      .filter(([name]) => name !== CLASS_LOGIT)
      .map(([name, all]) => [
        name,
        all.subarray((y * all.length) / CLASSES, ((y + 1) * all.length) / CLASSES),
      ]),
  );
}

/** The class models' tensors, [CLASSES] of them, as the tensors of the whole. */
export function stackTensors(models: readonly Tensors[], classLogit: Float32Array<ArrayBuffer>): Tensors {
  return { [CLASS_LOGIT]: classLogit, ...stackOf(models) };
}

/** The same without a prior: moments and gradients. */
export function stackOf(models: readonly Tensors[]): Record<string, Float32Array<ArrayBuffer>> {
  return Object.fromEntries(
    Object.keys(models[0]).map((name) => {
      const size = models[0][name].length;
      const all = new Float32Array(size * models.length);
      models.forEach((tensors, y) => all.set(tensors[name], y * size));
      return [name, all];
    }),
  );
}

/** log p(y) with one imagined image a class (Laplace), so that no class is impossible: [CLASSES]. */
export function classPrior(counts: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const total = Array.from(counts).reduce((sum, count) => sum + count, CLASSES);
  return Float32Array.from(counts, (count) => Math.log((count + 1) / total));
}

/** log p(y) of a model's prior, normalised in f64: [CLASSES]. */
export function logPrior(model: Model): Float64Array<ArrayBuffer> {
  return logSoftmax(Float64Array.from(model.tensors[CLASS_LOGIT]));
}
