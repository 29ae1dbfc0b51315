import { magnitudeOf, type Magnitude } from './powers.ts';

/** Kinds of pixels, each with the number of values that it can take. */
export const COLOURS = { binary: 2n, grey: 256n, rgb: 256n ** 3n } as const;
export type Colours = keyof typeof COLOURS;

/** The kind of this name; binary where there is none. */
export function coloursOf(name: string): Colours {
  return name === 'grey' || name === 'rgb' ? name : 'binary';
}

/** Atoms of the observable universe, about: ten to this power. */
export const ATOMS_POWER = 80;
const YEARS_SINCE_BIG_BANG = 13.8e9;
const SECONDS_A_YEAR = 365.25 * 24 * 3600;
/** About 4.4 10^17. */
export const SECONDS_SINCE_BIG_BANG = YEARS_SINCE_BIG_BANG * SECONDS_A_YEAR;
/** Numbers of so many digits are shown whole. */
export const MAX_SHOWN = 1200;

/** Different pictures of a size. */
export interface Count extends Magnitude {
  /** All digits; null where there are more than MAX_SHOWN. */
  readonly whole: string | null;
}

/** How many pictures of `pixels` pixels there are: values^pixels. The digits of short numbers are all among the leading ones. */
export function countPictures(colours: Colours, pixels: number): Count {
  const magnitude = magnitudeOf(COLOURS[colours], pixels, 15);
  const whole = magnitude.digits <= MAX_SHOWN ? String(COLOURS[colours] ** BigInt(pixels)) : null;
  return { ...magnitude, whole };
}

/** Width of a bar in metres: one CSS pixel, 1/96 of an inch. */
const BAR = 0.0254 / 96;
const LIGHT_YEAR = 9.4607e15;

/** Length of a row of 2^n bars, each one CSS pixel wide. */
export function rowLength(n: number): {
  readonly value: number;
  readonly unit: 'mm' | 'm' | 'km' | 'light-years';
} {
  const metres = 2 ** n * BAR;
  if (metres < 1) return { value: metres * 1000, unit: 'mm' };
  if (metres < 1000) return { value: metres, unit: 'm' };
  return metres < LIGHT_YEAR
    ? { value: metres / 1000, unit: 'km' }
    : { value: metres / LIGHT_YEAR, unit: 'light-years' };
}
