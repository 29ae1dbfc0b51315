/**
 * Programs of this repository in one file each: the TypeScript sources are bundled before they run, so that hot loops run as plain
 * functions of one module; the bundle is kept until a source changes.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const HOUR_MS = 3_600_000;

/** Changes with every source file's name, size or date. */
function fingerprint(folders) {
  const hash = createHash('sha256');
  for (const folder of [...folders, 'package-lock.json']) {
    const path = join(root, folder);
    const names = statSync(path).isDirectory() ? readdirSync(path, { recursive: true }).sort() : [''];
    for (const name of names) {
      // A dangling link, such as an editor's lock file, has no stat.
      const stat = statSync(join(path, name), { throwIfNoEntry: false });
      if (stat) hash.update(`${folder}/${name} ${stat.size} ${stat.mtimeMs}\n`);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** Runs `work` and returns its result, or null where the file system does not permit it. */
function permitted(work) {
  try {
    return work();
  } catch (error) {
    if (typeof error?.syscall === 'string') return null;
    throw error;
  }
}

/** The cache inside the checkout; null where that is read-only. */
function ownCache() {
  const cache = join(root, 'node_modules', '.cache', 'inkling');
  return permitted(() => {
    mkdirSync(cache, { recursive: true });
    const probe = mkdtempSync(join(cache, 'building-'));
    rmSync(probe, { recursive: true });
    return cache;
  });
}

/** The cache for a read-only checkout: a temporary folder per user and checkout, which no other user can write. */
function temporaryCache() {
  const user = process.getuid?.() ?? 0;
  const key = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const cache = join(tmpdir(), `inkling-${user}-${key}`);
  // It may be there already.
  permitted(() => mkdirSync(cache, { mode: 0o700 }));
  return permitted(() => {
    const stat = lstatSync(cache);
    const own = !process.getuid || (stat.uid === user && (stat.mode & 0o022) === 0);
    if (!stat.isDirectory() || !own) return null;
    // Packages that are not bundled are resolved from the folder of the bundle.
    const modules = join(cache, 'node_modules');
    if (!lstatSync(modules, { throwIfNoEntry: false }))
      permitted(() => symlinkSync(join(root, 'node_modules'), modules, 'junction'));
    return cache;
  });
}

/** Characters that the bundler does not take literally in a path. */
const SPECIAL = /[#?*[\]{}()!%]/;

/** A temporary folder for links, whose path has no special characters. */
function plainFolder() {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'inkling-building-'));
  if (!SPECIAL.test(folder)) return folder;
  rmSync(folder, { recursive: true });
  throw new Refusal(
    `${root}: the bundler cannot read a path with one of # ? * [ ] { } ( ) ! %, and neither is the temporary folder ${tmpdir()} free of them: move the checkout`,
  );
}

/** Bundles what `entry` imports into `file`, which lies in `cache`. */
async function bundle({ name, entry, packages }, cache, file) {
  const { build } = await import('vite');
  const { simdPlugin } = await import('../build/simd.mjs');
  // Built in a temporary folder and moved into place, because another run may start at the same moment.
  const outDir = mkdtempSync(join(cache, 'building-'));
  const link = SPECIAL.test(outDir + root) ? plainFolder() : null;
  try {
    const linked = (as, target) => {
      if (!link) return target;
      symlinkSync(target, join(link, as), 'junction');
      return join(link, as);
    };
    await build({
      root: linked('checkout', root),
      configFile: false,
      publicDir: false,
      logLevel: 'error',
      plugins: [simdPlugin()],
      resolve: { preserveSymlinks: link !== null },
      ...(packages && { ssr: { noExternal: true, external: [...packages] } }),
      build: {
        ssr: entry,
        outDir: linked('bundle', outDir),
        target: 'node20',
        minify: false,
        rolldownOptions: { output: { entryFileNames: `${name}.mjs`, codeSplitting: false } },
      },
    });
    removeOld(name, cache);
    renameSync(join(outDir, `${name}.mjs`), file);
  } finally {
    for (const folder of [outDir, link]) if (folder) rmSync(folder, { recursive: true, force: true });
  }
}

/** Removes bundles of older sources and the leftovers of killed builds. */
function removeOld(name, cache) {
  const mine = (old) => old.startsWith(`${name}-`) || old.startsWith('building-');
  for (const old of readdirSync(cache).filter(mine)) {
    // Another run may have removed it meanwhile.
    const written = statSync(join(cache, old), { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (Date.now() - written > HOUR_MS) rmSync(join(cache, old), { recursive: true, force: true });
  }
}

/**
 * The path of the bundle of the current sources, built where needed; throws a Refusal where it cannot be stored.
 * @param {{ name: string, entry: string, folders: readonly string[], packages?: readonly string[] }} what its name in the cache, the source
 * that it starts with, the folders from which that imports, and the only packages that it finds in node_modules when it runs: without them
 * no package is bundled
 */
export async function currentBundle(what) {
  const name = `${what.name}-${fingerprint(what.folders)}.mjs`;
  const cached = join(root, 'node_modules', '.cache', 'inkling', name);
  if (existsSync(cached)) return cached;
  const cache = ownCache() ?? temporaryCache();
  if (!cache)
    throw new Refusal(
      `neither ${join(root, 'node_modules')} nor the temporary folder ${tmpdir()} can be written, and the sources are bundled before they run: name a folder of yours in TMPDIR`,
    );
  const file = join(cache, name);
  if (existsSync(file)) return file;
  if (!existsSync(join(root, 'node_modules', 'vite')))
    throw new Refusal(`${join(root, 'node_modules')}: the packages are not installed: run npm ci in ${root}`);
  await bundle(what, cache, file);
  return file;
}

/** A problem that the user can fix, in one sentence. */
export class Refusal extends Error {}
