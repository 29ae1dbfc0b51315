import { divergingPalette, inkColours } from '../parts/palette.ts';
import { type Look, lookOf, type Mark } from '../parts/pixels.ts';

/** What an attribution map is drawn from. */
interface AttributionMap {
  /** [n], NaN where it is not known yet. */
  readonly values: Float32Array;
  /** Place of every pixel in the order, [n], and of the explained one. */
  readonly places: Uint32Array;
  readonly place: number;
  /** The value that takes the last colour; its negative takes the first. */
  readonly largest: number;
  readonly dark: boolean;
}

/** Earlier pixels without any effect are dotted, later ones hatched: a later one with an effect would show its colour. */
export function attributionLook({ values, places, place, largest, dark }: AttributionMap): Look {
  const { unseen } = inkColours(dark);
  const { colours } = lookOf(values, divergingPalette(dark), -largest, largest);
  const marks: Mark[] = [];
  values.forEach((value, i) => {
    const later = places[i] >= place;
    if (Number.isNaN(value) || (value === 0 && later)) colours.set(unseen, 3 * i);
    marks.push(value !== 0 ? '' : later ? 'hatch' : 'dot');
  });
  return { colours, marks };
}
