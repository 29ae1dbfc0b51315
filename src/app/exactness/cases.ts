import type { Grid } from '../../data/images.ts';
import { completeHyper, isClassConditional, ordersOf } from '../../models/registry.ts';
import type { FamilySpec, Hyper, HyperParameter } from '../../models/types.ts';
import { isSwitch } from '../switch.ts';

/** One way to set up a family: a row of the exactness page. */
export interface ExactCase {
  /** The same for the same family and settings on every grid. */
  readonly key: string;
  readonly family: string;
  readonly label: string;
  /** What tells it from the family's other rows: "serpentine order, one model per class". */
  readonly settings: string;
  readonly hyper: Hyper;
  /** Why it can't be had on this grid; null where it can. */
  readonly refusal: string | null;
}

/** Named values of a hyper-parameter that are looked at, from the first on. */
const MAX_CHOICES = 3;
/** Sizes of an ensemble over orders that are looked at: none and one. */
const ENSEMBLES = [1, 3] as const;
/** Models grow no larger than this where their size can be chosen: these images have 16 pixels at most. */
const MAX_PARAMETERS = 600;

/** Every density of the registry in every order and variant that it offers, its size cut down to the grid. */
export function exactCases(families: readonly FamilySpec[], grid: Grid): readonly ExactCase[] {
  return families
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

/** Two orders of one family that differ in as many places as can be. Null where no family has a choice of orders. */
export function orderPair(
  families: readonly FamilySpec[],
  grid: Grid,
): {
  readonly spec: FamilySpec;
  readonly own: Hyper;
  readonly other: Hyper;
  readonly names: [string, string];
} | null {
  const spec = families.find((each) => each.task === 'density' && orderOf(each));
  const p = spec && orderOf(spec);
  if (!spec || !p) return null;
  const own = reducedHyper(spec, grid);
  const pixels = (hyper: Hyper) => ordersOf({ family: spec.id, grid, hyper, tensors: {} })[0];
  const first = pixels(own);
  const moved = (hyper: Hyper) => pixels(hyper).filter((pixel, place) => pixel !== first[place]).length;
  const others = Array.from({ length: p.max - p.min }, (_, i) => ({ ...own, [p.name]: p.min + 1 + i }));
  const other = others.reduce((best, hyper) => (moved(hyper) > moved(best) ? hyper : best));
  return { spec, own, other, names: [orderName(p, own[p.name]), orderName(p, other[p.name])] };
}

/** A family's defaults, made as small as a small grid deserves. */
function reducedHyper(spec: FamilySpec, grid: Grid): Hyper {
  let hyper = completeHyper(spec);
  while (spec.parameterCount(grid, hyper) > MAX_PARAMETERS) {
    const largest = spec.hyperparameters
      .filter((p) => !p.choices && hyper[p.name] > p.min && setsSize(spec, grid, p))
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

function setsSize(spec: FamilySpec, grid: Grid, p: HyperParameter): boolean {
  const size = (value: number) => spec.parameterCount(grid, { ...completeHyper(spec), [p.name]: value });
  return size(p.min) !== size(p.max);
}

/** The values of a hyper-parameter that make rows of their own; the one it has where it only sets a size. */
function valuesOf(p: HyperParameter, hyper: Hyper): readonly number[] {
  if (p.choices) return p.choices.slice(0, MAX_CHOICES).map((_, i) => p.min + i);
  return isEnsemble(p) ? ENSEMBLES : [hyper[p.name]];
}

/** Hyper-parameters that differ between a family's rows. */
function variation(spec: FamilySpec, hyper: Hyper): Hyper {
  return Object.fromEntries(
    spec.hyperparameters.filter((p) => p.choices ?? isEnsemble(p)).map((p) => [p.name, hyper[p.name]]),
  );
}

function describe(spec: FamilySpec, hyper: Hyper): string {
  const said = spec.hyperparameters.map((p) => {
    const value = hyper[p.name];
    if (isEnsemble(p)) return value === 1 ? 'one order' : `${value} orders averaged`;
    if (!p.choices) return '';
    if (isOrder(p)) return orderName(p, value);
    if (isSwitch(p.choices)) return value === p.min ? '' : p.label.toLowerCase();
    return `${p.label.toLowerCase()} ${choiceName(p, value)}`;
  });
  if (spec.classes === 'always' && isClassConditional({ family: spec.id, hyper }))
    said.push('one model per class');
  return said.filter((text) => text !== '').join(', ');
}

function orderOf(spec: FamilySpec): HyperParameter | undefined {
  return spec.hyperparameters.find(isOrder);
}

function isOrder(p: HyperParameter): boolean {
  return p.name === 'order' && p.choices !== undefined;
}

function isEnsemble(p: HyperParameter): boolean {
  return p.name === 'orders';
}

/** "raster order", "random order 1". */
function orderName(p: HyperParameter, value: number): string {
  return choiceName(p, value).replace(/^\S+/, '$& order');
}

function choiceName(p: HyperParameter, value: number): string {
  return p.choices?.[value - p.min] ?? String(value);
}
