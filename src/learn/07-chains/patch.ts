import { binarise } from '../../data/binarise.ts';
import { splitIndices } from '../../data/dataset.ts';
import {
  getPixel,
  type Grid,
  type GreyImages,
  type PackedImages,
  packImages,
  pixelCount,
  takeImages,
} from '../../data/images.ts';
import { poolImages } from '../../data/pool.ts';

/** Share of the digits on which models are scored and never fitted. */
export const HELD_BACK = 0.2;

/** Where the small pictures are cut out of the digits: near the middle, so that strokes pass through. */
export const PATCH = { side: 14, row: 4, column: 6 } as const;

/** Digits to fit to, and digits to score on. */
export interface Digits {
  readonly train: PackedImages;
  readonly held: PackedImages;
}

/** The digits pooled to a grid, ink where the mean grey is at least half, divided by chance, always the same way. */
export function digitsOn(grid: Grid, digits: GreyImages): Digits {
  const pooled = poolImages(digits, grid);
  if (!pooled.ok) throw new RangeError(pooled.reason);
  return divided(binarise(pooled.value, { kind: 'threshold' }));
}

/** A patch of every digit, of 2x2 or 3x3 pixels of the digits pooled to 14x14. */
export function patchesOf(grid: Grid, digits: GreyImages): Digits {
  const whole = digitsOn({ width: PATCH.side, height: PATCH.side }, digits);
  return { train: cutOut(grid, whole.train), held: cutOut(grid, whole.held) };
}

function divided(images: PackedImages): Digits {
  const { train, validation } = splitIndices(images.count, HELD_BACK, images.count, 0);
  return { train: takeImages(images, train), held: takeImages(images, validation) };
}

function cutOut(grid: Grid, images: PackedImages): PackedImages {
  const n = pixelCount(grid);
  const bits = new Uint8Array(images.count * n);
  for (let image = 0; image < images.count; image++)
    for (let i = 0; i < n; i++) {
      const row = PATCH.row + Math.floor(i / grid.width);
      const column = PATCH.column + (i % grid.width);
      bits[image * n + i] = getPixel(images, image, row * PATCH.side + column);
    }
  return packImages(grid, bits);
}
