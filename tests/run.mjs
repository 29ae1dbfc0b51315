/**
 * What `npm test` runs: a browser is found or installed, then every check. A failure stops nothing that can still say
 * something. The last line adds up the tests of all suites.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ensureBrowser } from './browser.mjs';
import { failuresIn } from './failures.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const results = join(root, 'test-results');
/** A step that hangs must not hide the others. */
const LIMIT_MS = 20 * 60_000;

const script = (path) => join(root, 'node_modules', path);
const vitest = (name, ...projects) => [
  script('vitest/vitest.mjs'),
  'run',
  '--config',
  'tests/vitest.config.ts',
  ...projects.flatMap((project) => ['--project', project]),
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${join(results, `${name}.json`)}`,
];

/**
 * Groups run one after the other, the sequences of a group side by side. A software adapter compiles kernels on one core and a
 * linter uses one: two sequences of those keep two cores busy. Unit tests and visits use two cores by themselves. `report` names the file that
 * a step's tests are counted from; `needs` a step without which it is pointless.
 */
const groups = [
  [
    [
      {
        name: 'gpu-kernels',
        args: vitest('gpu-kernels', 'gpu-kernels'),
        report: 'gpu-kernels.json',
        needs: 'browser',
      },
      { name: 'build', args: [script('vite/bin/vite.js'), 'build'] },
      { name: 'size', args: ['tests/size.mjs'], needs: 'build' },
      { name: 'prettier', args: [script('prettier/bin/prettier.cjs'), '--check', '.'] },
      {
        name: 'svelte-check',
        args: [script('svelte-check/bin/svelte-check'), '--tsconfig', 'tsconfig.json', '--fail-on-warnings'],
      },
    ],
    [
      {
        name: 'gpu-engine',
        args: vitest('gpu-engine', 'gpu-engine'),
        report: 'gpu-engine.json',
        needs: 'browser',
      },
      { name: 'eslint', args: [script('eslint/bin/eslint.js'), '.'] },
      { name: 'tsc', args: [script('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.json'] },
    ],
  ],
  [[{ name: 'unit', args: vitest('unit', 'quick', 'quick-alone', 'slow'), report: 'unit.json' }]],
  [
    [
      {
        name: 'e2e',
        args: [script('@playwright/test/cli.js'), 'test', '--config', 'tests/e2e/playwright.config.ts'],
        report: 'e2e.json',
        needs: 'build',
      },
    ],
  ],
];

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, 'localhost', () => {
      const { port } = server.address();
      server.close(() => resolve(String(port)));
    });
  });
}

/** `name` stands before every line of the step's output, so that sequences side by side can be told apart. */
function run(name, args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => console.log(`${name.padEnd(12)} ${line}`));
    const timer = setTimeout(() => {
      console.error(`${name}: no end after ${LIMIT_MS / 60_000} minutes, given up`);
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
    }, LIMIT_MS);
    const end = (good) => {
      clearTimeout(timer);
      resolve(good);
    };
    child.on('error', () => end(false));
    child.on('close', (code) => end(code === 0));
  });
}

/** Tests passed and failed, and what failed, by a runner's own report; null where it wrote none. */
function count(report) {
  const path = join(results, report);
  if (!existsSync(path)) return null;
  const json = JSON.parse(readFileSync(path, 'utf8'));
  const failures = failuresIn(json);
  return json.stats
    ? { passed: json.stats.expected + json.stats.flaky, failed: json.stats.unexpected, failures }
    : { passed: json.numPassedTests, failed: json.numFailedTests, failures };
}

const started = Date.now();
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

process.env.INKLING_E2E_PORT ??= await freePort();
const good = new Map();
try {
  const browser = await ensureBrowser();
  console.log(`Browser: ${browser.path} (${browser.source})`);
  good.set('browser', true);
} catch (error) {
  console.error(error.message);
  good.set('browser', false);
}

const lines = [];
/** Repeated at the end, because the last lines of a log are read first. */
const failures = [];
let passed = 0;
let failed = good.get('browser') ? 0 : 1;

async function check({ name, args, report, needs }) {
  const begun = Date.now();
  const possible = needs === undefined || good.get(needs) === true;
  if (!possible) console.error(`${name}: ${needs} failed, so it is not run`);
  const ended = possible && (await run(name, args));
  const tests = report ? count(report) : null;
  // A suite that ran no test has shown nothing.
  const ran = !report || (tests !== null && tests.passed > 0);
  good.set(name, ended && ran);
  if (tests) {
    passed += tests.passed;
    failed += tests.failed;
    failures.push(...tests.failures);
  }
  // A step that breaks without a failing test (a lint error, a crash) counts as one failure.
  if (!good.get(name) && !tests?.failed) failed++;
  const seconds = ((Date.now() - begun) / 1000).toFixed(1);
  const detail = tests ? `${tests.passed} passed, ${tests.failed} failed` : '';
  lines.push(
    `${good.get(name) ? 'ok  ' : 'FAIL'} ${name.padEnd(13)} ${seconds.padStart(6)} s  ${detail}`.trimEnd(),
  );
}

for (const sequences of groups) {
  await Promise.all(
    sequences.map(async (steps) => {
      for (const step of steps) await check(step);
    }),
  );
}

if (failures.length > 0) console.log(`\nFailed:\n\n${failures.join('\n\n')}`);
console.log(`\n${lines.join('\n')}\n${((Date.now() - started) / 60_000).toFixed(1)} minutes`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
