/**
 * Starts the command line. The TypeScript sources are bundled into one file first, so that hot loops run as plain
 * functions of one module; the bundle is kept until a source changes.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules', '.cache', 'inkling');

/** Changes with every source file's name, size or date. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const folder of ['src', 'shaders', 'package-lock.json']) {
    const path = join(root, folder);
    const names = statSync(path).isDirectory() ? readdirSync(path, { recursive: true }).sort() : [''];
    for (const name of names) {
      const { size, mtimeMs } = statSync(join(path, name));
      hash.update(`${folder}/${name} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

async function bundle(file) {
  const { build } = await import('vite');
  // Built aside and moved into place: another run may be starting at the same moment.
  const aside = join(cache, `building-${process.pid}`);
  mkdirSync(cache, { recursive: true });
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    build: {
      ssr: 'src/cli/main.ts',
      outDir: aside,
      target: 'node20',
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'cli.mjs', codeSplitting: false } },
    },
  });
  for (const old of readdirSync(cache).filter((name) => name.startsWith('cli-'))) {
    // Another run may have removed it meanwhile.
    const written = statSync(join(cache, old), { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (Date.now() - written > 3_600_000) rmSync(join(cache, old), { force: true });
  }
  renameSync(join(aside, 'cli.mjs'), file);
  rmSync(aside, { recursive: true, force: true });
}

// npm changes to the package's folder; the files named are the caller's.
if (process.env.npm_lifecycle_event === 'cli' && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);

const file = join(cache, `cli-${fingerprint()}.mjs`);
if (!existsSync(file)) await bundle(file);
const { main } = await import(pathToFileURL(file).href);
process.exitCode = await main(process.argv.slice(2));
