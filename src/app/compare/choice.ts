import { type Grid, MNIST_GRID } from '../../data/images.ts';
import { completeHyper } from '../../models/registry.ts';
import type { FamilySpec, Hyper, HyperParameter } from '../../models/types.ts';

/** The model of a slot: one counted on the spot from the starter digits, or a trained one by its id in the library. */
export type Choice =
  | { readonly kind: 'counted'; readonly family: string; readonly hyper: Hyper }
  | { readonly kind: 'trained'; readonly id: string };

/** Values that differ from a family's defaults: a thousand starter digits fill small tables only. */
export const STARTER_HYPER: Hyper = { k: 6 };
/** Families of the first visit: pixels independent, and conditional on their neighbours. */
export const DEFAULT_FAMILY: Readonly<Record<'left' | 'right', string>> = {
  left: 'independent',
  right: 'neighbours',
};

/** Families that can be counted on the spot. */
export function countable(families: readonly FamilySpec[]): FamilySpec[] {
  return families.filter((family) => family.training === 'counted' && family.task === 'density');
}

/** A family's hyper-parameters for counting it from the starter digits. */
export function starterHyper(spec: FamilySpec): Hyper {
  return clampHyper(spec, STARTER_HYPER);
}

/** Hyper-parameters that change the number of parameters: these have a slider beside the model's name. */
export function sizingHyper(spec: FamilySpec, grid: Grid = MNIST_GRID): readonly HyperParameter[] {
  const base = completeHyper(spec);
  return spec.hyperparameters.filter((p) => {
    const size = (value: number) => spec.parameterCount(grid, { ...base, [p.name]: value });
    return !p.choices && size(p.min) !== size(p.max);
  });
}

/** All hyper-parameters, clamped to their ranges and rounded to their steps. */
export function clampHyper(spec: FamilySpec, hyper: Hyper): Hyper {
  const full = completeHyper(spec, hyper);
  return Object.fromEntries(
    spec.hyperparameters.map((p) => {
      const value = Math.min(
        p.max,
        Math.max(p.min, Number.isFinite(full[p.name]) ? full[p.name] : p.default),
      );
      return [p.name, Number((p.min + Math.round((value - p.min) / p.step) * p.step).toFixed(6))];
    }),
  );
}

/** The choice itself, or the default choice where its family does not support the grid. */
export function supportedChoice(
  choice: Choice,
  side: 'left' | 'right',
  grid: Grid,
  counted: readonly FamilySpec[],
): Choice {
  if (choice.kind === 'trained') return choice;
  const spec = counted.find((each) => each.id === choice.family);
  return spec && !refused(spec, grid, choice.hyper) ? choice : defaultChoice(side, grid, counted);
}

export function defaultChoice(side: 'left' | 'right', grid: Grid, counted: readonly FamilySpec[]): Choice {
  const supported = counted.filter((each) => !refused(each, grid, starterHyper(each)));
  const spec = supported.find((each) => each.id === DEFAULT_FAMILY[side]) ?? supported.at(0) ?? counted[0];
  return { kind: 'counted', family: spec.id, hyper: starterHyper(spec) };
}

/** Why the family does not support the grid, as a sentence; null where it does. */
export function refused(spec: FamilySpec, grid: Grid, hyper: Hyper): string | null {
  return spec.refuses?.(grid, hyper) ?? null;
}
