import { fixed } from '../../app/format.ts';

/** One bar for every face, in every column of the picture. */
export interface FaceSeries {
  readonly name: string;
  /** Probabilities or shares, [faces] */
  readonly p: ArrayLike<number>;
  readonly tone: 'ink' | 'accent' | 'paper';
  /** The part of the figure that the bar of a face is. */
  readonly part?: (face: number) => string;
}

/** A line of numbers below the columns. */
export interface FaceRow {
  readonly name: string;
  readonly texts: readonly string[];
  readonly accent?: boolean;
}

/** Bars that a visitor moves: those of the last series. */
export interface Handles {
  /** Faces 0 to `free` - 1 have a handle. */
  readonly free: number;
  readonly locked: boolean;
  /** Name of the bar of a face for a screen reader. */
  readonly name: (face: number) => string;
  /** Its value, the same way. */
  readonly told: (face: number) => string;
  readonly set: (face: number, p: number) => void;
}

/** The probability at the top of the picture: it depends on the number of faces alone, so that bars do not jump. */
export function topOf(faces: number): number {
  return faces <= 3 ? 1 : faces <= 6 ? 0.7 : 0.5;
}

/** A probability as the narrowest column has room for it: of many faces without its leading zero. */
export function shownBelow(p: number, faces: number): string {
  return faces <= 8 ? fixed(p, 3) : fixed(p, 2).replace(/^0/, '');
}

/** How often a face came up, in the same room. */
export function timesBelow(count: number, faces: number): string {
  return faces <= 8 ? `×${count}` : String(count);
}

/** What a key does to a probability; null where it does nothing. */
export function afterKey(key: string, p: number, top: number): number | null {
  const steps: Readonly<Record<string, number | undefined>> = {
    ArrowUp: 0.01,
    ArrowRight: 0.01,
    ArrowDown: -0.01,
    ArrowLeft: -0.01,
    PageUp: 0.05,
    PageDown: -0.05,
    Home: -1,
    End: 1,
  };
  const step = steps[key];
  return step === undefined ? null : Math.min(top, Math.max(0, p + step));
}
