import { type Grid, pixelCount } from '../data/images.ts';
import { fits } from '../data/pool.ts';

/**
 * Grids that the Play room offers, largest first: 28 x 28, that of the digits, its divisors and the smallest, whose images can all be listed, and those of
 * other data sets: 32, USPS's 16 and the 8 of optdigits.
 */
export const GRIDS: readonly Grid[] = [32, 28, 16, 14, 8, 7, 4, 3, 2].map(square);
/** Up to this side the pad can paint whole pixels. */
const MAX_CELLS = 7;

function square(side: number): Grid {
  return { width: side, height: side };
}

export function sameGrid(a: Grid, b: Grid): boolean {
  return a.width === b.width && a.height === b.height;
}

/** The grid of the Play room for images of this size: their own, or else the largest that they can be pooled to; undefined where there is none. */
export function gridFor(images: Grid): Grid | undefined {
  return GRIDS.find((each) => sameGrid(each, images)) ?? GRIDS.find((each) => fits(images, each));
}

/** "4 × 4". */
export function describeGrid({ width, height }: Grid): string {
  return `${width} × ${height}`;
}

/** "4 × 4 = 16". */
export function describePixels(grid: Grid): string {
  return `${describeGrid(grid)} = ${pixelCount(grid)}`;
}

/** Whether the pad can paint whole pixels of this grid. */
export function paintsCells(grid: Grid): boolean {
  return Math.max(grid.width, grid.height) <= MAX_CELLS;
}

/** The place of a pixel, counted from 1: "row 3, column 1". */
export function describePlace(pixel: number, { width }: Grid): string {
  return `row ${Math.floor(pixel / width) + 1}, column ${(pixel % width) + 1}`;
}
