import { MNIST_GRID, pixelCount } from './images.ts';
import type { GreyImages, Grid } from './images.ts';

/** How much of each small square of the pad is inked, [height, width], 0 to 255, fractions allowed. */
export interface InkMap {
  readonly width: number;
  readonly height: number;
  readonly ink: Uint8Array | Uint8ClampedArray | Float32Array;
}

/** Longer side of a digit in MNIST, in pixels of its 28x28 field. */
const DIGIT_SIDE = 20;

/** The whole map scaled to the grid: each pixel is the mean of the area it covers, fractions included. */
export function shrink(map: InkMap, grid: Grid = MNIST_GRID): GreyImages {
  const grey = areaMeans(map, 0, 0, map.width / grid.width, map.height / grid.height, grid);
  return oneImage(grid, grey);
}

/**
 * The drawing as MNIST would hold it, so that a model reads images like those that it was trained on. LeCun, Cortes and Burges
 * describe how they made their images: each digit is scaled, keeping its proportions, into a box of 20x20
 * pixels, with grey levels from the smoothing of that step, and placed in a field of 28x28 by its centre of
 * mass. Their files show the rest: the longer side fills exactly 20 pixels, so that the box lies on whole
 * pixels, and the centre of mass falls within half a pixel of the middle of pixel (14, 14), counted from 0.
 *
 * The scale is exact, not rounded. A box whose mass lies far off its middle is kept inside the field, where
 * centring would cut ink away. A blank map stays blank.
 */
export function centre(map: InkMap): GreyImages {
  const box = inkBox(map);
  if (box === null) return oneImage(MNIST_GRID, new Float64Array(pixelCount(MNIST_GRID)));
  const scale = Math.max(box.right - box.left, box.bottom - box.top) / DIGIT_SIDE;
  // The digit's own pixels; the shorter side may end within one.
  const digit: Grid = {
    width: wholePixels((box.right - box.left) / scale),
    height: wholePixels((box.bottom - box.top) / scale),
  };
  const grey = areaMeans(map, box.left, box.top, scale, scale, digit);
  const mass = centreOfMass(grey, digit);
  const left = place(mass.x, digit.width, MNIST_GRID.width);
  const top = place(mass.y, digit.height, MNIST_GRID.height);
  const field = new Float64Array(pixelCount(MNIST_GRID));
  for (let row = 0; row < digit.height; row++) {
    const from = grey.subarray(row * digit.width, (row + 1) * digit.width);
    field.set(from, (top + row) * MNIST_GRID.width + left);
  }
  return oneImage(MNIST_GRID, field);
}

interface Box {
  readonly left: number;
  readonly top: number;
  /** One past the last inked column and row. */
  readonly right: number;
  readonly bottom: number;
}

function inkBox({ width, height, ink }: InkMap): Box | null {
  let left = width;
  let right = 0;
  let top = height;
  let bottom = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (!(ink[row * width + column] > 0)) continue;
      if (column < left) left = column;
      if (column >= right) right = column + 1;
      if (row < top) top = row;
      bottom = row + 1;
    }
  }
  return right > left ? { left, top, right, bottom } : null;
}

/** Rounded up, but not for a rounding error of the division. */
function wholePixels(length: number): number {
  return Math.max(1, Math.ceil(length - 1e-9));
}

/**
 * [grid.height, grid.width]: pixel (row, column) is the mean ink over the rectangle of the map that begins at
 * (left + column * stepX, top + row * stepY) and is stepX by stepY large. Beyond the map there is no ink.
 * `left` and `top` are whole and stay out of the fractions, so that a drawing gives the same levels anywhere.
 */
function areaMeans(
  map: InkMap,
  left: number,
  top: number,
  stepX: number,
  stepY: number,
  grid: Grid,
): Float64Array {
  const columns = Array.from({ length: grid.width }, (_, i) => overlaps(i * stepX, stepX, map.width - left));
  const rows = Array.from({ length: grid.height }, (_, i) => overlaps(i * stepY, stepY, map.height - top));
  const means = new Float64Array(pixelCount(grid));
  rows.forEach((row, r) => {
    columns.forEach((column, c) => {
      let sum = 0;
      for (let i = 0; i < row.weights.length; i++) {
        const from = (top + row.first + i) * map.width + left + column.first;
        let line = 0;
        for (let j = 0; j < column.weights.length; j++) line += column.weights[j] * map.ink[from + j];
        sum += row.weights[i] * line;
      }
      means[r * grid.width + c] = sum;
    });
  });
  return means;
}

/** Cells from `first` on that [start, start + length) touches, each with the share of the length in it. */
function overlaps(start: number, length: number, cells: number): { first: number; weights: number[] } {
  const first = Math.floor(start);
  const end = Math.min(cells, start + length);
  const weights: number[] = [];
  for (let cell = first; cell < end; cell++)
    weights.push((Math.min(cell + 1, end) - Math.max(cell, start)) / length);
  return { first, weights };
}

/** In pixels from the outer edge: the middle of pixel (0, 0) is (0.5, 0.5). */
function centreOfMass(grey: Float64Array, grid: Grid): { x: number; y: number } {
  let total = 0;
  let x = 0;
  let y = 0;
  for (let row = 0; row < grid.height; row++) {
    for (let column = 0; column < grid.width; column++) {
      const mass = grey[row * grid.width + column];
      total += mass;
      x += mass * (column + 0.5);
      y += mass * (row + 0.5);
    }
  }
  return { x: x / total, y: y / total };
}

/** First pixel of a digit `length` long whose mass is at `mass`, in a field whose middle pixel is side / 2. */
function place(mass: number, length: number, side: number): number {
  // A tie goes to the lower pixel, which is the middle of the field, whatever the last bit of the sum says.
  const start = Math.ceil(side / 2 - mass - 1e-6);
  return Math.min(Math.max(start, 0), side - length);
}

function oneImage(grid: Grid, grey: Float64Array): GreyImages {
  const pixels = Uint8Array.from(grey, (level) => Math.min(255, Math.max(0, Math.round(level))));
  return { grid, count: 1, pixels, labels: null };
}
