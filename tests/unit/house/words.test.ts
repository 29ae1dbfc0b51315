import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readSources } from './imports.ts';
import { bannedWords } from './words.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** The lists of the words themselves. */
const EXEMPT = /^tests\/unit\/house\/words(\.test)?\.ts$/;

it('speaks in the words of the field, in comments, test titles and identifiers', () => {
  const sources = ['src', 'shaders', 'tests'].flatMap((folder) => [
    ...readSources(root, folder, ['.ts', '.svelte', '.wgsl', '.mjs']),
  ]);
  expect(sources.length).toBeGreaterThan(300);
  expect(bannedWords(new Map(sources.filter(([path]) => !EXEMPT.test(path))))).toEqual([]);
});

it.each([
  ['src/planted.ts', `// Whoever asks.\nconst a = 1;`, 'src/planted.ts:1 whoever'],
  ['src/planted.ts', `/**\n * A desk.\n */`, 'src/planted.ts:2 desk'],
  ['src/planted.ts', `export const a = 1;\nexport const theChairOf = a;`, 'src/planted.ts:2 chair'],
  ['src/planted.ts', `const LESSON_SIZE = 1;`, 'src/planted.ts:1 lesson'],
  ['src/P.svelte', `<p>x</p>\n<script>\n  let seats = 1;\n</script>`, 'src/P.svelte:3 seats'],
  ['shaders/planted.wgsl', `fn oddity() {}`, 'shaders/planted.wgsl:1 oddity'],
  ['tests/planted.test.ts', `it('goes its own way', () => {});`, 'tests/planted.test.ts:1 goes its own way'],
])('finds a planted word in %s: %j', (path, text, found) => {
  expect(bannedWords(new Map([[path, text]]))).toEqual([found]);
});

it('leaves strings, other words and lanes of a GPU alone', () => {
  const text = `const key = 'desk'; // The desktop. Its lane`;
  expect(bannedWords(new Map([['src/models/planted.ts', text]]))).toEqual([]);
});
