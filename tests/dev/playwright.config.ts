import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';
import { launchOptions } from '../browser.mjs';

const { channel, ...launch } = launchOptions();

/** Tests of `npm run dev`, which `npm test` leaves out: they start a development server of a copy of the sources. */
export default defineConfig({
  testDir: '.',
  outputDir: fileURLToPath(new URL('../../test-results/dev', import.meta.url)),
  workers: 1,
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: 'list',
  use: { ...(channel ? { channel } : {}), launchOptions: launch },
});
