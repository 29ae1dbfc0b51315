import { cleanText } from '../../data/clean-text.ts';

/** Of data sets and models, in characters. */
export const LONGEST_NAME = 80;

/** A name as it is kept: white space joined, invisible characters removed, cut; `fallback` where nothing is left. */
export function cleanName(name: string, fallback: string): string {
  return cleanText(name.replace(/\s+/g, ' ').trim(), LONGEST_NAME).trim() || fallback;
}
