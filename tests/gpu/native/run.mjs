/** `npm run gpu`: the bundle of main.ts, run here, or put into a folder of its own by --bundle. */
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { currentBundle, Refusal } from '../../../src/cli/bundled.mjs';

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
  const { main } = await import(pathToFileURL(await currentBundle(GPU)).href);
  process.exitCode = await main(process.argv.slice(2), root);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`${error.message.replace(/\p{Cc}/gu, '?')}\n`);
  process.exitCode = 1;
}
