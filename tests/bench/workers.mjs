/**
 * `node tests/bench/workers.mjs [family ...]`: see workers.ts. Bundled into one file, because a worker of Node starts from a file.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';
import { simdPlugin } from '../../src/build/simd.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(root, 'node_modules', 'inkling-workers-'));
try {
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    plugins: [simdPlugin()],
    build: {
      ssr: 'tests/bench/workers.ts',
      outDir: folder,
      target: 'node20',
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'workers.mjs', codeSplitting: false } },
    },
  });
  const { run } = await import(pathToFileURL(join(folder, 'workers.mjs')).href);
  await run(process.argv.slice(2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
