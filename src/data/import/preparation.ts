import { centre, shrink } from '../centring.ts';
import { CLASSES, type GreyImages, type Grid, MNIST_GRID, pixelCount } from '../images.ts';
import { fits, poolImages } from '../pool.ts';
import { fail, ok, type Result } from '../result.ts';
import { type Naming, namesOf } from './naming.ts';
import { MAX_VALUES } from './numbers.ts';
import { type Orientation, placesOf, turned } from './orientation.ts';
import type { ImportSource } from './source.ts';

/** How images of a source become those of a data set. Part of the data set's identity: a model moves by nats with it. The steps follow each other in this order. */
export interface Preparation {
  /** Labels of the source that are kept, ascending; null for all images, also those without labels. */
  readonly classes: readonly number[] | null;
  /** What counts as class 0: 1 where a file counts its classes from 1. */
  readonly firstLabel: 0 | 1;
  readonly naming: Naming;
  readonly orientation: Orientation;
  /** Dark on light becomes light on dark, as models expect: ink is 255. */
  readonly invert: boolean;
  /** `mass`: as MNIST's, 20 pixels large in a field of 28 x 28, by the centre of mass. */
  readonly centring: 'none' | 'mass';
  /** Side of the square images that come out; null where they keep their size, or that of the centring. */
  readonly side: number | null;
  /** Ink from the middle level on; otherwise grey levels are kept, which a training run makes into bits as it is told. */
  readonly threshold: boolean;
}

/** Nothing is changed. */
export const AS_READ: Preparation = {
  classes: null,
  firstLabel: 0,
  naming: 'as-read',
  orientation: 'as-is',
  invert: false,
  centring: 'none',
  side: null,
  threshold: false,
};

export interface Prepared {
  readonly images: GreyImages;
  /** By label; null where labels are numbers. */
  readonly classNames: readonly string[] | null;
}

/** A preparation that goes on: images are prepared by piece, into arrays of their final size. */
export interface Preparing {
  readonly count: number;
  /** Prepares images `first` to `first + count` of those that are kept. */
  readonly work: (first: number, count: number) => void;
  /** Complete once every image has been prepared. */
  readonly prepared: Prepared;
}

export function isAsRead(preparation: Preparation): boolean {
  return Object.entries(AS_READ).every(([key, value]) => preparation[key as keyof Preparation] === value);
}

/** The prepared images. Fails, naming the field, where none is left, or they would be too many, or a label has no number. */
export function prepare(source: ImportSource, preparation: Preparation): Result<Prepared> {
  const preparing = beginPreparing(source, preparation);
  if (!preparing.ok) return preparing;
  const { count, work, prepared } = preparing.value;
  work(0, count);
  return ok(prepared);
}

/** The same for pieces; `rows` are the images wanted, those of the kept classes alone where that is null. */
export function beginPreparing(
  { images, classNames }: ImportSource,
  preparation: Preparation,
  rows: ArrayLike<number> | null = null,
): Result<Preparing> {
  const kept = rows ?? keptRows(images, preparation.classes);
  if (kept.length === 0) return fail('classes: no image is left; keep more classes');
  const grid = gridAfter(images.grid, preparation);
  const n = pixelCount(grid);
  if (kept.length * n > MAX_VALUES)
    return fail(
      `side: ${kept.length} images of ${grid.width} x ${grid.height} pixels exceed the limit of ${MAX_VALUES >> 20} MiB; choose a smaller side or fewer classes`,
    );
  const classes = classesAfter(images.labels, kept, classNames, preparation);
  if (!classes.ok) return classes;
  const pixels = new Uint8Array(kept.length * n);
  const places = placesOf(preparation.orientation, images.grid);
  const work = (first: number, count: number) => {
    const piece = oriented(images, kept, first, count, places, preparation);
    pixels.set(finished(piece, grid, preparation).pixels, first * n);
  };
  const prepared = {
    images: { grid, count: kept.length, pixels, labels: classes.value.labels },
    classNames: classes.value.names,
  };
  return ok({ count: kept.length, work, prepared });
}

/** Size of the images after a preparation. */
export function gridAfter(grid: Grid, { orientation, centring, side }: Preparation): Grid {
  if (side !== null) return { width: side, height: side };
  return centring === 'mass' ? MNIST_GRID : turned(orientation, grid);
}

function keptRows(images: GreyImages, classes: readonly number[] | null): Uint32Array {
  const all = Uint32Array.from({ length: images.count }, (_, i) => i);
  const { labels } = images;
  if (classes === null || labels === null) return all;
  const wanted = new Set(classes);
  return all.filter((row) => wanted.has(labels[row]));
}

/**
 * Labels and names of the kept images. Classes are numbered anew, in their order, where some are left out that have names, or are beyond those
 * that classifiers know; digits keep their numbers.
 */
function classesAfter(
  labels: Uint8Array | null,
  kept: ArrayLike<number>,
  given: readonly string[] | null,
  { classes, firstLabel, naming }: Preparation,
): Result<{ labels: Uint8Array<ArrayBuffer> | null; names: readonly string[] | null }> {
  if (labels === null) return ok({ labels: null, names: null });
  const below = classes?.some((label) => label < firstLabel) ?? labels.some((label) => label < firstLabel);
  if (below)
    return fail(`firstLabel: there are images of class 0, so that the classes are not counted from 1`);
  const names = namesOf(naming) ?? given;
  const anew = classes !== null && (names !== null || classes.some((label) => label - firstLabel >= CLASSES));
  const number = (label: number) => (anew ? classes.indexOf(label) : label - firstLabel);
  const numbers = Uint8Array.from({ length: 256 }, (_, label) => Math.max(0, number(label)));
  const shown = (label: number) => names?.[label - firstLabel] ?? String(label - firstLabel);
  return ok({
    labels: Uint8Array.from(kept, (row) => numbers[labels[row]]),
    names: anew ? classes.map(shown) : names,
  });
}

/** Images `first` to `first + count` of the kept, turned and perhaps inverted. */
function oriented(
  images: GreyImages,
  kept: ArrayLike<number>,
  first: number,
  count: number,
  places: Uint32Array,
  { orientation, invert }: Preparation,
): GreyImages {
  const n = places.length;
  const pixels = new Uint8Array(count * n);
  const flip = invert ? 255 : 0;
  for (let i = 0; i < count; i++) {
    const from = kept[first + i] * n;
    for (let pixel = 0; pixel < n; pixel++)
      pixels[i * n + pixel] = images.pixels[from + places[pixel]] ^ flip;
  }
  return { grid: turned(orientation, images.grid), count, pixels, labels: null };
}

/** Centred, brought to size, made into bits. */
function finished(images: GreyImages, grid: Grid, { centring, threshold }: Preparation): GreyImages {
  const placed = centring === 'mass' ? each(images, MNIST_GRID, centre) : images;
  const sized = resized(placed, grid);
  if (!threshold) return sized;
  return { ...sized, pixels: sized.pixels.map((grey) => (grey < 128 ? 0 : 255)) };
}

/** Of another shape, images get a margin to be square before; smaller ones are pooled, larger ones enlarged by whole areas. */
function resized(images: GreyImages, grid: Grid): GreyImages {
  const { width, height } = images.grid;
  if (width === grid.width && height === grid.height) return images;
  const square = width === height ? images : squared(images);
  if (fits(square.grid, grid)) {
    const pooled = poolImages(square, grid);
    if (!pooled.ok) throw new Error(pooled.reason);
    return pooled.value;
  }
  return each(square, grid, (map) => shrink(map, grid));
}

function squared(images: GreyImages): GreyImages {
  const { width, height } = images.grid;
  const side = Math.max(width, height);
  const left = (side - width) >> 1;
  const top = (side - height) >> 1;
  const pixels = new Uint8Array(images.count * side * side);
  for (let row = 0; row < images.count * height; row++) {
    const image = Math.floor(row / height);
    const to = (image * side + top + (row % height)) * side + left;
    pixels.set(images.pixels.subarray(row * width, (row + 1) * width), to);
  }
  return { ...images, grid: { width: side, height: side }, pixels };
}

function each(
  images: GreyImages,
  grid: Grid,
  change: (map: { readonly width: number; readonly height: number; readonly ink: Uint8Array }) => GreyImages,
): GreyImages {
  const { width, height } = images.grid;
  const n = pixelCount(grid);
  const pixels = new Uint8Array(images.count * n);
  for (let i = 0; i < images.count; i++) {
    const ink = images.pixels.subarray(i * width * height, (i + 1) * width * height);
    pixels.set(change({ width, height, ink }).pixels, i * n);
  }
  return { ...images, grid, pixels };
}
