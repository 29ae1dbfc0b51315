import type { LabelOf } from '../labels.ts';
import { GRID } from './state.svelte.ts';

/** Row and column of a pixel, from 1, in words. */
export function placeIn(label: LabelOf, pixel: number): string {
  return label('place', { row: Math.floor(pixel / GRID.width) + 1, column: (pixel % GRID.width) + 1 });
}
