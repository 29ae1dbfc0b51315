import { type Grid, pixelCount } from '../data/images.ts';
import { POOLED_SIDES } from '../data/pool.ts';

/** Grids that the Play room shows, largest first: 28 x 28 as the digits come, and what they are pooled to. */
export const GRIDS: readonly Grid[] = [...POOLED_SIDES].reverse().map(square);
/** Up to this side a pixel is large enough to be painted by itself, and too large to be drawn through. */
const MAX_CELLS = 7;

function square(side: number): Grid {
  return { width: side, height: side };
}

export function sameGrid(a: Grid, b: Grid): boolean {
  return a.width === b.width && a.height === b.height;
}

/** "4 × 4". */
export function describeGrid({ width, height }: Grid): string {
  return `${width} × ${height}`;
}

/** "4 × 4 = 16". */
export function describePixels(grid: Grid): string {
  return `${describeGrid(grid)} = ${pixelCount(grid)}`;
}

/** Whether the pad paints whole pixels of this grid, where the visitor wants it so. */
export function paintsCells(grid: Grid): boolean {
  return Math.max(grid.width, grid.height) <= MAX_CELLS;
}

/** Where a pixel lies, as people count: "row 3, column 1". */
export function describePlace(pixel: number, { width }: Grid): string {
  return `row ${Math.floor(pixel / width) + 1}, column ${(pixel % width) + 1}`;
}
