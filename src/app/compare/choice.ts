import { type Grid, pixelCount } from '../../data/images.ts';
import { presetHyper } from '../../models/registry.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { Hyper } from '../../models/model.ts';
import { describeGrid, GRIDS, sameGrid } from '../grids.ts';
import type { Recipe } from '../recipes/recipe.ts';
import { findShipped } from './shipped-models.ts';
import type { Side } from '../sides.ts';

/**
 * The model of a slot: one counted on the spot from the starter digits, one that comes with the app by its name, one trained here by
 * its id in the library, or one trained elsewhere by its recipe.
 */
export type Choice =
  | { readonly kind: 'counted'; readonly family: string; readonly hyper: Hyper }
  | { readonly kind: 'shipped'; readonly name: string }
  | { readonly kind: 'trained'; readonly id: string }
  | { readonly kind: 'recipe'; readonly recipe: Recipe };

/** The model in slot B at the first visit, if this copy of the app has it. */
export const DEFAULT_SHIPPED = 'sparse-pixelcnn';

/** Counted families of the first visit: pixels independent, and conditional on their neighbours. */
export const DEFAULT_FAMILY: Readonly<Record<Side, string>> = {
  left: 'independent',
  right: 'neighbours',
};

/** Families that can be counted on the spot. */
export function countable(families: readonly FamilySpec[]): FamilySpec[] {
  return families.filter((family) => family.training === 'counted' && family.task === 'density');
}

/** All hyper-parameters, clamped to their ranges and rounded to their steps. */
export function clampHyper(spec: FamilySpec, hyper: Hyper): Hyper {
  return Object.fromEntries(
    spec.hyperparameters.map(({ name, min, max, step, default: usual }) => {
      const value = Number.isFinite(hyper[name]) ? Math.min(max, Math.max(min, hyper[name])) : usual;
      return [name, Number((min + Math.round((value - min) / step) * step).toFixed(6))];
    }),
  );
}

/** The choice itself, or the default choice where its family does not support the grid. */
export function supportedChoice(
  choice: Choice,
  side: Side,
  grid: Grid,
  counted: readonly FamilySpec[],
): Choice {
  if (choice.kind === 'trained' || choice.kind === 'recipe') return choice;
  if (choice.kind === 'shipped')
    return fitsShipped(choice.name, grid) ? choice : defaultChoice(side, grid, counted);
  const spec = counted.find((each) => each.id === choice.family);
  return spec && !refused(spec, grid, choice.hyper) ? choice : defaultChoice(side, grid, counted);
}

function fitsShipped(name: string, grid: Grid): boolean {
  const model = findShipped(name);
  return model !== undefined && sameGrid(model.grid, grid);
}

export function defaultChoice(side: Side, grid: Grid, counted: readonly FamilySpec[]): Choice {
  if (side === 'right' && fitsShipped(DEFAULT_SHIPPED, grid))
    return { kind: 'shipped', name: DEFAULT_SHIPPED };
  const supported = counted.filter((each) => !refused(each, grid, presetHyper(each, 'starter')));
  const spec = supported.find((each) => each.id === DEFAULT_FAMILY[side]) ?? supported.at(0) ?? counted[0];
  return { kind: 'counted', family: spec.id, hyper: presetHyper(spec, 'starter') };
}

/** Why the family does not support the grid, as a sentence; null where it does. */
export function refused(spec: FamilySpec, grid: Grid, hyper: Hyper): string | null {
  return spec.refuses?.(grid, hyper) ?? null;
}

/** "only up to 4 × 4": why the family does not support the grid, for a narrow place; null where it does, or supports none. */
export function upToGrid(spec: FamilySpec, grid: Grid, hyper: Hyper): string | null {
  if (refused(spec, grid, hyper) === null) return null;
  const largest = GRIDS.find((each) => refused(spec, each, hyper) === null);
  return largest && pixelCount(largest) < pixelCount(grid) ? `only up to ${describeGrid(largest)}` : null;
}
