import { type Grid, pixelCount } from '../images.ts';

/** `transposed`: rows become columns, as in EMNIST's files. Turns are quarters, clockwise and against the clock. */
export const ORIENTATIONS = [
  'as-is',
  'transposed',
  'turned-right',
  'turned-left',
  'upside-down',
  'mirrored',
] as const;
export type Orientation = (typeof ORIENTATIONS)[number];

/** Size of the images once they are turned. */
export function turned(orientation: Orientation, { width, height }: Grid): Grid {
  const across =
    orientation === 'transposed' || orientation === 'turned-right' || orientation === 'turned-left';
  return across ? { width: height, height: width } : { width, height };
}

/** Where each pixel of a turned image comes from, [n]. */
export function placesOf(orientation: Orientation, grid: Grid): Uint32Array {
  const { width: w, height: h } = grid;
  const to = turned(orientation, grid);
  return Uint32Array.from({ length: pixelCount(grid) }, (_, i) => {
    const column = i % to.width;
    const row = Math.floor(i / to.width);
    switch (orientation) {
      case 'as-is':
        return i;
      case 'transposed':
        return column * w + row;
      case 'turned-right':
        return (h - 1 - column) * w + row;
      case 'turned-left':
        return column * w + (w - 1 - row);
      case 'upside-down':
        return w * h - 1 - i;
      case 'mirrored':
        return row * w + (w - 1 - column);
    }
  });
}
