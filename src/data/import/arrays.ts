import { type Grid, MAX_SIDE } from '../images.ts';
import { fail, ok, type Result } from '../result.ts';
import { type NumberArray, type Numbers, shapeText } from './numbers.ts';
import type { ReadSource } from './read-source.ts';
import { greyOf } from './scale.ts';

/** Fewest pixels of an image. */
const MIN_PIXELS = 4;
/** Labels are kept as bytes. */
const MAX_LABEL = 255;

/**
 * The images among named arrays, with their labels: told by their shapes, and by the usual names where several would do. `chosen` names the array of
 * images where the visitor has chosen. `file` begins a reason, `found` is what the source is called and its format.
 */
export function sourceOfArrays(
  arrays: readonly NumberArray[],
  file: string,
  found: { readonly name: string; readonly format: string },
  chosen: string | null = null,
): Result<ReadSource> {
  const candidates = arrays.flatMap((array) => {
    const shape = imagesShape(array.shape);
    return shape ? [{ array, ...shape }] : [];
  });
  if (candidates.length === 0) return fail(`${file}: ${whyNone(arrays)}`);
  const ranked = candidates.toSorted((a, b) => rank(b.array.name) - rank(a.array.name));
  const images = chosen === null ? ranked[0] : candidates.find(({ array }) => array.name === chosen);
  if (!images) return fail(`${file}: there is no array of images called "${chosen}"`);
  const { array, count, grid } = images;
  const grey = greyOf(array.values);
  if (!grey.ok) return fail(`${file}: ${arrays.length > 1 ? `${array.name}: ` : ''}${grey.reason}`);
  const labels = labelsFor(array, count, arrays);
  if (!labels.ok) return fail(`${file}: ${labels.reason}`);
  const notes = [grey.value.note, labels.value?.note ?? null].filter((note) => note !== null);
  const several = candidates.length > 1;
  return ok({
    ...found,
    images: { grid, count, pixels: grey.value.pixels, labels: labels.value?.labels ?? null },
    classNames: null,
    notes,
    candidates: several ? candidates.map((each) => each.array.name) : [],
    chosen: several ? array.name : null,
    files: null,
  });
}

/** How many images of which size an array of this shape holds; null where its numbers are no images. */
function imagesShape(shape: readonly number[]): { readonly count: number; readonly grid: Grid } | null {
  const sides = withoutChannel(shape);
  if (sides === null || sides.some((side) => side < 1)) return null;
  if (sides.length === 3) return gridOf(sides[0], sides[2], sides[1]);
  const [rows, columns] = sides;
  const side = Math.sqrt(columns);
  // A square of a square number of columns is one image rather than several.
  if (rows !== columns && Number.isInteger(side)) return gridOf(rows, side, side);
  return gridOf(1, columns, rows);
}

/** The shape as [count, height, width], [count, n] or [height, width]; of four sides one is a channel. */
function withoutChannel(shape: readonly number[]): readonly number[] | null {
  if (shape.length === 2 || shape.length === 3) return shape;
  if (shape.length !== 4) return null;
  if (shape[1] === 1) return [shape[0], shape[2], shape[3]];
  return shape[3] === 1 ? shape.slice(0, 3) : null;
}

function gridOf(count: number, width: number, height: number): { count: number; grid: Grid } | null {
  const fits = Math.min(width, height) >= 2 && Math.max(width, height) <= MAX_SIDE;
  return fits && width * height >= MIN_PIXELS ? { count, grid: { width, height } } : null;
}

function whyNone(arrays: readonly NumberArray[]): string {
  if (arrays.length === 0) return 'there are no arrays of numbers in it';
  const all = arrays.map(({ name, shape }) => `${arrays.length > 1 ? `${name}: ` : ''}${shapeText(shape)}`);
  const listed = all.length > 6 ? [...all.slice(0, 6), 'others'] : all;
  return `shape: no images of 2 to ${MAX_SIDE} pixels a side, as count x height x width or count x pixels of a square, are in ${listed.join('; ')}`;
}

const IMAGE_NAMES = /^(x|images?|data|pixels|digits|imgs)/i;
const LABEL_NAMES = /^(y|labels?|targets?|class(es)?|digits?)/i;

/** How much the name is that of images to learn from. */
function rank(name: string): number {
  return (
    (IMAGE_NAMES.test(name) || /images?/i.test(name) ? 2 : 0) +
    (/train/i.test(name) ? 1 : 0) -
    (/test|valid/i.test(name) ? 1 : 0)
  );
}

/** "x_train" and "train_images" have "train" in common with their labels. */
function partOf(name: string): string {
  return /train|test|valid/i.exec(name)?.[0].toLowerCase() ?? '';
}

/** The labels of images: an array of as many whole numbers, by its name where there are several. Null where there is none. */
function labelsFor(
  images: NumberArray,
  count: number,
  arrays: readonly NumberArray[],
): Result<{ readonly labels: Uint8Array<ArrayBuffer>; readonly note: string | null } | null> {
  const part = partOf(images.name);
  const vectors = arrays.filter((each) => each !== images && isVector(each.shape));
  const fitting = vectors.filter(({ shape }) => shape[0] === count);
  const score = ({ name }: NumberArray) =>
    (LABEL_NAMES.test(name) || /label/i.test(name) ? 2 : 0) + Number(partOf(name) === part);
  const best = fitting.toSorted((a, b) => score(b) - score(a)).at(0);
  if (!best) {
    const [only] = vectors;
    return vectors.length === 1 && arrays.length === 2
      ? fail(`${only.name}: count: ${only.shape[0]} labels for the ${count} images of ${images.name}`)
      : ok(null);
  }
  const labels = labelBytes(best.values);
  if (!labels.ok) return fail(`${best.name}: ${labels.reason}`);
  const unsure = fitting.length > 1 && score(best) < 2;
  return ok({ labels: labels.value, note: unsure ? `the labels are those of "${best.name}"` : null });
}

function isVector(shape: readonly number[]): boolean {
  return shape.length === 1 || (shape.length === 2 && shape[1] === 1);
}

/** Whole numbers from 0 to MAX_LABEL as bytes. */
export function labelBytes(values: Numbers): Result<Uint8Array<ArrayBuffer>> {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!(Number.isInteger(value) && value >= 0 && value <= MAX_LABEL))
      return fail(`labels: ${value} of image ${i + 1} is no whole number from 0 to ${MAX_LABEL}`);
  }
  return ok(values instanceof Uint8Array ? values : Uint8Array.from(values));
}
