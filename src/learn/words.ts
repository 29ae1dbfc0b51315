import { english, type Words } from './words.en.ts';

/** Tables of interface words by language. */
const tables: Readonly<Record<string, Words | undefined>> = { en: english };

/** In the first of the visitor's languages that there is, or else in English. */
export const words: Words =
  navigator.languages.map((tag) => tables[tag.split('-')[0]]).find((table) => table !== undefined) ?? english;
