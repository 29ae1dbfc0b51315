import type { Figure } from './figure.ts';
import type { Film } from './film.ts';
import type { ResultTable } from './table.ts';

/** What a place of the page offers to save: a picture, numbers, or a film, each as far as it makes sense. */
export interface Output {
  /** Of the files, in words. */
  readonly name: string;
  /** What the numbers are of, where there is no figure. */
  readonly notes?: readonly string[];
  readonly figure?: Figure;
  readonly table?: ResultTable;
  readonly film?: Film;
}
