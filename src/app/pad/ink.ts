/**
 * The pad's ink: a square of grey levels, 20 cells to a model pixel, drawn with a round brush. Independent of the
 * screen, so that strokes can be replayed and compared exactly.
 */

import type { Grid } from '../../data/images.ts';
import { nextTask } from '../next-task.ts';

/** Cells along one side of a model pixel, pixels along one side of the canvas, and cells along it. */
export const CELL = 20;
export const PIXELS = 28;
export const SIDE = CELL * PIXELS;

export interface Point {
  /** In cells of the canvas, 0 to SIDE. */
  readonly x: number;
  readonly y: number;
}

/** Half-open rectangle of cells. */
export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const WHOLE: Rect = { left: 0, top: 0, right: SIDE, bottom: SIDE };

/** The smallest rectangle over both; null is the empty one. */
export function union(a: Rect | null, b: Rect | null): Rect | null {
  if (a === null) return b;
  if (b === null) return a;
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

export function blankCanvas(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(SIDE * SIDE);
}

/**
 * Draws the segment from (x0, y0) to (x1, y1) with a round brush, all in cells; the rim fades over
 * one cell. A pen never lowers a grey level and an eraser never raises one. Returns the rectangle that may have
 * changed, null where the segment lies off the canvas.
 */
export function drawSegment(
  canvas: Uint8Array,
  segment: { x0: number; y0: number; x1: number; y1: number },
  radius: number,
  erase: boolean,
): Rect | null {
  const { x0, y0, x1, y1 } = segment;
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - radius - 1));
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - radius - 1));
  const right = Math.min(SIDE, Math.ceil(Math.max(x0, x1) + radius + 1));
  const bottom = Math.min(SIDE, Math.ceil(Math.max(y0, y1) + radius + 1));
  if (left >= right || top >= bottom) return null;
  const dx = x1 - x0;
  const dy = y1 - y0;
  const squared = dx * dx + dy * dy;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const px = x + 0.5 - x0;
      const py = y + 0.5 - y0;
      const along = squared === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / squared));
      const distance = Math.hypot(px - along * dx, py - along * dy);
      const cover = Math.round(255 * Math.min(1, Math.max(0, radius + 0.5 - distance)));
      const at = y * SIDE + x;
      if (erase) canvas[at] = Math.min(canvas[at], 255 - cover);
      else if (cover > canvas[at]) canvas[at] = cover;
    }
  }
  return { left, top, right, bottom };
}

/**
 * A grey image of 28x28 as smooth ink whose pixel means give the image back to within one grey level: a cubic B-spline whose
 * coefficients are corrected by the difference of the means a few times (iterative back-projection, Irani and Peleg 1991), the
 * rest of it pixel by pixel. No ink leaves the pixels' bounding box, so that the digit keeps its size.
 */
export function enlarge(grey: Uint8Array): Uint8Array<ArrayBuffer> {
  const steps = enlarging(grey);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** As `enlarge`, with tasks of the browser between the steps. */
export async function enlargeInSteps(grey: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const steps = enlarging(grey);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await nextTask();
  }
}

function* enlarging(grey: Uint8Array): Generator<void, Uint8Array<ArrayBuffer>> {
  const inside = boxOf(grey);
  const coefficients = Float32Array.from(grey);
  for (let round = 0; round < ROUNDS; round++) {
    const means = smooth(coefficients, inside, COARSE, null);
    for (let i = 0; i < coefficients.length; i++) coefficients[i] += grey[i] - means[i];
  }
  yield;
  const canvas = new Float32Array(SIDE * SIDE);
  smooth(coefficients, inside, FINE, canvas);
  yield;
  // Outside of the box the canvas is as blank as the pixels.
  for (let row = inside.top / CELL; row < inside.bottom / CELL; row++) {
    for (let pixel = row * PIXELS + inside.left / CELL; pixel < row * PIXELS + inside.right / CELL; pixel++)
      correctMean(canvas, pixel, grey[pixel]);
    if (row % ROWS_AT_ONCE === 0) yield;
  }
  yield;
  const ink = blankCanvas();
  for (let i = 0; i < ink.length; i++) ink[i] = Math.round(canvas[i]);
  return ink;
}

/** Shifts a pixel's cells by the remaining difference, so that their mean is the grey level. */
function correctMean(canvas: Float32Array, pixel: number, grey: number): void {
  const start = Math.floor(pixel / PIXELS) * CELL * SIDE + (pixel % PIXELS) * CELL;
  const cells = new Float32Array(CELL * CELL);
  for (let row = 0; row < CELL; row++)
    cells.set(canvas.subarray(start + row * SIDE, start + row * SIDE + CELL), row * CELL);
  // At least level 1 in every cell of a pixel with ink: the digit's bounding box stays as it was.
  const least = Math.min(1, grey);
  const shifted = (level: number, by: number) => Math.min(255, Math.max(least, level + by));
  let low = -255;
  // A blank pixel takes the lowest shift, which clears all its cells.
  let high = grey === 0 ? -255 : 255;
  for (let round = 0; round < 12 && low < high; round++) {
    const middle = (low + high) / 2;
    let sum = 0;
    for (const level of cells) sum += shifted(level, middle);
    if (sum < grey * CELL * CELL) low = middle;
    else high = middle;
  }
  for (let row = 0; row < CELL; row++)
    for (let column = 0; column < CELL; column++)
      canvas[start + row * SIDE + column] = shifted(cells[row * CELL + column], (low + high) / 2);
}

const ROUNDS = 10;
/** Rows of pixels that are corrected in one step. */
const ROWS_AT_ONCE = 5;
/** Cells over which ink fades at the edge of the bounding box. */
const RIM = 8;

/** The pixels that hold any ink, as a rectangle of cells. */
function boxOf(grey: Uint8Array): Rect {
  let box: Rect | null = null;
  for (let i = 0; i < grey.length; i++) {
    if (grey[i] === 0) continue;
    const left = (i % PIXELS) * CELL;
    const top = Math.floor(i / PIXELS) * CELL;
    box = union(box, { left, top, right: left + CELL, bottom: top + CELL });
  }
  return box ?? { left: 0, top: 0, right: 0, bottom: 0 };
}

/** A cubic B-spline at evenly spaced points of a line. */
interface Spline {
  /** Points to a pixel. */
  readonly points: number;
  /** The first of the four pixels around each point, counted from two pixels before the edge. */
  readonly first: Int32Array;
  /** Weights of these four, [points of a line, 4]. */
  readonly weights: Float32Array;
}

function splineOf(points: number): Spline {
  const first = new Int32Array(points * PIXELS);
  const weights = new Float32Array(points * PIXELS * 4);
  for (let point = 0; point < first.length; point++) {
    const at = (point + 0.5) / points - 0.5;
    const t = at - Math.floor(at);
    first[point] = Math.floor(at) + 1;
    weights[4 * point] = (1 - t) ** 3 / 6;
    weights[4 * point + 1] = (3 * t ** 3 - 6 * t ** 2 + 4) / 6;
    weights[4 * point + 2] = (-3 * t ** 3 + 3 * t ** 2 + 3 * t + 1) / 6;
    weights[4 * point + 3] = t ** 3 / 6;
  }
  return { points, first, weights };
}

/** One point for every cell. */
const FINE = splineOf(CELL);
/** Enough points for the means of pixels. */
const COARSE = splineOf(4);

/**
 * The spline with these coefficients, [PIXELS, PIXELS], inside the rectangle; ink stays within 0 to 255. Returns the means of its
 * pixels, [PIXELS, PIXELS], and writes its points to the canvas where there is one.
 */
function smooth(
  coefficients: Float32Array,
  { left, top, right, bottom }: Rect,
  { points, first, weights }: Spline,
  canvas: Float32Array | null,
): Float32Array {
  const means = new Float32Array(PIXELS * PIXELS);
  // Two pixels of margin on either side: the spline reads four pixels around every point.
  const line = new Float32Array(PIXELS + 4);
  const cells = CELL / points;
  for (let y = top / cells; y < bottom / cells; y++) {
    line.fill(0);
    for (let i = 0; i < 4; i++) {
      const row = first[y] + i - 2;
      if (row < 0 || row >= PIXELS) continue;
      for (let c = 0; c < PIXELS; c++) line[c + 2] += weights[4 * y + i] * coefficients[row * PIXELS + c];
    }
    // In cells, from the middle of the point.
    const rimOfRow = Math.min((y + 0.5) * cells - top, bottom - (y + 0.5) * cells) + 0.5;
    const row = Math.floor(y / points) * PIXELS;
    for (let x = left / cells; x < right / cells; x++) {
      const from = first[x];
      const value =
        weights[4 * x] * line[from] +
        weights[4 * x + 1] * line[from + 1] +
        weights[4 * x + 2] * line[from + 2] +
        weights[4 * x + 3] * line[from + 3];
      const rim = Math.min((x + 0.5) * cells - left + 0.5, right - (x + 0.5) * cells + 0.5, rimOfRow);
      const most = rim < RIM ? (255 * rim) / RIM : 255;
      const level = value < 0 ? 0 : value > most ? most : value;
      means[row + Math.floor(x / points)] += level;
      if (canvas) canvas[y * SIDE + x] = level;
    }
  }
  return means.map((sum) => sum / points ** 2);
}

/** The pixel of a grid in which a point lies; outside the canvas the nearest one. */
export function cellAt({ x, y }: Point, { width, height }: Grid): number {
  const along = (at: number, side: number) => Math.min(side - 1, Math.max(0, Math.floor((at * side) / SIDE)));
  return along(y, height) * width + along(x, width);
}

/** The pixels of a grid under a straight line, both ends included. */
export function cellsBetween(from: Point, to: Point, grid: Grid): number[] {
  // Four points a pixel: a corner that the line cuts by less than a quarter may be skipped.
  const density = Math.max(grid.width, grid.height) * 4;
  const steps = Math.ceil((Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y)) * density) / SIDE);
  const cells = new Set<number>();
  for (let i = 0; i <= steps; i++) {
    const t = steps === 0 ? 0 : i / steps;
    cells.add(cellAt({ x: from.x + t * (to.x - from.x), y: from.y + t * (to.y - from.y) }, grid));
  }
  return [...cells];
}

/** Fills one pixel of a grid with ink, or wipes it. Its edges lie on whole cells: 560 is no multiple of 3. */
export function fillCell(canvas: Uint8Array, pixel: number, { width, height }: Grid, erase: boolean): Rect {
  const edge = (at: number, side: number) => Math.round((at * SIDE) / side);
  const column = pixel % width;
  const row = Math.floor(pixel / width);
  const rect = {
    left: edge(column, width),
    top: edge(row, height),
    right: edge(column + 1, width),
    bottom: edge(row + 1, height),
  };
  for (let y = rect.top; y < rect.bottom; y++)
    canvas.fill(erase ? 0 : 255, y * SIDE + rect.left, y * SIDE + rect.right);
  return rect;
}

/** The cells of the rectangle, row by row. */
export function cut(canvas: Uint8Array, rect: Rect): Uint8Array<ArrayBuffer> {
  const width = rect.right - rect.left;
  const part = new Uint8Array(width * (rect.bottom - rect.top));
  for (let y = rect.top; y < rect.bottom; y++) {
    const start = y * SIDE + rect.left;
    part.set(canvas.subarray(start, start + width), (y - rect.top) * width);
  }
  return part;
}

/** Puts back what `cut` took. */
export function paste(canvas: Uint8Array, rect: Rect, part: Uint8Array): void {
  const width = rect.right - rect.left;
  for (let y = rect.top; y < rect.bottom; y++) {
    const from = (y - rect.top) * width;
    canvas.set(part.subarray(from, from + width), y * SIDE + rect.left);
  }
}
