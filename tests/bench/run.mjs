/** `npm run bench -- [options]`: installs the other libraries where they are missing, and measures; see README.md. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';
import { simdPlugin } from '../../src/build/simd.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Whether what is installed is what the lock file names. */
function installed() {
  const at = `${folder}/node_modules/.package-lock.json`;
  if (!existsSync(at)) return false;
  const versions = (file) =>
    Object.entries(JSON.parse(readFileSync(file, 'utf8')).packages)
      .filter(([path]) => path !== '')
      .map(([path, { version }]) => `${path} ${version}`)
      .sort()
      .join();
  return versions(at) === versions(`${folder}/package-lock.json`);
}

if (!installed()) {
  console.error('Installing the libraries that are measured beside Inkling (about 250 MB)');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder], {
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
}

const { module } = await runnerImport(`${folder}/main.ts`, {
  configFile: false,
  logLevel: 'error',
  plugins: [simdPlugin()],
});
try {
  await module.run(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
