import { type Grid, pixelCount } from '../../data/images.ts';
import { freeSize, type Layer, layerSize, neighbour, type Tap } from '../../models/pixelcnn/layout.ts';

/** Mask A hides the pixel itself, mask B keeps it. */
type Mask = 'A' | 'B';

/** A PixelCNN as course texts describe it: one masked layer A, several B, then two layers that look at the pixel alone. */
export interface Stack {
  /** Side of all masked kernels, odd. */
  readonly kernel: number;
  /** Layers with mask B. */
  readonly layers: number;
  readonly channels: number;
}

/** The cells of a square kernel that a mask keeps: those before the centre in raster order, and the centre under B. */
export function tapsOf(side: number, mask: Mask): readonly Tap[] {
  const reach = (side - 1) / 2;
  const centre = (side * side - 1) / 2;
  return Array.from({ length: side * side }, (_, index) => ({
    row: Math.floor(index / side) - reach,
    column: (index % side) - reach,
    index,
  })).filter(({ index }) => index < centre || (mask === 'B' && index === centre));
}

function layer(side: number, mask: Mask, inputs: number, outputs: number): Layer {
  return { taps: tapsOf(side, mask), size: side * side, inputs, outputs };
}

/** The layers of a stack from the image to the one logit of every pixel. */
export function layersOf({ kernel, layers, channels }: Stack): readonly Layer[] {
  return [
    layer(kernel, 'A', 1, channels),
    ...Array.from({ length: layers }, () => layer(kernel, 'B', channels, channels)),
    layer(1, 'B', channels, channels),
    layer(1, 'B', channels, 1),
  ];
}

/** Weights of a stack with one bias for every output of a layer: all that are stored, and those that the masks leave free. */
export function weightsOf(stack: Stack): { readonly all: number; readonly free: number } {
  const layers = layersOf(stack);
  return {
    all: layers.reduce((sum, each) => sum + layerSize(each), 0),
    free: layers.reduce((sum, each) => sum + freeSize(each), 0),
  };
}

/**
 * From which pixels one pixel's logit is reached: `via[l]` holds, after l layers counted from the logit, one pixel towards the logit for
 * every pixel reached, -1 where none is, [layers + 1, n].
 */
export function trace(grid: Grid, pixel: number, layers: readonly Layer[]): readonly Int32Array[] {
  const start = new Int32Array(pixelCount(grid)).fill(-1);
  start[pixel] = pixel;
  const via = [start];
  for (const { taps } of layers.toReversed()) {
    const before = via[via.length - 1];
    const reached = new Int32Array(before.length).fill(-1);
    before.forEach((towards, p) => {
      if (towards < 0) return;
      for (const tap of taps) {
        const from = neighbour(grid, p, tap);
        if (from >= 0 && reached[from] < 0) reached[from] = p;
      }
    });
    via.push(reached);
  }
  return via;
}

/** What a pixel is to the one at hand. */
export type Sight = 'itself' | 'later' | 'seen' | 'blind' | 'beyond';

export interface Window {
  /** By pixel, [n]. */
  readonly sight: readonly Sight[];
  /** How many rows above the pixel it looks. */
  readonly rows: number;
  /** Earlier pixels that are seen, and those within the window's square that are not. */
  readonly seen: number;
  readonly blind: number;
  readonly earlier: number;
}

/**
 * What a pixel of a grid sees, found by following the masks back, layer by layer. The window's square reaches as far to either side as it
 * reaches up or to the left; its earlier pixels that no path reaches are the blind spot.
 */
export function windowOf(grid: Grid, pixel: number, layers: readonly Layer[]): Window {
  const via = trace(grid, pixel, layers);
  const reached = via[via.length - 1];
  const { width } = grid;
  const [row, column] = [Math.floor(pixel / width), pixel % width];
  const [up, side] = [
    (j: number) => row - Math.floor(j / width),
    (j: number) => Math.abs((j % width) - column),
  ];
  let rows = 0;
  reached.forEach((towards, j) => {
    if (towards >= 0) rows = Math.max(rows, up(j));
  });
  const reach = layers.reduce((sum, { size }) => sum + (Math.sqrt(size) - 1) / 2, 0);
  const sight = Array.from(reached, (towards, j): Sight => {
    if (j === pixel) return 'itself';
    if (j > pixel) return 'later';
    if (towards >= 0) return 'seen';
    return up(j) <= reach && side(j) <= reach ? 'blind' : 'beyond';
  });
  const tally = (kind: Sight): number => sight.filter((each) => each === kind).length;
  return { sight, rows, seen: tally('seen'), blind: tally('blind'), earlier: pixel };
}

/** The window of a pixel that is nowhere cut off by the image's edges. */
export function wholeWindow(layers: readonly Layer[]): Window {
  const reach = layers.reduce((sum, { size }) => sum + (Math.sqrt(size) - 1) / 2, 0);
  const grid = { width: 2 * reach + 1, height: reach + 1 };
  return windowOf(grid, pixelCount(grid) - 1 - reach, layers);
}

/** The pixels of one path from `from` to the logit of the traced pixel, in that order; null where there is none. */
export function pathFrom(via: readonly Int32Array[], from: number): readonly number[] | null {
  if (via[via.length - 1][from] < 0) return null;
  const path = [from];
  for (let l = via.length - 1; l > 0; l--) path.push(via[l][path[path.length - 1]]);
  return path;
}
