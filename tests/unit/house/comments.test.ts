import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { commentsOf, missingPaths } from './comments.ts';
import { readSources, type Sources } from './imports.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (folder: string): Sources =>
  readSources(root, folder, ['.ts', '.svelte', '.wgsl', '.mjs', '.md', '.css', '.html']);
const sources = new Map([...read('src'), ...read('shaders'), ...read('tests')]);
const files = [...sources.keys(), ...read('docs').keys()];
/** The toy family, which is copied into src/models/column and shaders/column before it runs; and the planted name below. */
const EXEMPT = /^tests\/unit\/(cli\/toy\/|house\/comments\.test\.ts$)/;

it('names no file in a comment that is not there', () => {
  const checked = new Map([...sources].filter(([path]) => !EXEMPT.test(path)));
  expect(checked.size).toBeGreaterThan(300);
  expect(missingPaths(checked, files)).toEqual([]);
});

it('finds a planted name, and only in comments', () => {
  const planted = [
    `import './gone/away.ts';`,
    `/**`,
    ` * See models/gone.ts and src/models/<family>/spec.ts.`,
    ` */`,
    `const url = 'https://gone/away.ts'; // data/rng.ts`,
  ].join('\n');
  expect(commentsOf(planted)).toHaveLength(2);
  expect(missingPaths(new Map([['src/planted.ts', planted]]), ['src/data/rng.ts'])).toEqual([
    'src/planted.ts:3 names models/gone.ts',
  ]);
});
