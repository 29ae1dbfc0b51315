/** Starts the command line: the bundle of its sources. */
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { currentBundle, Refusal } from './bundled.mjs';

const CLI = { name: 'cli', entry: 'src/cli/main.ts', folders: ['src', 'shaders'] };

// npm changes the working directory to the package; paths are relative to that of the caller.
if (process.env.npm_lifecycle_event === 'cli' && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);

try {
  const { main } = await import(pathToFileURL(await currentBundle(CLI)).href);
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`${error.message.replace(/\p{Cc}/gu, '?')}\n`);
  process.exitCode = 1;
}
