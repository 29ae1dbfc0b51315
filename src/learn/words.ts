import { english, type Words } from './words.en.ts';

/** Tables of interface words by language. */
const tables: Readonly<Record<string, Words | undefined>> = { en: english };

/** None where figures are imported outside a browser, as by tests. */
const languages = typeof navigator === 'undefined' ? [] : navigator.languages;

/** In the first of the visitor's languages that there is, or else in English. */
export const words: Words =
  languages.map((tag) => tables[tag.split('-')[0]]).find((table) => table !== undefined) ?? english;
