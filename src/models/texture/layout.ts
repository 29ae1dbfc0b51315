import type { Grid } from '../../data/images.ts';
import { NEIGHBOUR_OFFSETS } from '../bayes-net/parents.ts';

/** The places that every pixel looks at, nearest first: place number b is bit b of the index into the table. */
export function placesOf(k: number): readonly (readonly [row: number, column: number])[] {
  return NEIGHBOUR_OFFSETS.slice(0, k);
}

/** Pixel numbers of those places that lie inside the grid, each with its bit. */
export function parentsInside(
  grid: Grid,
  k: number,
  pixel: number,
): readonly { parent: number; bit: number }[] {
  const row = Math.floor(pixel / grid.width);
  const column = pixel % grid.width;
  return placesOf(k).flatMap(([down, right], bit) => {
    const inside = row + down >= 0 && column + right >= 0 && column + right < grid.width;
    return inside ? [{ parent: pixel + down * grid.width + right, bit }] : [];
  });
}
