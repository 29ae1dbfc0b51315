import type { Binarisation } from '../data/binarisation.ts';
import type { TargetKind } from './runs.ts';
import { classModelsOf, conditioned, isConditional } from './shared/class-conditional.ts';
import { orderOf } from './shared/order.ts';
import type { FamilySpec, HyperParameter, HyperRole, Preset } from './family-spec.ts';
import type { Hyper, Model } from './model.ts';
import type { DescentRecipe, TrainingSteps } from './training.ts';

/**
 * The only list of models anywhere: every src/models/<folder>/spec.ts exports `families`. A folder may hold
 * several families that share one engine (bayes-net does).
 */
const byPath = import.meta.glob<readonly FamilySpec[]>('./*/spec.ts', { eager: true, import: 'families' });

const specs: readonly FamilySpec[] = Object.values(byPath).flat();

export const families: readonly FamilySpec[] = specs.map(conditioned);

const folders = new Map(
  Object.entries(byPath).flatMap(([path, own]) => own.map((spec) => [spec.id, path.split('/')[1]] as const)),
);

export function findFamily(id: string): FamilySpec | undefined {
  return families.find((spec) => spec.id === id);
}

/** Folder of a family under src/models and shaders. Throws for an unknown id. */
export function folderOf(id: string): string {
  const folder = folders.get(id);
  if (folder === undefined) throw new Error(`family: "${id}" is unknown`);
  return folder;
}

/** The spec of the family's own folder, without the switch for class models. Throws for an unknown id. */
export function folderSpec(id: string): FamilySpec {
  const spec = specs.find((each) => each.id === id);
  if (!spec) throw new Error(`family: "${id}" is unknown`);
  return spec;
}

/** Whether the model is class-conditional. Throws for an unknown family. */
export function isClassConditional({ family, hyper }: Pick<Model, 'family' | 'hyper'>): boolean {
  return isConditional(folderSpec(family), hyper);
}

/** The hyper-parameters with which the family classifies, a density by a model of every class; null where it cannot. */
export function classifying(spec: FamilySpec, hyper: Hyper): Hyper | null {
  if (spec.task === 'classifier' || spec.classes === 'always') return hyper;
  const classes = withRole(spec, 'classes').at(0);
  return classes ? { ...hyper, [classes.name]: classes.max } : null;
}

/** The models without classes that it consists of: its class models, or itself alone. Throws for an unknown family. */
export function modelsIn(model: Model): readonly Model[] {
  return isClassConditional(model) ? classModelsOf(model) : [model];
}

/** Over how many orders of the pixels it averages: 1 where it is no ensemble. Throws for an unknown family. */
export function averagedOrders(model: Model): number {
  return folderSpec(model.family).orders?.(modelsIn(model)[0]).length ?? 1;
}

/**
 * The orders in which the model's conditionals see the pixels, each `[n]`, without repetition. With one order
 * the chain rule holds: log p(x) is the sum of log p(x_i | the pixels before). An ensemble over several has no such
 * sum: its log p(x) is that of the averaged probabilities.
 */
export function ordersOf(model: Model): readonly Uint32Array[] {
  const own = folderSpec(model.family).orders;
  const all = modelsIn(model).flatMap((each) => own?.(each) ?? [orderOf(model.grid, model.hyper)]);
  return [...new Map(all.map((order) => [order.join(), order])).values()];
}

const USUAL: TrainingSteps = { epochs: 10, batchSize: 128, learningRate: 0.01 };

/** The default training steps of a family. */
export function trainingOf(spec: FamilySpec): TrainingSteps {
  return { ...USUAL, ...spec.trainingDefaults };
}

const USUAL_DESCENT: DescentRecipe = { warmUp: 0, finalRate: 0.02, clip: null, average: null };

/** What the Adam steps of a descended family do. */
export function descentOf(spec: FamilySpec): DescentRecipe {
  return { ...USUAL_DESCENT, ...spec.descent };
}

/**
 * What the pixels of a run should be unless it is chosen; null where there is nothing to choose: soft targets are those of a density that
 * descends on bits drawn afresh in every epoch.
 */
export function usualTargets(spec: FamilySpec, { kind }: Binarisation): TargetKind | null {
  return spec.training === 'descended' && spec.task === 'density' && kind === 'dynamic' ? 'soft' : null;
}

/** Whether its training needs the class of every image. */
export function needsLabels({ family, hyper }: Pick<Model, 'family' | 'hyper'>): boolean {
  return folderSpec(family).task === 'classifier' || isClassConditional({ family, hyper });
}

/** The family's hyper-parameters with its defaults for those that `given` lacks; others are dropped. */
export function completeHyper(spec: FamilySpec, given: Hyper = {}): Hyper {
  return Object.fromEntries(spec.hyperparameters.map((p) => [p.name, given[p.name] ?? p.default]));
}

/** The family's hyper-parameters in a preset. */
export function presetHyper(spec: FamilySpec, preset: Preset): Hyper {
  return Object.fromEntries(spec.hyperparameters.map((p) => [p.name, p.presets?.[preset] ?? p.default]));
}

/** The family's hyper-parameters of a role, in its own order. */
export function withRole(spec: FamilySpec, role: HyperRole): readonly HyperParameter[] {
  return spec.hyperparameters.filter((p) => p.role === role);
}

/** Whether its values are "no" and "yes": a checkbox in the page, an option without a value in a command. */
export function isSwitch({ choices }: HyperParameter): boolean {
  return choices?.join() === 'no,yes';
}

/** The name of a value, or the number itself where values have no names. */
export function valueName({ choices, choiceWords = choices, min }: HyperParameter, value: number): string {
  return choiceWords?.[value - min] ?? String(value);
}

/** A model's value of a hyper-parameter, also of one that its family got later; NaN where it lacks one that it should have. */
export function valueIn(hyper: Hyper, { name, beforeItExisted }: HyperParameter): number {
  return Object.hasOwn(hyper, name) ? hyper[name] : (beforeItExisted ?? NaN);
}

/** One sentence naming the first hyper-parameter out of range or off its step; null where all is well. */
export function checkHyper(spec: FamilySpec, hyper: Hyper): string | null {
  for (const p of spec.hyperparameters) {
    const value = valueIn(hyper, p);
    if (!Number.isFinite(value)) return `${p.name}: not a number`;
    if (value < p.min || value > p.max) return `${p.name}: ${value} is outside ${p.min} to ${p.max}`;
    if (Number.isInteger(p.step) && !Number.isInteger(value))
      return `${p.name}: ${value} is not a whole number`;
  }
  return null;
}
