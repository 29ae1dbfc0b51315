/** What a first visit downloads before it can draw, without data: at most 250 kB gzipped. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const LIMIT = 250_000;
const dist = fileURLToPath(new URL('../dist', import.meta.url));
const shell = new Set(['.html', '.js', '.css']);

let total = 0;
for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  // The service worker is fetched after the page has come to rest.
  if (!shell.has(extname(name)) || name === 'sw.js') continue;
  const bytes = gzipSync(readFileSync(join(dist, name)), { level: 9 }).length;
  total += bytes;
  console.log(`${(bytes / 1000).toFixed(1).padStart(8)} kB  ${name}`);
}
console.log(`${(total / 1000).toFixed(1).padStart(8)} kB gzipped in all, of at most ${LIMIT / 1000} kB`);
if (total > LIMIT || total === 0) process.exit(1);
