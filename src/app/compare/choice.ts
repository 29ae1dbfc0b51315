import { type Grid, MNIST_GRID } from '../../data/images.ts';
import { completeHyper } from '../../models/registry.ts';
import type { FamilySpec, Hyper, HyperParameter } from '../../models/types.ts';

/** Which model sits in a reader's chair: one counted on the spot from the starter digits, or one that was kept. */
export type Choice =
  | { readonly kind: 'counted'; readonly family: string; readonly hyper: Hyper }
  | { readonly kind: 'kept'; readonly id: string };

/** Where this differs from a family's own default: the starter digits are few, so its tables stay small. */
export const STARTER_HYPER: Hyper = { k: 6 };
/** Beside each other on the first screen: without and with a look at the pixels before. */
export const FIRST: Readonly<Record<'left' | 'right', string>> = { left: 'independent', right: 'neighbours' };

/** Families that can be counted on the spot. */
export function countable(families: readonly FamilySpec[]): FamilySpec[] {
  return families.filter((family) => family.training === 'counted' && family.task === 'density');
}

/** A family's hyper-parameters for counting it from the starter digits. */
export function starterHyper(spec: FamilySpec): Hyper {
  return clampHyper(spec, STARTER_HYPER);
}

/** Hyper-parameters that change how many numbers a model has: the ones worth a slider beside its name. */
export function sizingHyper(spec: FamilySpec, grid: Grid = MNIST_GRID): readonly HyperParameter[] {
  const base = completeHyper(spec);
  return spec.hyperparameters.filter((p) => {
    const size = (value: number) => spec.parameterCount(grid, { ...base, [p.name]: value });
    return !p.choices && size(p.min) !== size(p.max);
  });
}

/** A value of a hyper-parameter brought into its range and onto its step. */
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

/** The choice itself, or that of the first screen where its family refuses the grid. */
export function fittingChoice(
  choice: Choice,
  side: 'left' | 'right',
  grid: Grid,
  counted: readonly FamilySpec[],
): Choice {
  if (choice.kind === 'kept') return choice;
  const spec = counted.find((each) => each.id === choice.family);
  return spec && !refused(spec, grid, choice.hyper) ? choice : firstChoice(side, grid, counted);
}

export function firstChoice(side: 'left' | 'right', grid: Grid, counted: readonly FamilySpec[]): Choice {
  const able = counted.filter((each) => !refused(each, grid, starterHyper(each)));
  const spec = able.find((each) => each.id === FIRST[side]) ?? able.at(0) ?? counted[0];
  return { kind: 'counted', family: spec.id, hyper: starterHyper(spec) };
}

/** Why the family cannot do the grid, as a sentence; null where it can. */
export function refused(spec: FamilySpec, grid: Grid, hyper: Hyper): string | null {
  return spec.refuses?.(grid, hyper) ?? null;
}
