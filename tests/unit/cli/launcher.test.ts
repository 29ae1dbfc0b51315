import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ended } from './spawn.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'inkling-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** Its name contains characters that are special in URLs and in glob patterns. */
const checkout = join(folder, 'C# or {what?}');
const temporary = join(folder, 'temporary');

beforeAll(() => {
  mkdirSync(join(checkout, 'node_modules'), { recursive: true });
  mkdirSync(temporary);
  for (const name of ['src', 'shaders']) cpSync(join(root, name), join(checkout, name), { recursive: true });
  for (const name of ['package.json', 'package-lock.json'])
    symlinkSync(join(root, name), join(checkout, name));
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.'))
      symlinkSync(join(root, 'node_modules', name), join(checkout, 'node_modules', name));
});

function run(args: readonly string[], tmp = temporary): Promise<Ended> {
  const env = { ...process.env, TMPDIR: tmp, TEMP: tmp };
  return new Promise((resolve) => {
    const command = [join(checkout, 'src', 'cli', 'run.mjs'), ...args];
    execFile(process.execPath, command, { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}

describe('a checkout', () => {
  it('may lie in a folder of any name', async () => {
    const ended = await run(['check', '--help']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/^Usage: npm run -s cli -- check --model <FILE> \[options\]/);
    expect(readdirSync(temporary)).toEqual([]);
    const cache = readdirSync(join(checkout, 'node_modules', '.cache', 'inkling'));
    expect(cache.sort()).toEqual([
      expect.stringMatching(/^cli-[\da-f]{16}\.mjs$/),
      expect.stringMatching(/^simd-[\da-f]{16}\.json$/),
    ]);
  });

  it('that cannot be written has its bundle in a private temporary folder, built once', async () => {
    // A file in place of the folder: permissions would not stop root.
    rmSync(join(checkout, 'node_modules', '.cache'), { recursive: true, force: true });
    writeFileSync(join(checkout, 'node_modules', '.cache'), '');
    expect(await run(['check', '--help'])).toMatchObject({ code: 0, stderr: '' });
    const [cache, ...others] = readdirSync(temporary);
    expect(others).toEqual([]);
    expect(statSync(join(temporary, cache)).mode & 0o777).toBe(0o700);
    const [bundle, modules] = readdirSync(join(temporary, cache));
    expect(modules).toBe('node_modules');
    const written = statSync(join(temporary, cache, bundle)).mtimeMs;
    expect(await run(['check', '--help'])).toMatchObject({ code: 0, stderr: '' });
    expect(statSync(join(temporary, cache, bundle)).mtimeMs).toBe(written);
  });

  it('without any folder for its bundle ends with one line', async () => {
    const ended = await run(['check', '--help'], join(folder, 'nowhere'));
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/^neither .+ nor the temporary folder .+ can be written.+TMPDIR\n$/);
  });
});
