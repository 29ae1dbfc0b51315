import { readFile } from 'node:fs/promises';
import type { Browser, Download, Page } from '@playwright/test';
import { readZip } from '../../src/data/zip.ts';
import { expect, play, prepareTraining, stroke, test } from './visitor.ts';

/** The files of a backup by name. */
async function filesOf(download: Download): Promise<Record<string, string>> {
  const bytes = Uint8Array.from(await readFile(await download.path()));
  const read = readZip(bytes, 'backup', { entries: 9, entryBytes: 2 ** 28, bytes: 2 ** 28 });
  if (!read.ok) throw new Error(read.reason);
  return Object.fromEntries(
    read.value.map(({ name, bytes: content }) => [name, Buffer.from(content).toString('base64')]),
  );
}

async function backUp(page: Page): Promise<Download> {
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Back up everything' }).click();
  const download = await downloading;
  await expect(page.getByTestId('backup-status')).toContainText(download.suggestedFilename());
  return download;
}

/** Keeps the drawing as this digit. */
async function keep(page: Page, digit: number): Promise<void> {
  await page.getByRole('button', { name: 'Save as', exact: true }).click();
  await page.getByRole('button', { name: `Save as ${digit}` }).click();
  await expect(page.getByTestId('pad-said')).toContainText('1 in all');
}

/** Draws, keeps the drawing and trains a model for a moment. */
async function makeSomething(page: Page): Promise<void> {
  await play(page);
  await stroke(page, [
    [9, 9],
    [19, 19],
  ]);
  await keep(page, 7);
  await prepareTraining(page, { family: 'nade', data: /^Starter/, epochs: 1 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 60_000 });
  // The drawing is stored half a second after the last stroke.
  await page.goto('#/lab');
  await expect(page.getByTestId('model')).toHaveCount(1);
}

/** A browser in which nothing is stored. */
async function wipedBrowser(browser: Browser): Promise<Page> {
  const context = await browser.newContext();
  return await context.newPage();
}

test('a wiped browser is restored from its backup, and its own backup holds the same', async ({
  page,
  browser,
}) => {
  await makeSomething(page);
  await expect(page.getByTestId('last-backup')).toHaveText('No backup has been made in this browser.');
  const first = await backUp(page);
  await expect(page.getByTestId('last-backup')).toContainText('Last backup: ');
  const path = await first.path();
  const names = {
    model: (await page.getByTestId('model').innerText()).split('\n')[0],
    set: (await page.getByTestId('dataset').first().innerText()).split('\n')[0],
  };

  const wiped = await wipedBrowser(browser);
  await wiped.goto('#/lab');
  await expect(wiped.getByTestId('model')).toHaveCount(0);
  await wiped.getByLabel('Restore a backup').setInputFiles(path);
  const plan = wiped.getByTestId('restore-plan');
  await expect(plan).toContainText('Models 1 added');
  await expect(plan).toContainText('Drawings 1 added');
  await expect(plan).toContainText('Pages of the pad 1 added');
  // It is only shown so far.
  await expect(wiped.getByTestId('model')).toHaveCount(0);
  await plan.getByRole('button', { name: 'Restore' }).click();
  await expect(wiped.getByTestId('backup-status')).toHaveText(/^Restored: .*1 drawing, 1 model/);
  await expect(wiped.getByTestId('model')).toContainText(names.model);
  await expect(wiped.getByTestId('dataset')).toContainText(names.set);

  const [before, after] = [await filesOf(first), await filesOf(await backUp(wiped))];
  expect(after['rows.json']).toBe(before['rows.json']);
  expect(after['arrays.bin']).toBe(before['arrays.bin']);

  // Twice adds nothing.
  await wiped.getByLabel('Restore a backup').setInputFiles(path);
  await expect(plan).toContainText('Everything in it is here already');
  await plan.getByRole('button', { name: 'Close' }).click();

  // The drawing is back on the pad, and the model can be used after a reload.
  await wiped.goto('#/play');
  await expect(wiped.getByTestId('pad-said')).toContainText('The drawing of the backup lies on the pad');
  await wiped.reload();
  await wiped.goto('#/lab');
  await expect(wiped.getByTestId('model')).toHaveCount(1);
  await wiped.context().close();
});

test('a file that is no backup is refused with the reason, and nothing changes', async ({ page }) => {
  await play(page);
  await page.goto('#/lab');
  await page
    .getByLabel('Restore a backup')
    .setInputFiles({ name: 'notes.zip', mimeType: 'application/zip', buffer: Buffer.from('PK but no more') });
  await expect(page.getByTestId('backup-status')).toHaveText(
    'Not restored. notes.zip: zip: the archive is damaged.',
  );
  await expect(page.getByTestId('restore-plan')).toHaveCount(0);
});

test('the browser is asked once to keep what is stored, when a drawing is kept', async ({ page }) => {
  await page.addInitScript(() => {
    const counts = globalThis as unknown as { persistAsked: number };
    counts.persistAsked = 0;
    let promised = false;
    StorageManager.prototype.persisted = () => Promise.resolve(promised);
    StorageManager.prototype.persist = () => {
      counts.persistAsked++;
      promised = true;
      return Promise.resolve(true);
    };
  });
  const asked = () => page.evaluate(() => (globalThis as unknown as { persistAsked: number }).persistAsked);
  await page.goto('#/lab');
  await expect(page.getByTestId('persistence')).toContainText('The browser may clear it');
  await play(page);
  expect(await asked()).toBe(0);
  await stroke(page, [
    [9, 9],
    [19, 19],
  ]);
  await keep(page, 7);
  await expect.poll(asked).toBe(1);
  await page.getByRole('button', { name: 'Save as 3' }).click();
  await expect(page.getByTestId('pad-said')).toContainText('2 in all');
  await page.goto('#/lab');
  await expect(page.getByTestId('persistence')).toContainText('Kept until you delete it');
  await expect(page.getByTestId('storage-used')).toContainText('used of about');
  expect(await asked()).toBe(1);
});

test.describe('on an iPhone', () => {
  test.use({
    userAgent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
    viewport: { width: 390, height: 844 },
  });

  test('the Lab says that storage is deleted after a week without a visit, and what helps', async ({
    page,
  }) => {
    await page.goto('#/lab');
    await expect(page.getByTestId('week-limit')).toContainText('after seven days of use without a visit');
    await expect(page.getByTestId('week-limit')).toContainText('Add to Home Screen');
    await expect(page.getByRole('button', { name: 'Back up everything' })).toBeVisible();
  });
});
