import { binarise } from '../../data/binarise.ts';
import type { Grid, GreyImages, PackedImages } from '../../data/images.ts';
import { poolImages } from '../../data/pool.ts';

/**
 * Mean grey level from which a pixel of a small grid has ink, of 0 to 255: an eighth of the area that it covers. At half of the
 * area, as on the digits' own grid, all digits on 2x2 would be blank.
 */
export const INKED_FROM = 32;

/** Digits on a smaller grid, or on their own, where a pixel has ink from INKED_FROM on. Throws RangeError for a finer grid. */
export function smallDigits(digits: GreyImages, grid: Grid): PackedImages {
  const pooled = poolImages(digits, grid);
  if (!pooled.ok) throw new RangeError(pooled.reason);
  const pixels = pooled.value.pixels.map((level) => (level >= INKED_FROM ? 255 : 0));
  return binarise({ ...pooled.value, pixels }, { kind: 'threshold' });
}
