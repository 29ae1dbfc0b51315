/**
 * `npm run graph [-- FOLDER]`: how the rooms of this checkout, or of the one in FOLDER, import from each other. A room is a file or
 * folder that lies directly in the part named. Arrows on a circle point upward in any order of the rooms: there should be none.
 */
import { resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
const load = async (name) => {
  const path = fileURLToPath(new URL(`unit/house/${name}.ts`, import.meta.url));
  return (await runnerImport(path, { configFile: false, logLevel: 'error' })).module;
};
const { readSources } = await load('imports');
const { graphOf } = await load('graph');
const sources = readSources(root, 'src', ['.ts', '.svelte']);
for (const part of ['src', 'src/engine', 'src/app', 'src/ui', 'src/models', 'src/cli']) {
  const { rooms, arrows, circular } = graphOf(sources, part);
  const imports = arrows.reduce((sum, arrow) => sum + arrow.imports, 0);
  console.log(
    `${part}: ${rooms.length} rooms, ${arrows.length} arrows (${imports} imports), ${circular.length} on circles`,
  );
  for (const { from, to, imports: count } of circular) console.log(`  ${from} -> ${to} (${count})`);
}
