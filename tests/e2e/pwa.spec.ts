import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { launchOptions } from '../browser.mjs';
import { expect, firstVisit, test } from './visitor.ts';

test('is installable by the criteria of Chromium', async ({ baseURL }) => {
  // A page in an incognito context is never installable, so this one has a profile of its own.
  const profile = mkdtempSync(join(tmpdir(), 'inkling-'));
  const context = await chromium.launchPersistentContext(profile, {
    ...launchOptions(),
    ...(baseURL ? { baseURL } : {}),
  });
  try {
    const page = await context.newPage();
    await firstVisit(page);
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    const session = await context.newCDPSession(page);
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    expect(installabilityErrors).toEqual([]);
    const { errors, data } = await session.send('Page.getAppManifest');
    expect(errors).toEqual([]);
    const manifest = JSON.parse(data!) as { id: string; icons: unknown[]; screenshots: unknown[] };
    expect(manifest.id).toBeTruthy();
    expect(manifest.icons.length).toBeGreaterThanOrEqual(3);
    expect(manifest.screenshots.length).toBeGreaterThanOrEqual(2);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
});
