/** Which model answers a question in the place of one that cannot. */
import type { Grid } from '../../data/images.ts';
import { families, presetHyper } from '../../models/registry.ts';
import type { Model } from '../../models/model.ts';
import { classOffers, shippedClassOffers } from '../classify/words.ts';
import { countable, DEFAULT_FAMILY, refused } from '../compare/choice.ts';
import { SHIPPED } from '../compare/shipped-models.ts';
import { fittedFamilies } from '../hidden-units/fit.ts';
import { sameGrid } from '../grids.ts';
import type { Need } from '../questions/list.ts';
import type { StandInChoice } from '../questions/ports.ts';

/**
 * The model that answers in the place of `model`, on its grid; null where there is none.
 *
 * - For classes: the same family with one model for each digit, where it can be counted; else the most accurate that comes with the app.
 * - For p(x) of a classifier: a family that has classes and p(x), its generative counterpart. For p(x) in one order: the counted model of slot B.
 * - For hidden units: the smallest that comes with the app, and for the other slot the next, so that two kinds of units are seen; on
 *   other grids a mixture.
 */
export function standInFor(
  model: Pick<Model, 'family' | 'hyper' | 'grid'>,
  need: Need,
  side: 'left' | 'right',
): StandInChoice | null {
  const { grid } = model;
  if (need === 'classes') {
    const offers = classOffers(model, grid);
    const own = offers.find(({ choice }) => choice.kind === 'counted' && choice.family === model.family);
    return (own ?? shippedClassOffers(grid).at(0) ?? offers.at(0))?.choice ?? null;
  }
  if (need === 'hidden units') return withUnits(grid, side);
  const counted = countable(families).filter((spec) => !refused(spec, grid, presetHyper(spec, 'starter')));
  const spec =
    (need === 'density' ? counted.find(({ classes }) => classes === 'always') : undefined) ??
    counted.find(({ id }) => id === DEFAULT_FAMILY.right) ??
    counted.at(0);
  return spec ? { kind: 'counted', family: spec.id, hyper: presetHyper(spec, 'starter') } : null;
}

function withUnits(grid: Grid, side: 'left' | 'right'): StandInChoice | null {
  const shipped = SHIPPED.filter(
    (each) => sameGrid(each.grid, grid) && families.find(({ id }) => id === each.family)?.features,
  ).toSorted((a, b) => a.bytes - b.bytes);
  // Not those of classes: their units cannot be compared.
  const alone = shipped.filter(({ accuracy }) => accuracy === null);
  const found = side === 'left' ? alone.at(0) : (alone.at(1) ?? alone.at(0));
  if (found) return { kind: 'shipped', name: found.name };
  const fitted = fittedFamilies();
  const spec = side === 'left' ? fitted.at(0) : (fitted.at(1) ?? fitted.at(0));
  return spec && !refused(spec, grid, presetHyper(spec, 'starter')) ? { kind: 'fitted', spec } : null;
}
