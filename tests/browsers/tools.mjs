/** What the checks in other browsers share: programs found or installed, processes started and ended, conditions waited for. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
/** Git ignores it; `npm ci` empties it. */
const cache = join(root, 'node_modules', '.cache', 'inkling-browsers');
const INSTALL_LIMIT_MS = 5 * 60_000;

/** Why a check cannot be run on this machine: no failure, unless none can. */
export class NotInstalled extends Error {}

const isFile = (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/**
 * The program that the environment variable names, else the first of `names` in PATH, else the first of `paths` that is there.
 * Null where there is none. Throws where the variable names no file.
 */
export function findProgram(variable, names, paths = []) {
  const given = process.env[variable];
  if (given) {
    if (!isFile(given)) throw new Error(`${variable}: no such file: ${given}`);
    return given;
  }
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const inPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...inPath, ...paths].find(isFile) ?? null;
}

/**
 * The manifest of Mesa's software driver for Vulkan (lavapipe), or null: Firefox and wgpu need a driver, and this one is the
 * same on every machine. INKLING_VULKAN_DRIVER names another.
 */
export function findVulkanDriver() {
  const given = findProgram('INKLING_VULKAN_DRIVER', []);
  if (given) return given;
  return (
    ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d']
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
      .find((path) => /lvp_icd.*\.json$/.test(path)) ?? null
  );
}

/**
 * The folder of an npm package that is too large for every `npm ci`: installed at its first use, in this version, without
 * running its scripts. Throws `NotInstalled` where that fails: without a network, say.
 */
export async function packageFolder(name, version) {
  const home = join(cache, `${name}-${version}`);
  const folder = join(home, 'node_modules', name);
  if (existsSync(folder)) return folder;
  console.log(`Installing ${name} ${version} for these checks`);
  // Installed aside and moved into place: an installation that breaks off leaves nothing that looks whole.
  const aside = join(cache, `installing-${process.pid}`);
  mkdirSync(aside, { recursive: true });
  const npm = start(
    process.platform === 'win32' ? 'npm.cmd' : 'npm',
    [
      ...['install', '--prefix', aside, '--ignore-scripts', '--no-audit', '--no-fund', '--no-save'],
      ...['--loglevel=error', `${name}@${version}`],
    ],
    { output: 'inherit' },
  );
  const code = await Promise.race([npm.ended, pause(INSTALL_LIMIT_MS, null, { ref: false })]);
  if (code !== 0) {
    await npm.stop();
    rmSync(aside, { recursive: true, force: true });
    throw new NotInstalled(`${name} ${version} could not be installed`);
  }
  rmSync(home, { recursive: true, force: true });
  renameSync(aside, home);
  return folder;
}

/** A program of its own process group: `stop` ends it with all that it started. `ended` resolves with its exit code. */
export function start(command, args, { env = {}, output = 'ignore', descriptor = null } = {}) {
  const stdio = ['ignore', output, output];
  if (descriptor) stdio.push(descriptor);
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio,
    detached: process.platform !== 'win32',
  });
  const ended = new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(-1);
    });
    child.on('exit', (code) => resolve(code ?? -1));
  });
  const signal = (name) => {
    try {
      if (process.platform === 'win32') child.kill(name);
      else process.kill(-child.pid, name);
    } catch {
      // It has ended already.
    }
  };
  const stop = async () => {
    if (child.pid === undefined) return;
    signal('SIGTERM');
    if ((await Promise.race([ended, pause(5000, null, { ref: false })])) === null) signal('SIGKILL');
    await ended;
  };
  return { child, ended, stop };
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, 'localhost', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** The built app on a free port of its own. */
export async function startPreview() {
  const port = await freePort();
  const address = `http://localhost:${port}/`;
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const server = start(process.execPath, [vite, 'preview', '--port', String(port), '--strictPort']);
  try {
    await until('the preview answers', () => answers(address), 30_000);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { address, stop: server.stop };
}

export async function answers(address) {
  try {
    return (await fetch(address)).ok;
  } catch {
    return false;
  }
}

/** The first truthy value that `look` comes to. Throws, with the last one, where there is none in time. */
export async function until(what, look, limit = 60_000) {
  const begun = performance.now();
  for (;;) {
    const value = await look();
    if (value) return value;
    if (performance.now() - begun > limit)
      throw new Error(`${what}: not within ${limit / 1000} s (last seen: ${JSON.stringify(value)})`);
    await pause(100);
  }
}
