import { divergingPalette, type Palette, step } from '../parts/palette.ts';

/** Colours of a board's pixels, [n, 3] u8, and what is drawn on top of them. */
export interface Look {
  readonly colours: Uint8Array;
  /** [n] */
  readonly marks: readonly Mark[];
  /** CSS colour of the marks. */
  readonly pen: string;
}

/** Patterns, so that no information is in colour alone. */
export type Mark = '' | 'hatch' | 'dot';

type Colour = readonly [number, number, number];

/** Colours of the drawing's pixels: ink or blank, seen by the model or not yet. */
export const DRAWING_COLOURS: Readonly<Record<'light' | 'dark', Readonly<Record<Part, Colour>>>> = {
  light: { blank: [255, 255, 255], ink: [30, 32, 36], unseen: [232, 224, 208], unseenInk: [203, 193, 173] },
  dark: { blank: [16, 18, 22], ink: [236, 231, 220], unseen: [52, 57, 66], unseenInk: [82, 88, 99] },
};
type Part = 'blank' | 'ink' | 'unseen' | 'unseenInk';

export function css([red, green, blue]: ArrayLike<number> & Iterable<number>): string {
  return `rgb(${red} ${green} ${blue})`;
}

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
  const palette = divergingPalette(dark);
  const { unseen } = DRAWING_COLOURS[dark ? 'dark' : 'light'];
  const colours = new Uint8Array(3 * values.length);
  const marks: Mark[] = [];
  values.forEach((value, i) => {
    const later = places[i] >= place;
    const at = 3 * step((value / largest + 1) / 2);
    const colour = value === 0 ? (later ? unseen : neutral(palette)) : palette.subarray(at, at + 3);
    colours.set(Number.isNaN(value) ? unseen : colour, 3 * i);
    marks.push(value !== 0 ? '' : later ? 'hatch' : 'dot');
  });
  return { colours, marks, pen: dark ? '#7c7f86' : '#8d8675' };
}

/** The colour of 0. */
export function neutral(palette: Palette): Uint8Array {
  return palette.subarray(3 * 128, 3 * 129);
}
