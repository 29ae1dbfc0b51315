/**
 * Finds the Chromium that every browser test and the bench run in, and installs one where there is none.
 * Order: INKLING_CHROMIUM, Playwright's own, the system's, then an installation. As a command
 * (`node tests/browser.mjs`) it prints the path.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';

/** An installation that makes no progress must not eat the whole test run. */
const DOWNLOAD_LIMIT_MS = 4 * 60_000;
const APT_LIMIT_MS = 6 * 60_000;

const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const SYSTEM_PATHS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

const QUIET = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Flags that give WebGPU without a GPU: SwiftShader for Vulkan. Pages are drawn without it, because painting frames through a
 * software GPU took a fifth of the processor time of all visits. The variable INKLING_GPU=native leaves the machine's own driver
 * in charge.
 */
function gpuFlags() {
  if (process.platform !== 'linux') return ['--enable-unsafe-webgpu'];
  const backend =
    process.env.INKLING_GPU === 'native'
      ? ['--use-angle=vulkan', '--ignore-gpu-blocklist']
      : ['--use-vulkan=swiftshader', '--use-angle=swiftshader', '--disable-gpu-compositing'];
  return ['--enable-unsafe-webgpu', '--enable-features=Vulkan', ...backend];
}

export const flags = [
  // Root has no sandbox to drop into; elsewhere the sandbox stays.
  ...(process.getuid?.() === 0 || process.env.CI ? ['--no-sandbox'] : []),
  ...gpuFlags(),
  ...QUIET,
];

function playwrightsOwn() {
  try {
    const path = chromium.executablePath();
    return path && existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

function systems() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const inPath = SYSTEM_NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...inPath, ...SYSTEM_PATHS].find((path) => existsSync(path) && statSync(path).isFile()) ?? null;
}

/**
 * The browser at hand, or null. `channel` is set for Playwright's own: its default is the headless shell,
 * which has no WebGPU. Throws where INKLING_CHROMIUM names no file.
 */
export function findBrowser() {
  const given = process.env.INKLING_CHROMIUM;
  if (given) {
    if (!existsSync(given)) throw new Error(`INKLING_CHROMIUM: no such file: ${given}`);
    return { path: given, source: 'INKLING_CHROMIUM' };
  }
  const own = playwrightsOwn();
  if (own) return { path: own, source: 'Playwright', channel: 'chromium' };
  const system = systems();
  return system ? { path: system, source: 'system' } : null;
}

/** What Playwright's `launch` needs; for Playwright's own browser where none is found, so that it says so. */
export function launchOptions() {
  const browser = findBrowser();
  if (!browser || browser.channel) return { channel: 'chromium', args: flags };
  return { executablePath: browser.path, args: flags };
}

/** Runs a command with its own process group, so that a time-out ends its children too. */
function attempt(command, args, limit, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
      detached: process.platform !== 'win32',
    });
    const timer = setTimeout(() => {
      console.error(`${command} ${args.join(' ')}: no end after ${limit / 1000} s, given up`);
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        child.kill('SIGKILL');
      }
    }, limit);
    const end = (good) => {
      clearTimeout(timer);
      resolve(good);
    };
    child.on('error', () => end(false));
    child.on('exit', (code) => end(code === 0));
  });
}

function hasCommand(name) {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function install() {
  const isRoot = process.getuid?.() === 0;
  const playwright = fileURLToPath(new URL('../node_modules/playwright/cli.js', import.meta.url));
  console.error("No Chromium found: installing Playwright's");
  // The browser first, its libraries after: the download is what fails where there is no internet.
  const downloaded = await attempt(
    process.execPath,
    [playwright, 'install', '--no-shell', 'chromium'],
    DOWNLOAD_LIMIT_MS,
    { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '15000' },
  );
  if (downloaded && (!isRoot || process.platform !== 'linux')) return;
  if (downloaded) {
    await attempt(process.execPath, [playwright, 'install-deps', 'chromium'], APT_LIMIT_MS);
    return;
  }
  if (isRoot && hasCommand('apt-get')) {
    console.error("That did not work: installing Debian's package chromium");
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const quick = ['-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::Retries=1'];
    await attempt('apt-get', [...quick, 'update', '-qq'], APT_LIMIT_MS, env);
    await attempt(
      'apt-get',
      [...quick, 'install', '-y', '-qq', '--no-install-recommends', 'chromium'],
      APT_LIMIT_MS,
      env,
    );
  }
}

/** The browser at hand, installed where there was none. Throws with what to do where that fails too. */
export async function ensureBrowser() {
  if (!findBrowser()) await install();
  const browser = findBrowser();
  if (!browser) {
    throw new Error(
      'No Chromium: install one (npx playwright install --with-deps chromium) or name one in INKLING_CHROMIUM',
    );
  }
  return browser;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const browser = await ensureBrowser();
  console.log(`${browser.path} (${browser.source})`);
}
