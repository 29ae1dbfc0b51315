import { type GreyImages, type Grid, MNIST_GRID, pixelCount } from '../../data/images.ts';
import type { DrawingRecord } from '../../store/records.ts';

/** Drawings as images, [count, n]; labels only where every drawing has one. */
export function imagesOf(drawings: readonly DrawingRecord[], grid: Grid = MNIST_GRID): GreyImages {
  const n = pixelCount(grid);
  const pixels = new Uint8Array(drawings.length * n);
  drawings.forEach((drawing, at) => pixels.set(drawing.pixels, at * n));
  const labels = drawings.map((drawing) => drawing.label).filter((label) => label !== null);
  const complete = drawings.length > 0 && labels.length === drawings.length;
  return {
    grid,
    count: drawings.length,
    pixels,
    labels: complete ? Uint8Array.from(labels) : null,
  };
}
