import type { Component } from 'svelte';
import { fail, ok, type Result } from '../data/result.ts';
import { words } from './words.ts';
import type { Exercise } from './exercises/exercise.ts';
import type { ChapterHead } from './head.ts';
import type { Chapter, ChapterView } from './contract.ts';
import type { Labels } from './labels.ts';

/** The text of a chapter as a component. */
export type ChapterBody = Component<{ c: ChapterView }>;

const heads = import.meta.glob<ChapterHead>('./*/text.*.md', {
  query: '?head',
  import: 'default',
  eager: true,
});
const texts = import.meta.glob<{ default: ChapterBody; labels: Labels }>('./*/text.*.md');
const codes = import.meta.glob<Chapter>('./*/chapter.ts', { import: 'chapter' });
const exercises = import.meta.glob<Readonly<Record<string, Exercise>>>('./*/exercises.ts', {
  import: 'exercises',
});

/** A chapter in the contents. */
export interface Entry extends ChapterHead {
  /** The folder's name without its number: the chapter's address. */
  readonly slug: string;
  readonly number: number;
  /** Language of the text. */
  readonly language: string;
}

/** All chapters in their order, each in the first of `languages` that it has, or else in English. */
export function chaptersIn(languages: readonly string[]): readonly Entry[] {
  const folders = [...new Set(Object.keys(heads).map((path) => path.split('/')[1]))].sort();
  return folders.map((folder) => {
    const language =
      languages.map((tag) => tag.split('-')[0]).find((tag) => `./${folder}/text.${tag}.md` in heads) ?? 'en';
    const head = heads[`./${folder}/text.${language}.md`];
    return { ...head, slug: folder.slice(3), number: Number(folder.slice(0, 2)), language };
  });
}

/** A chapter's code and text. */
export async function loadChapter({
  slug,
  number,
  language,
}: Entry): Promise<Result<{ chapter: Chapter; body: ChapterBody; labels: Labels }>> {
  const folder = `./${String(number).padStart(2, '0')}-${slug}`;
  try {
    const [chapter, { default: body, labels }] = await Promise.all([
      codes[`${folder}/chapter.ts`](),
      texts[`${folder}/text.${language}.md`](),
    ]);
    return ok({ chapter, body, labels });
  } catch (error) {
    reportError(error);
    return fail(words.notFetched);
  }
}

/** The exercises of all chapters by "chapter/exercise". */
export async function allExercises(): Promise<Readonly<Record<string, Exercise>>> {
  const lists = await Promise.all(
    Object.entries(exercises).map(async ([path, load]) => {
      const slug = path.split('/')[1].slice(3);
      return Object.entries(await load()).map(([id, exercise]) => [`${slug}/${id}`, exercise] as const);
    }),
  );
  return Object.fromEntries(lists.flat());
}
