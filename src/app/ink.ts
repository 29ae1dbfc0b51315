/**
 * The paper under the pen: a square of grey levels, 20 cells to a model pixel, drawn with a round brush. It knows
 * nothing of the screen, so that strokes can be replayed and compared exactly.
 */

/** Cells along one side of a model pixel, and along the whole paper of 28 model pixels. */
export const CELL = 20;
export const PIXELS = 28;
export const SIDE = CELL * PIXELS;

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

export function blankPaper(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(SIDE * SIDE);
}

/**
 * Draws the segment from (x0, y0) to (x1, y1) with a round brush, all in cells; the rim is one cell soft. Ink never
 * gets thinner under a pen nor thicker under an eraser. Returns what it may have changed, null where off the paper.
 */
export function drawSegment(
  paper: Uint8Array,
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
      if (erase) paper[at] = Math.min(paper[at], 255 - cover);
      else if (cover > paper[at]) paper[at] = cover;
    }
  }
  return { left, top, right, bottom };
}

/**
 * A grey image of 28x28 as smooth ink whose pixel means give the image back to within a few grey levels: bilinear
 * enlargement, then the remaining difference is added back a few times (iterative back-projection, Irani and
 * Peleg 1991). Blank pixels stay blank throughout, so that the digit keeps its size.
 */
export function enlarge(grey: Uint8Array): Uint8Array<ArrayBuffer> {
  const paper = new Float32Array(SIDE * SIDE);
  let residual = Float32Array.from(grey);
  for (let round = 0; round < 5; round++) {
    addBilinear(paper, residual);
    if (round === 4) break;
    residual = Float32Array.from(meanPixels(paper), (mean, i) => grey[i] - mean);
  }
  return Uint8Array.from(paper, (value, at) => (grey[pixelOf(at)] === 0 ? 0 : Math.round(value)));
}

/** Model pixel of a cell. */
function pixelOf(cell: number): number {
  return Math.floor(cell / SIDE / CELL) * PIXELS + Math.floor((cell % SIDE) / CELL);
}

function addBilinear(paper: Float32Array, image: Float32Array): void {
  const low = new Int32Array(SIDE);
  const share = new Float32Array(SIDE);
  for (let x = 0; x < SIDE; x++) {
    const at = (x + 0.5) / CELL - 0.5;
    low[x] = Math.floor(at);
    share[x] = at - low[x];
  }
  const clampTo = (v: number) => Math.min(PIXELS - 1, Math.max(0, v));
  const line = new Float32Array(PIXELS);
  for (let y = 0; y < SIDE; y++) {
    const above = clampTo(low[y]) * PIXELS;
    const below = clampTo(low[y] + 1) * PIXELS;
    for (let c = 0; c < PIXELS; c++)
      line[c] = image[above + c] * (1 - share[y]) + image[below + c] * share[y];
    for (let x = 0; x < SIDE; x++) {
      const value = line[clampTo(low[x])] * (1 - share[x]) + line[clampTo(low[x] + 1)] * share[x];
      const at = y * SIDE + x;
      paper[at] = Math.min(255, Math.max(0, paper[at] + value));
    }
  }
}

function meanPixels(paper: Float32Array): Float32Array {
  const means = new Float32Array(PIXELS * PIXELS);
  for (let y = 0; y < SIDE; y++) {
    const row = Math.floor(y / CELL) * PIXELS;
    for (let x = 0; x < SIDE; x++) means[row + Math.floor(x / CELL)] += paper[y * SIDE + x] / (CELL * CELL);
  }
  return means;
}

/** The part of the paper inside the rectangle, row by row. */
export function cut(paper: Uint8Array, rect: Rect): Uint8Array<ArrayBuffer> {
  const width = rect.right - rect.left;
  const part = new Uint8Array(width * (rect.bottom - rect.top));
  for (let y = rect.top; y < rect.bottom; y++) {
    const start = y * SIDE + rect.left;
    part.set(paper.subarray(start, start + width), (y - rect.top) * width);
  }
  return part;
}

/** Puts back what `cut` took. */
export function paste(paper: Uint8Array, rect: Rect, part: Uint8Array): void {
  const width = rect.right - rect.left;
  for (let y = rect.top; y < rect.bottom; y++) {
    const from = (y - rect.top) * width;
    paper.set(part.subarray(from, from + width), y * SIDE + rect.left);
  }
}
