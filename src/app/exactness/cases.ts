import type { Grid } from '../../data/images.ts';
import {
  completeHyper,
  isClassConditional,
  isSwitch,
  ordersOf,
  valueName,
  withRole,
} from '../../models/registry.ts';
import type { FamilySpec, HyperParameter } from '../../models/family-spec.ts';
import type { Hyper } from '../../models/model.ts';
import { inOrder } from '../choices.ts';

/** A family with one choice of hyper-parameters: a row of the exactness page. */
interface ExactCase {
  /** The same for the same family and settings on every grid. */
  readonly key: string;
  readonly family: string;
  readonly label: string;
  /** What distinguishes it from the family's other rows: "serpentine order, one model for each digit". */
  readonly settings: string;
  readonly hyper: Hyper;
  /** Why the family refuses this grid; null where it does not. */
  readonly refusal: string | null;
}

/** Maximum number of named values of a hyper-parameter that are checked, from the first on. */
const MAX_CHOICES = 3;
/** Numbers of orders that are checked: a single order and an ensemble. */
const ENSEMBLE_SIZES = [1, 3] as const;
/** Maximum size of a model where it can be chosen: these images have 16 pixels at most. */
const MAX_PARAMETERS = 600;

/** Every density of the registry in every order and variant that it offers, its size reduced to the grid. */
export function exactCases(families: readonly FamilySpec[], grid: Grid): readonly ExactCase[] {
  return inOrder(families)
    .filter((spec) => spec.task === 'density')
    .flatMap((spec) => {
      const small = reducedHyper(spec, grid);
      const variants = spec.hyperparameters.reduce<readonly Hyper[]>(
        (all, p) =>
          all.flatMap((hyper) => valuesOf(p, hyper).map((value) => ({ ...hyper, [p.name]: value }))),
        [small],
      );
      return variants.map((hyper) => ({
        key: [spec.id, ...Object.entries(variation(spec, hyper)).flat()].join(' '),
        family: spec.id,
        label: spec.label,
        settings: describe(spec, hyper),
        hyper,
        refusal: spec.refuses?.(grid, hyper) ?? null,
      }));
    });
}

/** Two orders of one family that differ in as many places as possible. Null where no family has a choice of orders. */
export function orderPair(
  families: readonly FamilySpec[],
  grid: Grid,
): {
  readonly spec: FamilySpec;
  readonly own: Hyper;
  readonly other: Hyper;
  readonly names: [string, string];
} | null {
  const spec = families.find((each) => each.task === 'density' && withRole(each, 'order').length > 0);
  if (!spec) return null;
  const [p] = withRole(spec, 'order');
  const own = reducedHyper(spec, grid);
  const pixels = (hyper: Hyper) => ordersOf({ family: spec.id, grid, hyper, tensors: {} })[0];
  const first = pixels(own);
  const moved = (hyper: Hyper) => pixels(hyper).filter((pixel, place) => pixel !== first[place]).length;
  const others = Array.from({ length: p.max - p.min }, (_, i) => ({ ...own, [p.name]: p.min + 1 + i }));
  const other = others.reduce((best, hyper) => (moved(hyper) > moved(best) ? hyper : best));
  return { spec, own, other, names: [orderName(p, own[p.name]), orderName(p, other[p.name])] };
}

/** A family's defaults, with sizes halved until the model has at most MAX_PARAMETERS. */
function reducedHyper(spec: FamilySpec, grid: Grid): Hyper {
  let hyper = completeHyper(spec);
  while (spec.parameterCount(grid, hyper) > MAX_PARAMETERS) {
    const largest = withRole(spec, 'size')
      .filter((p) => hyper[p.name] > p.min)
      .reduce<HyperParameter | null>(
        (most, p) => (most && hyper[most.name] >= hyper[p.name] ? most : p),
        null,
      );
    if (!largest) break;
    const { name, min } = largest;
    hyper = { ...hyper, [name]: Math.max(min, Math.floor(hyper[name] / 2)) };
  }
  return hyper;
}

/** The values of a hyper-parameter that get rows of their own; only the value it has where it merely sets a size. */
function valuesOf(p: HyperParameter, hyper: Hyper): readonly number[] {
  if (p.choices) return p.choices.slice(0, MAX_CHOICES).map((_, i) => p.min + i);
  return p.role === 'ensemble' ? ENSEMBLE_SIZES : [hyper[p.name]];
}

/** Hyper-parameters that differ between a family's rows. */
function variation(spec: FamilySpec, hyper: Hyper): Hyper {
  return Object.fromEntries(
    spec.hyperparameters
      .filter((p) => p.choices ?? p.role === 'ensemble')
      .map((p) => [p.name, hyper[p.name]]),
  );
}

function describe(spec: FamilySpec, hyper: Hyper): string {
  const parts = spec.hyperparameters.map((p) => {
    const value = hyper[p.name];
    if (p.role === 'ensemble') return value === 1 ? 'one order' : `${value} orders averaged`;
    if (!p.choices) return '';
    if (p.role === 'order') return orderName(p, value);
    if (isSwitch(p)) return value === p.min ? '' : p.label.toLowerCase();
    return `${p.label.toLowerCase()} ${valueName(p, value)}`;
  });
  if (spec.classes === 'always' && isClassConditional({ family: spec.id, hyper }))
    parts.push('one model for each digit');
  return parts.filter((text) => text !== '').join(', ');
}

/** "raster order", "random order 1". */
function orderName(p: HyperParameter, value: number): string {
  return valueName(p, value).replace(/^\S+/, '$& order');
}
