import type { Grid } from '../../data/images.ts';
import { type Point, SIDE } from './ink.ts';

/** The keyboard's pen or brush: the pixel of a grid that it is on, and whether it is down. */
export class GridCursor {
  place = $state.raw({ column: 0, row: 0 });
  down = $state(false);

  /** Puts it on the pixel in the middle. */
  centre({ width, height }: Grid): void {
    this.place = { column: width >> 1, row: height >> 1 };
  }

  /** Moves it by pixels, as far as the grid goes. */
  move(columns: number, rows: number, { width, height }: Grid): void {
    const within = (at: number, side: number) => Math.min(side - 1, Math.max(0, at));
    const { column, row } = this.place;
    this.place = { column: within(column + columns, width), row: within(row + rows, height) };
  }

  /** Number of its pixel, row by row. */
  pixel({ width }: Grid): number {
    return this.place.row * width + this.place.column;
  }

  /** The middle of its pixel, in cells of the canvas. */
  point({ width, height }: Grid): Point {
    const { column, row } = this.place;
    return { x: ((column + 0.5) * SIDE) / width, y: ((row + 0.5) * SIDE) / height };
  }
}
