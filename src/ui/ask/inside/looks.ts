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
