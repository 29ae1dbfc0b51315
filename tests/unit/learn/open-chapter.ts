import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readChapterText, readGlossary } from '../../../src/build/chapter-text.ts';
import type { ChapterTools } from '../../../src/app/learn/chapter-tools.ts';
import type { Chapter, ChapterView } from '../../../src/learn/contract.ts';
import type { ChapterLabels } from '../../../src/learn/labels.ts';
import { Progress } from '../../../src/learn/state/progress.svelte.ts';

const codes = import.meta.glob<Chapter>('../../../src/learn/*/chapter.ts', { import: 'chapter' });

const root = fileURLToPath(new URL('../../..', import.meta.url));
const terms = new Set(Object.keys(readGlossary(readFileSync(`${root}/docs/glossary.md`, 'utf8'))));

/** The words of a chapter's figures in English. */
export function labelsOfChapter(slug: string): ChapterLabels {
  const path = Object.keys(codes).find((each) => each.endsWith(`-${slug}/chapter.ts`));
  if (!path) throw new Error(`there is no chapter "${slug}"`);
  const text = fileURLToPath(new URL(path.replace('chapter.ts', 'text.en.md'), import.meta.url));
  return { labels: readChapterText(readFileSync(text, 'utf8'), text, terms).names.labels, language: 'en' };
}

/** Tools of which nothing may be used: a chapter's state begins no work before a figure of it is on the page. */
const unused = new Proxy(
  {},
  {
    get(_, name) {
      throw new Error(`the state of a chapter used tools.${String(name)} before a figure asked for it`);
    },
  },
) as ChapterTools;

/** A chapter without its text and figures, as it is opened by a link with `query`. */
export async function openChapter(
  slug: string,
  query = '',
): Promise<{
  chapter: Chapter;
  view: ChapterView;
  goals: readonly string[];
  predictions: readonly string[];
}> {
  const path = Object.keys(codes).find((each) => each.endsWith(`-${slug}/chapter.ts`));
  if (!path) throw new Error(`there is no chapter "${slug}"`);
  const chapter = await codes[path]();
  const view = chapter.open(slug, query, labelsOfChapter(slug), unused, new Progress());
  return { chapter, view, goals: chapter.goals, predictions: chapter.predictions };
}
