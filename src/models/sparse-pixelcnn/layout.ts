import type { Grid } from '../../data/images.ts';
import { pixelCount } from '../../data/images.ts';
import type { TensorShape } from '../family-spec.ts';

/** Channels of the residual stream of an active pixel. */
export const CHANNELS = 64;
/** Channels inside a block. */
export const HIDDEN = 32;
/** Hidden units of a quiet pixel, and the features that the second layer makes of them. */
export const QUIET_HIDDEN = 128;
export const QUIET_FEATURES = 64;
/** A pixel is active where an earlier pixel at most this many rows and columns away is on. */
export const RADIUS = 2;
/** The first layers see the rows this far above, and columns this far to either side. */
export const WINDOW = 10;
/** Added to the mean square before its root is taken, so that features of size 0 stay 0. */
export const EPSILON = 1e-3;
/**
 * Sums of the first layers, features of the residual stream and quiet features stay within this, so that weights of 1e4
 * do not overflow f32. Where the bound is met, the gradient is 0.
 */
export const LIMIT = 2 ** 20;

/** A place relative to a pixel; every one of this model comes before it in raster order, or is the pixel itself. */
export interface Offset {
  readonly row: number;
  readonly column: number;
}

/** The pixels of `rows` rows above within `reach` columns, then those to the left, row by row. */
function before(rows: number, reach: number): readonly Offset[] {
  const side = 2 * reach + 1;
  return Array.from({ length: rows * side + reach }, (_, at) => ({
    row: Math.floor(at / side) - rows,
    column: (at % side) - reach,
  }));
}

/** Where the first layers look: 10 rows of 21 above and 10 to the left. Their number is the row of `relative`. */
export const WINDOW_OFFSETS = before(WINDOW, WINDOW);
/** Where ink makes a pixel active. */
export const ACTIVE_OFFSETS = before(RADIUS, RADIUS);
/** Taps of the middle layer at dilation 1, in the order of their rows in `middle`. */
export const TAPS: readonly Offset[] = [
  { row: 0, column: 0 },
  { row: 0, column: -1 },
  { row: -1, column: -1 },
  { row: -1, column: 0 },
  { row: -1, column: 1 },
];

/** Dilation of a block's taps: 1 and 2 in turn. */
export function dilationOf(block: number): number {
  return 1 + (block % 2);
}

/** The pixel at an offset times `dilation` from a pixel, -1 where it lies outside the grid. */
export function pixelAt(grid: Grid, pixel: number, { row, column }: Offset, dilation = 1): number {
  const r = Math.floor(pixel / grid.width) + row * dilation;
  const c = (pixel % grid.width) + column * dilation;
  return r >= 0 && c >= 0 && c < grid.width ? r * grid.width + c : -1;
}

/** `[n, offsets]`: `pixelAt` of every pixel and offset. */
export function pixelsAt(grid: Grid, offsets: readonly Offset[], dilation = 1): Int32Array<ArrayBuffer> {
  const count = offsets.length;
  return Int32Array.from({ length: pixelCount(grid) * count }, (_, at) =>
    pixelAt(grid, Math.floor(at / count), offsets[at % count], dilation),
  );
}

/** A layer without offsets: its weights are `[inputs + 1, outputs]`, last the biases. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
}

export const DOWN: Layer = { inputs: CHANNELS, outputs: HIDDEN };
/** Input k of tap t is number t * HIDDEN + k. */
export const MIDDLE: Layer = { inputs: TAPS.length * HIDDEN, outputs: HIDDEN };
export const UP: Layer = { inputs: HIDDEN, outputs: CHANNELS };
export const QUIET: Layer = { inputs: QUIET_HIDDEN, outputs: QUIET_FEATURES };

/** Numbers of a layer, of one block where there are several. */
export function layerSize({ inputs, outputs }: Layer): number {
  return (inputs + 1) * outputs;
}

/** Names of the tensors: those of active pixels first. */
export const NAMES = [
  'relative',
  'absolute',
  'position',
  'down',
  'middle',
  'up',
  'readout',
  'readout_position',
  'bias',
  'quiet_relative',
  'quiet_absolute',
  'quiet_position',
  'quiet_hidden',
  'quiet_readout',
  'quiet_readout_position',
  'quiet_bias',
] as const;

export type Name = (typeof NAMES)[number];

/** The tensors of a model of n pixels in the order of NAMES. */
export function tensorsOf(n: number, blocks: number): readonly TensorShape[] {
  const layer = ({ inputs, outputs }: Layer) => [inputs + 1, outputs];
  const offsets = WINDOW_OFFSETS.length;
  const shapes: Record<Name, readonly number[]> = {
    relative: [offsets, CHANNELS],
    absolute: [n, CHANNELS],
    position: [n, CHANNELS],
    down: [blocks, ...layer(DOWN)],
    middle: [blocks, ...layer(MIDDLE)],
    up: [blocks, ...layer(UP)],
    readout: [CHANNELS],
    readout_position: [n, CHANNELS],
    bias: [n],
    quiet_relative: [offsets, QUIET_HIDDEN],
    quiet_absolute: [n, QUIET_HIDDEN],
    quiet_position: [n, QUIET_HIDDEN],
    quiet_hidden: layer(QUIET),
    quiet_readout: [QUIET_FEATURES],
    quiet_readout_position: [n, QUIET_FEATURES],
    quiet_bias: [n],
  };
  return NAMES.map((name) => ({ name, shape: shapes[name] }));
}
