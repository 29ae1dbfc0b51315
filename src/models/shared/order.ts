import type { Grid } from '../../data/images.ts';
import { randomOrder, rasterOrder, serpentineOrder } from '../../data/orders.ts';
import type { HyperParameter } from '../family-spec.ts';
import type { Hyper } from '../model.ts';

/**
 * The hyper-parameter of families that work in any order of the pixels. The engine numbers the pixels anew before
 * the family sees them, so such a family's own code knows one order only: pixel 0 first.
 */
export const ORDER: HyperParameter = {
  name: 'order',
  role: 'order',
  label: 'Order of the pixels',
  meaning: 'Which pixels count as earlier: row by row, in turns like a snake, or shuffled.',
  unit: '',
  min: 0,
  max: 9,
  step: 1,
  default: 0,
  choices: ['raster', 'serpentine', ...Array.from({ length: 8 }, (_, i) => `random ${i + 1}`)],
};

/** The order that `hyper.order` names, `[n]`; null for raster, in which pixels are numbered anyway. */
export function pixelOrder(grid: Grid, hyper: Hyper): Uint32Array<ArrayBuffer> | null {
  const { order = 0 } = hyper;
  if (order === 0) return null;
  return order === 1 ? serpentineOrder(grid) : randomOrder(grid, order - 1);
}

/** The same, raster written out. */
export function orderOf(grid: Grid, hyper: Hyper): Uint32Array<ArrayBuffer> {
  return pixelOrder(grid, hyper) ?? rasterOrder(grid);
}
