import { DRAWING_NOTE, modelNote, type NotedModel } from '../../app/results/notes.ts';
import type { Picture, ScaleLegend } from '../../app/results/figure.ts';
import { PAPER } from '../../app/results/draw/paper.ts';
import type { CsvCell } from '../../data/write-csv.ts';
import { type Grid, type PackedImages, pixelCount, unpackImage } from '../../data/images.ts';
import { inkColours, type Palette } from './palette.ts';
import { lookOf } from './pixels.ts';

/** What figures of several panels are made of. They are for paper: always in the colours of the light theme. */

/** Ink and paper, of `bits` that are 0 or more, [n]. */
export function inkPicture(bits: ArrayLike<number>, width: number): Picture {
  const { ink, blank } = inkColours(false);
  const colours = new Uint8Array(3 * bits.length);
  for (let i = 0; i < bits.length; i++) colours.set(bits[i] ? ink : blank, 3 * i);
  return { width, colours };
}

/** Images of one set, in their order. */
export function inkPictures(images: PackedImages): Picture[] {
  return Array.from({ length: images.count }, (_, at) =>
    inkPicture(unpackImage(images, at), images.grid.width),
  );
}

/** Values in the colours of a palette, from its first to its last. */
export function mapPicture(
  values: ArrayLike<number>,
  width: number,
  palette: Palette,
  from: number,
  to: number,
): Picture {
  return { width, colours: lookOf(values, palette, from, to).colours };
}

export function legendOf(palette: Palette, from: string, to: string, words: string): ScaleLegend {
  return { colours: palette, from, to, words };
}

/** Below a figure of models and the drawing on the pad. */
export function notesOf(models: readonly NotedModel[], ...more: readonly string[]): string[] {
  return [...models.map(modelNote), DRAWING_NOTE, ...more];
}

/** A row for every pixel: its row and column, counted from 1, and what `cells` has for it. */
export function pixelRows(grid: Grid, cells: (pixel: number) => readonly CsvCell[]): CsvCell[][] {
  return Array.from({ length: pixelCount(grid) }, (_, pixel) => [
    Math.floor(pixel / grid.width) + 1,
    (pixel % grid.width) + 1,
    ...cells(pixel),
  ]);
}

/** "r1c1" and so on: the columns of images whose pixels are cells. */
export function pixelColumns(grid: Grid): string[] {
  return pixelRows(grid, () => []).map(([row, column]) => `r${row}c${column}`);
}

/** The colour of a series of a chart on paper. */
export function paperColour(name: '--accent' | '--blue' | '--ink-soft' | '--line-strong'): string {
  const colours = {
    '--accent': PAPER.accent,
    '--blue': PAPER.blue,
    '--ink-soft': PAPER.soft,
    '--line-strong': PAPER.strong,
  } as const;
  return colours[name];
}
