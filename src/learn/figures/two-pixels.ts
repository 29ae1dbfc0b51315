import { words } from '../words.ts';

/** Where the square of two pixels is cut: across at P(first), and each half at P(second) given the first. */
export interface Cuts {
  /** P(first pixel is ink). */
  readonly first: number;
  /** P(second is ink given that the first is ink). */
  readonly ink: number;
  /** P(second is ink given that the first is paper). */
  readonly paper: number;
}

/** Names of the four images of two pixels, by their numbers: bit 0 is the first pixel, bit 1 the second. */
export const PAIRS = words.figures.pairs;

/** The table [4] of these cuts. */
export function tableOf({ first, ink, paper }: Cuts): Float64Array<ArrayBuffer> {
  return Float64Array.of((1 - first) * (1 - paper), first * (1 - ink), (1 - first) * paper, first * ink);
}

/** The cuts of a table [4]. A half of no width is cut where the other one is. */
export function cutsOf(p: ArrayLike<number>): Cuts {
  const first = p[1] + p[3];
  const blank = p[0] + p[2];
  const ink = first > 0 ? p[3] / first : p[2] / blank;
  const paper = blank > 0 ? p[2] / blank : ink;
  return { first, ink, paper };
}

/** A rectangle of the unit square, seen with y downwards. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The areas of the four images, by their numbers: the first pixel's ink on the left, the second's at the bottom. */
export function areasOf({ first, ink, paper }: Cuts): readonly Area[] {
  return [
    { x: first, y: 0, width: 1 - first, height: 1 - paper },
    { x: 0, y: 0, width: first, height: 1 - ink },
    { x: first, y: 1 - paper, width: 1 - first, height: paper },
    { x: 0, y: 1 - ink, width: first, height: ink },
  ];
}
