/**
 * What a first visit downloads before it can draw, without data: at most 250 kB gzipped. That is the page, its styles, the
 * scripts that it imports statically, and the engine; panels are fetched when they are first asked for.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const LIMIT = 250_000;
const dist = fileURLToPath(new URL('../dist', import.meta.url));
const shell = new Set(['.html', '.js', '.css']);
const files = readdirSync(dist, { recursive: true, encoding: 'utf8' })
  // The service worker is fetched after the page has come to rest.
  .filter((name) => shell.has(extname(name)) && name !== 'sw.js');

/** Files named by a page's tags, or by the static imports of a script. */
function needs(name) {
  const text = readFileSync(join(dist, name), 'utf8');
  const names = name.endsWith('.html')
    ? [...text.matchAll(/(?:src|href)="([^"]+)"/g)]
    : [...text.matchAll(/(?:^|[;}])\s*(?:import|export)\s*(?:[^'"()]*?from\s*)?["']([^"']+)["']/g)];
  const wanted = new Set(names.map(([, path]) => basename(path)));
  return files.filter((file) => wanted.has(basename(file)));
}

/** src/build/room-files.ts writes them into the page's first script. */
function filesOfRoom(room) {
  const list = new RegExp(`\\b${room}['"]?:(\\[[^\\]]*\\])`).exec(
    readFileSync(join(dist, 'start-up.js'), 'utf8'),
  );
  if (!list) throw new Error(`start-up.js has no files of the room "${room}"`);
  return JSON.parse(list[1].replaceAll('`', '"'));
}

const workers = files.filter((name) => /(^|\/)worker[^/]*\.js$/.test(name));
const first = new Set([
  'index.html',
  ...workers,
  // The room of an address without one, with its styles, as src/start-up.ts fetches it.
  ...filesOfRoom('play'),
]);
for (const name of first) if (extname(name) !== '.css') for (const each of needs(name)) first.add(each);

let total = 0;
let later = 0;
for (const name of files) {
  const bytes = gzipSync(readFileSync(join(dist, name)), { level: 9 }).length;
  if (first.has(name)) total += bytes;
  else later += bytes;
  console.log(
    `${(bytes / 1000).toFixed(1).padStart(8)} kB  ${name}${first.has(name) ? '' : '  (when asked for)'}`,
  );
}
console.log(`${(later / 1000).toFixed(1).padStart(8)} kB gzipped when asked for`);
console.log(`${(total / 1000).toFixed(1).padStart(8)} kB gzipped at first, of at most ${LIMIT / 1000} kB`);
// Learn is fetched when it is opened.
const learn = [...first].filter((name) => /(^|\/)(Learn|chapters?|text)[-.]/.test(name));
if (learn.length > 0) console.log(`${learn.join(', ')}: Learn must not be part of the first load`);
// What the worker imports is asked for when it has arrived: a round trip later.
const imported = workers.flatMap(needs);
if (imported.length > 0) console.log(`${imported.join(', ')}: the worker must be one file`);
// A page that needs no script, or one file that is everything, or no room, means that this no longer understands the build.
if (total > LIMIT || first.size < 6 || learn.length > 0 || imported.length > 0) process.exit(1);
