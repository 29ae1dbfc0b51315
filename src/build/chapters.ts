import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile } from 'svelte/compiler';
import type { Plugin } from 'vite';
import { readChapterText, readGlossary } from './chapter-text.ts';

const CHAPTER = /\/src\/learn\/\d\d-[\w-]+\/text\.[\w-]+\.md$/;
const GLOSSARY = fileURLToPath(new URL('../../docs/glossary.md', import.meta.url));

/**
 * A chapter's text as modules: `text.en.md` is a component with the chapter's view as its prop `c`, `text.en.md?head` its
 * title, question and minutes, and docs/glossary.md the terms with their meanings.
 */
export function chaptersPlugin(): Plugin {
  return {
    name: 'inkling-chapters',
    enforce: 'pre',
    load(id) {
      const [path, query = ''] = id.split('?');
      if (path !== GLOSSARY && !CHAPTER.test(path)) return null;
      this.addWatchFile(path);
      const glossary = readGlossary(readFileSync(GLOSSARY, 'utf8'));
      if (path === GLOSSARY) return `export default ${JSON.stringify(glossary)}`;
      this.addWatchFile(GLOSSARY);
      const text = readChapterText(readFileSync(path, 'utf8'), path, new Set(Object.keys(glossary)));
      if (/\bhead\b/.test(query)) return `export default ${JSON.stringify(text.head)}`;
      return compile(text.source, {
        filename: path,
        generate: 'client',
        runes: true,
        warningFilter: () => false,
      }).js.code;
    },
  };
}
