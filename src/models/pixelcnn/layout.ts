import type { Grid } from '../../data/images.ts';
import { pixelCount } from '../../data/images.ts';

/** Channels of the residual stream. */
export const CHANNELS = 32;
/** Channels inside a block. */
export const HIDDEN = 16;
/**
 * Features of the residual stream stay within this, so that weights of 1e4 in 15 blocks do not overflow f32. Where the
 * bound is met, the gradient is 0.
 */
export const LIMIT = 2 ** 20;

/** Where a kernel looks, relative to the pixel it works for. */
export interface Tap {
  readonly row: number;
  readonly column: number;
  /** Its number in the whole square kernel, row by row: masked taps are numbered too. */
  readonly index: number;
}

/** Taps of a square kernel before its centre in raster order, and the centre itself where `centre` says so. */
function maskedTaps(side: number, centre: boolean): readonly Tap[] {
  const reach = (side - 1) / 2;
  const middle = (side * side - 1) / 2;
  return Array.from({ length: centre ? middle + 1 : middle }, (_, index) => ({
    row: Math.floor(index / side) - reach,
    column: (index % side) - reach,
    index,
  }));
}

/**
 * One masked convolution. Its tensor is `[size * inputs + 1, outputs]`: a row for every tap of the whole kernel and
 * input channel, masked ones included, and last the biases.
 */
export interface Layer {
  readonly taps: readonly Tap[];
  /** Taps of the whole kernel. */
  readonly size: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** Mask A: the pixel itself is not seen. */
export const FIRST: Layer = { taps: maskedTaps(7, false), size: 49, inputs: 1, outputs: CHANNELS };
/** One tap: the position itself, whose features depend on earlier pixels alone. */
const HERE = maskedTaps(1, true);
export const DOWN: Layer = { taps: HERE, size: 1, inputs: CHANNELS, outputs: HIDDEN };
/** Mask B: the position itself is seen. */
export const MIDDLE: Layer = { taps: maskedTaps(3, true), size: 9, inputs: HIDDEN, outputs: HIDDEN };
export const UP: Layer = { taps: HERE, size: 1, inputs: HIDDEN, outputs: CHANNELS };
export const LAST: Layer = { taps: HERE, size: 1, inputs: CHANNELS, outputs: CHANNELS };
export const LOGIT: Layer = { taps: HERE, size: 1, inputs: CHANNELS, outputs: 1 };

/** Numbers of a layer's tensor. */
export function layerSize({ size, inputs, outputs }: Layer): number {
  return (size * inputs + 1) * outputs;
}

/** Where the biases begin. */
export function biasOffset({ size, inputs, outputs }: Layer): number {
  return size * inputs * outputs;
}

/** Numbers of a layer that the mask leaves free. */
export function freeSize({ taps, inputs, outputs }: Layer): number {
  return (taps.length * inputs + 1) * outputs;
}

/** The layers of the model by the names of their tensors, and how many of each there are. */
export function layersOf(blocks: number): readonly { name: string; layer: Layer; copies: number }[] {
  return [
    { name: 'first', layer: FIRST, copies: 1 },
    { name: 'down', layer: DOWN, copies: blocks },
    { name: 'middle', layer: MIDDLE, copies: blocks },
    { name: 'up', layer: UP, copies: blocks },
    { name: 'last', layer: LAST, copies: 1 },
    { name: 'logit', layer: LOGIT, copies: 1 },
  ];
}

/**
 * Vectors of a plane of shaders/pixelcnn/lib/stacks.wgsl: a row of margin above every image and two behind the last, and a column of
 * margin to the left.
 */
export function planeSize(grid: Grid, images: number): number {
  return (images * (grid.height + 1) + 2) * (grid.width + 1);
}

/** The position that a tap of `position` looks at, -1 where it lies outside the grid. */
export function neighbour(grid: Grid, position: number, tap: Tap): number {
  const row = Math.floor(position / grid.width) + tap.row;
  const column = (position % grid.width) + tap.column;
  const inside = row >= 0 && column >= 0 && column < grid.width;
  return inside ? row * grid.width + column : -1;
}

/** `[n, taps] i32`: `neighbour` of every position and tap. */
export function neighbours(grid: Grid, taps: readonly Tap[]): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: pixelCount(grid) * taps.length }, (_, at) =>
    neighbour(grid, Math.floor(at / taps.length), taps[at % taps.length]),
  );
}
