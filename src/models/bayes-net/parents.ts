import type { Grid } from '../../data/images.ts';
import { pixelCount } from '../../data/images.ts';
import type { HyperParameter } from '../family-spec.ts';
import type { Hyper } from '../model.ts';

/** A place relative to a pixel: [rows down, columns to the right]. */
type Offset = readonly [row: number, column: number];

/**
 * The places before a pixel in raster order, nearest first: neighbours(k) takes the first k. The order is part
 * of the file format, since a parent's place in the list is its bit in the table's index.
 */
export const NEIGHBOUR_OFFSETS: readonly Offset[] = [
  [0, -1],
  [-1, 0],
  [-1, -1],
  [-1, 1],
  [0, -2],
  [-2, 0],
  [-1, 2],
  [-1, -2],
  [-2, 1],
  [-2, -1],
  [0, -3],
  [-2, 2],
  [-2, -2],
  [-3, 0],
];

/** The family whose pixels all look into one table. */
export const TIED = 'texture';

/** A parent outside the grid, which is always off. */
export const OUTSIDE = -1;

/** `hyper.k` of the families that look at neighbours. */
export const NEIGHBOURS: HyperParameter = {
  name: 'k',
  role: 'size',
  label: 'Neighbours',
  meaning: 'How many of the nearest earlier pixels every pixel looks at.',
  unit: 'pixels',
  min: 1,
  max: NEIGHBOUR_OFFSETS.length,
  step: 1,
  default: 10,
  presets: { starter: 6, few: 4 },
};

/** The chain's directions, by the value of its hyper-parameter. */
export const DIRECTIONS = ['left', 'up'] as const;

/**
 * Parents of every pixel: `[n]` lists of pixels, each before its child in raster order. Parent number b is bit b
 * of the index into the child's table. Places outside the grid are left out, but where all pixels share a table:
 * there they are OUTSIDE, so that every place keeps its bit.
 * Throws for a family of another folder, and for the tree, whose parents are learned.
 */
export function parentsOf(family: string, grid: Grid, hyper: Hyper): readonly (readonly number[])[] {
  return Array.from({ length: pixelCount(grid) }, (_, pixel) => parentsOfPixel(pixel, family, grid, hyper));
}

function parentsOfPixel(pixel: number, family: string, grid: Grid, hyper: Hyper): readonly number[] {
  switch (family) {
    case 'independent':
    case 'naive-bayes':
      return [];
    case 'chain': {
      const parent = pixel - (DIRECTIONS[hyper.direction] === 'up' ? grid.width : 1);
      return parent >= 0 ? [parent] : [];
    }
    case 'neighbours':
      return nearest(pixel, grid, hyper.k).filter((parent) => parent !== OUTSIDE);
    case TIED:
      return nearest(pixel, grid, hyper.k);
    case 'full-joint':
      return Array.from({ length: pixel }, (_, earlier) => earlier);
    default:
      throw new Error(`family: "${family}" has no parents of its own in this folder`);
  }
}

function nearest(pixel: number, grid: Grid, k: number): readonly number[] {
  const row = Math.floor(pixel / grid.width);
  const column = pixel % grid.width;
  return NEIGHBOUR_OFFSETS.slice(0, k).map(([down, right]) => {
    const inside = row + down >= 0 && column + right >= 0 && column + right < grid.width;
    return inside ? pixel + down * grid.width + right : OUTSIDE;
  });
}

/**
 * Where the table of each pixel starts in the tensor `logit`: `[n + 1] u32`, the last entry being the size of the
 * tensor. The table of a pixel with m parents holds 2^m logits. Where it is `tied`, all pixels have the one at 0.
 */
export function tableStarts(parents: readonly (readonly number[])[], tied = false): Uint32Array<ArrayBuffer> {
  const starts = new Uint32Array(parents.length + 1);
  parents.forEach((list, pixel) => {
    const shared = tied && pixel + 1 < parents.length;
    starts[pixel + 1] = shared ? 0 : starts[pixel] + 2 ** list.length;
  });
  return starts;
}
