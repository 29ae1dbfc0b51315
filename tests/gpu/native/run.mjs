/** `npm run gpu`: the bundle of main.ts, run here, or put into a folder of its own by --bundle. */
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { currentBundle, Refusal } from '../../../src/cli/bundled.mjs';
import { pack, readPackOptions } from './pack.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const GPU = {
  name: 'gpu',
  entry: 'tests/gpu/native/main.ts',
  folders: ['src', 'shaders', 'tests/gpu'],
  packages: ['webgpu'],
};

// npm changes the working directory to the package; paths are relative to that of the caller.
if (process.env.npm_lifecycle_event === 'gpu' && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);

try {
  const args = process.argv.slice(2);
  const bundle = await currentBundle(GPU);
  const packing = readPackOptions(args);
  if (packing) {
    const bytes = pack(packing, root, bundle, Refusal);
    process.stdout.write(`${packing.folder}: ${(bytes / 2 ** 20).toFixed(1)} MiB\n`);
  } else {
    const { main } = await import(pathToFileURL(bundle).href);
    process.exitCode = await main(args, root);
  }
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`${error.message.replace(/\p{Cc}/gu, '?')}\n`);
  process.exitCode = 1;
}
