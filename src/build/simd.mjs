/**
 * Compiles src/simd/assembly to WebAssembly, once for plain SIMD and once with fused multiply-add, and offers both as the module
 * "virtual:simd": files beside the built page, text (base64) everywhere else. Plain JavaScript, because the command line's launcher needs it too.
 */
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('../simd/assembly/', import.meta.url));
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/inkling/', import.meta.url));
const ID = 'virtual:simd';
const RESOLVED = `\0${ID}`;

/** @returns {Map<string, string>} the sources by name. */
export function readSources() {
  const names = readdirSync(SOURCES).filter((name) => name.endsWith('.ts'));
  return new Map(names.sort().map((name) => [name, readFileSync(join(SOURCES, name), 'utf8')]));
}

/** One build of the sources as base64. @param {Map<string, string>} sources @param {boolean} fused */
export async function compileOne(sources, fused) {
  const { default: asc } = await import('assemblyscript/asc');
  let bytes = null;
  const { error, stderr } = await asc.main(
    [
      'index.ts',
      '--outFile=simd.wasm',
      // Nothing is allocated: the memory is the caller's.
      '--runtime=stub',
      '--importMemory',
      '--noAssert',
      '-O3',
      '--enable=simd',
      ...(fused ? ['--enable=relaxed-simd'] : []),
      // Vectors as arguments and results of functions that are not exported.
      '--disableWarning=112',
    ],
    {
      readFile: (name) => sources.get(name) ?? null,
      writeFile: (_, contents) => {
        bytes = contents;
      },
    },
  );
  if (error || bytes === null) throw new Error(`src/simd/assembly: ${stderr.toString() || error}`);
  return Buffer.from(bytes).toString('base64');
}

/** @type {Promise<{ simd: string, fused: string }> | null} */
let compiled = null;
let compiledHash = '';

/** Both builds as base64: those of the last time while no source has changed. */
export function compileSimd() {
  const sources = readSources();
  const { version } = createRequire(import.meta.url)('assemblyscript/package.json');
  const hash = createHash('sha256')
    .update(version)
    .update(readFileSync(fileURLToPath(import.meta.url)))
    .update(JSON.stringify([...sources]))
    .digest('hex')
    .slice(0, 16);
  if (!compiled || hash !== compiledHash) {
    compiledHash = hash;
    compiled = compileCached(sources, `simd-${hash}.json`);
  }
  return compiled;
}

/** @param {Map<string, string>} sources @param {string} name */
async function compileCached(sources, name) {
  try {
    return JSON.parse(readFileSync(join(CACHE, name), 'utf8'));
  } catch {
    // Not compiled yet.
  }
  const builds = { simd: await compileOne(sources, false), fused: await compileOne(sources, true) };
  try {
    mkdirSync(CACHE, { recursive: true });
    // Written in a folder of its own and moved into place, because another run may start at the same moment.
    const folder = mkdtempSync(join(CACHE, 'building-'));
    writeFileSync(join(folder, name), JSON.stringify(builds));
    for (const old of readdirSync(CACHE)) if (/^simd-/.test(old)) rmSync(join(CACHE, old), { force: true });
    renameSync(join(folder, name), join(CACHE, name));
    rmSync(folder, { recursive: true });
  } catch {
    // A checkout that cannot be written compiles every time.
  }
  return builds;
}

/** @returns {import('vite').Plugin} */
export function simdPlugin() {
  let building = false;
  return {
    name: 'inkling:simd',
    configResolved(config) {
      building = config.command === 'build';
    },
    resolveId: (id) => (id === ID ? RESOLVED : null),
    async load(id) {
      if (id !== RESOLVED) return null;
      const builds = await compileSimd();
      if (!building || this.environment.config.consumer === 'server')
        return `export const encoded = true;\nexport const files = ${JSON.stringify(builds)};`;
      const urls = Object.entries(builds).map(([name, text]) => {
        const source = Buffer.from(text, 'base64');
        const reference = this.emitFile({ type: 'asset', name: `${name}.wasm`, source });
        return `${name}: import.meta.ROLLUP_FILE_URL_${reference}`;
      });
      return `export const encoded = false;\nexport const files = { ${urls.join(', ')} };`;
    },
  };
}
