/** Which model answers a question in the place of one that cannot. */
import type { Grid } from '../../data/images.ts';
import { families, findFamily, presetHyper } from '../../models/registry.ts';
import type { Model } from '../../models/model.ts';
import { classOffers, shippedClassOffers } from '../classify/words.ts';
import { countable, DEFAULT_FAMILY, refused } from '../compare/choice.ts';
import { SHIPPED } from '../compare/shipped-models.ts';
import { fittedFamilies } from '../hidden-units/fit.ts';
import { sameGrid } from '../grids.ts';
import type { Need } from '../questions/list.ts';
import type { StandInChoice } from '../questions/ports.ts';
import type { Side } from '../sides.ts';

/**
 * The models that can answer in the place of `model`, on its grid, the best first: where one cannot be fetched the next answers. Empty where
 * there is none.
 *
 * - For classes: the same family with one model for each digit, where it can be counted; the most accurate that comes with the app; a counted
 *   family that always has classes.
 * - For p(x) of a classifier: a family that has classes and p(x), its generative counterpart. For p(x) in one order: the counted model of slot B.
 * - For hidden units: the smallest that comes with the app, and for the other slot the next, so that two kinds of units are seen; then a mixture,
 *   which is fitted here.
 */
export function standInsFor(
  model: Pick<Model, 'family' | 'hyper' | 'grid'>,
  need: Need,
  side: Side,
): readonly StandInChoice[] {
  const { grid } = model;
  if (need === 'classes') {
    const offers = classOffers(model, grid).map(({ choice }) => choice);
    const own = offers.filter((choice) => choice.kind === 'counted' && choice.family === model.family);
    const shipped = shippedClassOffers(grid).map(({ choice }) => choice);
    return [...own, ...shipped.slice(0, 1), ...offers.filter((choice) => !own.includes(choice))];
  }
  if (need === 'hidden units') return withUnits(grid, side);
  const counted = countable(families).filter((spec) => !refused(spec, grid, presetHyper(spec, 'starter')));
  const spec =
    (need === 'density' ? counted.find(({ classes }) => classes === 'always') : undefined) ??
    counted.find(({ id }) => id === DEFAULT_FAMILY.right) ??
    counted.at(0);
  return spec ? [{ kind: 'counted', family: spec.id, hyper: presetHyper(spec, 'starter') }] : [];
}

function withUnits(grid: Grid, side: Side): readonly StandInChoice[] {
  const place = side === 'left' ? 0 : 1;
  const shipped = SHIPPED.filter(
    // Not those of classes: their units cannot be compared.
    (each) => sameGrid(each.grid, grid) && each.accuracy === null && findFamily(each.family)?.features,
  ).toSorted((a, b) => a.bytes - b.bytes);
  const fitted = fittedFamilies().filter((spec) => !refused(spec, grid, presetHyper(spec, 'starter')));
  const model = shipped.at(place) ?? shipped.at(0);
  const spec = fitted.at(place) ?? fitted.at(0);
  return [
    ...(model ? [{ kind: 'shipped', name: model.name } as const] : []),
    ...(spec ? [{ kind: 'fitted', spec } as const] : []),
  ];
}
