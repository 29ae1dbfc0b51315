import { binarise } from '../../data/binarise.ts';
import { centre, shrink } from '../../data/centring.ts';
import { type GreyImages, type Grid, MNIST_GRID, type PackedImages } from '../../data/images.ts';
import { poolImages } from '../../data/pool.ts';
import { sameGrid } from '../grids.ts';
import { SIDE } from './ink.ts';

/** What the models read: grey levels [n], the same as bits, and the image that a set of drawings would store. */
export interface ModelInput {
  readonly grey: GreyImages;
  readonly packed: PackedImages;
  readonly inkPixels: number;
  /** 28 x 28 where it was drawn, before pooling; the model's own pixels where those were painted. */
  readonly drawing: GreyImages;
}

/** Ink, [SIDE, SIDE], on the models' grid: painted pixel by pixel, or drawn and perhaps centred by mass. */
export function modelInput(
  ink: Uint8Array<ArrayBuffer>,
  grid: Grid,
  options: { readonly painted: boolean; readonly centred: boolean },
): ModelInput {
  const map = { width: SIDE, height: SIDE, ink };
  const drawing = options.painted ? shrink(map, grid) : options.centred ? centre(map) : shrink(map);
  // Not centred, a grid that is finer than 28 x 28 is covered as far as the drawing goes; a centred digit keeps its size, as in the images with a margin.
  const whole = !options.painted && !options.centred && grid.width > MNIST_GRID.width;
  const grey = sameGrid(drawing.grid, grid) ? drawing : whole ? shrink(map, grid) : pooled(drawing, grid);
  const packed = binarise(grey, { kind: 'threshold' });
  const inkPixels = grey.pixels.reduce((sum, level) => sum + (level >> 7), 0);
  return { grey, packed, inkPixels, drawing };
}

/** Index of the cell at the middle of a pixel. */
export function middleOf(pixel: number, { width, height }: Grid): number {
  const x = Math.floor((((pixel % width) + 0.5) * SIDE) / width);
  const y = Math.floor(((Math.floor(pixel / width) + 0.5) * SIDE) / height);
  return y * SIDE + x;
}

function pooled(images: GreyImages, grid: Grid): GreyImages {
  const smaller = poolImages(images, grid);
  if (!smaller.ok) throw new Error(smaller.reason);
  return smaller.value;
}
