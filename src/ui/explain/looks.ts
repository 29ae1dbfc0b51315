import { type Palette, divergingPalette, step } from '../parts/palette.ts';

/** Colours of a board's pixels, [n, 3] u8, and what is drawn on top of them. */
export interface Look {
  readonly colours: Uint8Array;
  /** [n] */
  readonly marks: readonly Mark[];
  /** CSS colour of the marks. */
  readonly pen: string;
}

/** Patterns, so that nothing is told by colour alone. */
export type Mark = '' | 'hatch' | 'dot';

type Colour = readonly [number, number, number];

/** What a model has seen of a drawing, and what still lies under the veil. */
export const SHEETS: Readonly<Record<'light' | 'dark', Readonly<Record<Part, Colour>>>> = {
  light: { paper: [255, 255, 255], ink: [30, 32, 36], veil: [232, 224, 208], veiledInk: [203, 193, 173] },
  dark: { paper: [16, 18, 22], ink: [236, 231, 220], veil: [52, 57, 66], veiledInk: [82, 88, 99] },
};
type Part = 'paper' | 'ink' | 'veil' | 'veiledInk';

export function css([red, green, blue]: ArrayLike<number> & Iterable<number>): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** What a map of pushes is drawn from. */
interface Pushes {
  /** [n], NaN where it is not known yet. */
  readonly values: Float32Array;
  /** Place of every pixel in the order, [n], and of the one that is pushed. */
  readonly places: Uint32Array;
  readonly place: number;
  /** The value that takes the last colour; its negative takes the first. */
  readonly most: number;
  readonly dark: boolean;
}

/** Earlier pixels without any effect are dotted, later ones hatched: a later one with an effect would show its colour. */
export function pushLook({ values, places, place, most, dark }: Pushes): Look {
  const palette = divergingPalette(dark);
  const veil = SHEETS[dark ? 'dark' : 'light'].veil;
  const colours = new Uint8Array(3 * values.length);
  const marks: Mark[] = [];
  values.forEach((value, i) => {
    const later = places[i] >= place;
    const at = 3 * step((value / most + 1) / 2);
    const colour = value === 0 ? (later ? veil : neutral(palette)) : palette.subarray(at, at + 3);
    colours.set(Number.isNaN(value) ? veil : colour, 3 * i);
    marks.push(value !== 0 ? '' : later ? 'hatch' : 'dot');
  });
  return { colours, marks, pen: dark ? '#7c7f86' : '#8d8675' };
}

/** The colour of no push at all. */
export function neutral(palette: Palette): Uint8Array {
  return palette.subarray(3 * 128, 3 * 129);
}
