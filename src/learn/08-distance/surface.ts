import { productOf } from '../../stats/divergences.ts';
import { type Distance, distanceOf } from './distances.ts';

/** Up to which value a distance has its own colour. */
export const SHOWN_TO: Readonly<Record<Distance, number>> = {
  forward: 3,
  reverse: 3,
  halfway: 0.6,
  variation: 1,
};
/** Steps of the colours: their edges are lines of equal distance. */
const BANDS = 16;

/**
 * The distance of every product of two pixels from p, [cells * cells]: rows from the top, where the second pixel has most ink, and in
 * a row from no ink of the first pixel to all. Rounded down to a sixteenth of what is shown.
 */
export function surfaceOf(
  distance: Distance,
  p: ArrayLike<number>,
  cells: number,
): Float64Array<ArrayBuffer> {
  const band = SHOWN_TO[distance] / BANDS;
  return Float64Array.from({ length: cells * cells }, (_, at) => {
    const a = ((at % cells) + 0.5) / cells;
    const b = 1 - (Math.floor(at / cells) + 0.5) / cells;
    return band * Math.floor(distanceOf(distance, p, productOf([a, b])) / band);
  });
}
