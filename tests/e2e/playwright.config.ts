import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';
import { launchOptions } from '../browser.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { channel, ...launch } = launchOptions();
// Not the port of `npm start`: a visitor's own server must not be what is tested. `npm test` names a free one.
const port = Number(process.env.INKLING_E2E_PORT ?? 4317);

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  outputDir: `${root}/test-results/e2e`,
  // Each worker has a browser of its own: one core draws pages and compiles kernels for each.
  workers: Math.min(4, availableParallelism()),
  timeout: 120_000,
  expect: { timeout: 15_000 },
  retries: 0,
  forbidOnly: true,
  reporter: [['list'], ['json', { outputFile: `${root}/test-results/e2e.json` }]],
  use: {
    baseURL: `http://localhost:${port}/`,
    ...(channel ? { channel } : {}),
    launchOptions: launch,
    screenshot: 'only-on-failure',
    // A screencast of every test takes a quarter of its processor time; the snapshots of the document show as much.
    trace: { mode: 'retain-on-failure', screenshots: false },
  },
  webServer: {
    command: `node node_modules/vite/bin/vite.js preview --port ${port} --strictPort`,
    cwd: root,
    url: `http://localhost:${port}/`,
    reuseExistingServer: false,
    timeout: 60_000,
  },
});
