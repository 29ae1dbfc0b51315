import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CHAPTER_SLUGS } from '../../../src/app/learn/chapter-slugs.ts';
import { QUESTIONS } from '../../../src/app/questions/list.ts';
import { chaptersIn } from '../../../src/learn/catalogue.ts';
import { families } from '../../../src/models/registry.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const components = readdirSync(join(root, 'src/ui'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.svelte'),
);

describe('links to chapters', () => {
  it('know the folders of the chapters', () => {
    expect(CHAPTER_SLUGS).toEqual(chaptersIn(['en']).map(({ slug }) => slug));
  });

  it.each(families.map(({ id, chapter }) => [id, chapter]))(
    'lead from the card of %s to one that exists',
    (_, chapter) => {
      expect(CHAPTER_SLUGS).toContain(chapter);
    },
  );

  it('stand in every question', () => {
    for (const { id, chapter } of QUESTIONS) expect(CHAPTER_SLUGS, id).toContain(chapter);
  });

  it.each(['pad', 'compare', 'samples', 'training', 'questions'])(
    'stand in the part %s of Play, by themselves or in the bubble of a term',
    (part) => {
      const linking = components.filter(
        (name) =>
          name.startsWith(`${part}/`) &&
          /<(LearnLink|Term)\s[^>]*\bchapter=/.test(readFileSync(join(root, 'src/ui', name), 'utf8')),
      );
      expect(linking).not.toEqual([]);
    },
  );
});
