import { maskOf } from './known-pixels.ts';
import { type Grid, type PackedImages, pixelCount } from './images.ts';
import { inverseOrder, randomOrder } from './orders.ts';

/** Masks by name: the part of an image that is known, the rest being hidden. */
export const MASK_PRESETS = [
  'top-half',
  'bottom-half',
  'left-half',
  'right-half',
  'random-half',
  'checkerboard',
  'none',
  'all',
] as const;

export type MaskPreset = (typeof MASK_PRESETS)[number];

/** The random half is the same one everywhere: the first half of the random order of this seed. */
const RANDOM_HALF_SEED = 1;

/** The known mask of a preset, as one image. The middle row or column of an odd side is in neither half. */
export function presetMask(grid: Grid, preset: MaskPreset): PackedImages {
  const { width, height } = grid;
  if (preset === 'random-half') {
    const places = inverseOrder(randomOrder(grid, RANDOM_HALF_SEED));
    return maskOf(grid, (pixel) => places[pixel] < pixelCount(grid) / 2);
  }
  return maskOf(grid, (pixel) => {
    const row = Math.floor(pixel / width);
    const column = pixel % width;
    switch (preset) {
      case 'top-half':
        return 2 * row + 1 < height;
      case 'bottom-half':
        return 2 * row + 1 > height;
      case 'left-half':
        return 2 * column + 1 < width;
      case 'right-half':
        return 2 * column + 1 > width;
      case 'checkerboard':
        return (row + column) % 2 === 0;
      case 'none':
        return false;
      case 'all':
        return true;
    }
  });
}
