import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { inspect, prepareInspection } from './accessibility.ts';
import { expect, numberIn, test } from './visitor.ts';

const HEADING = 'How fast is it here?';

async function openPage(page: Page): Promise<void> {
  await page.goto('#/lab/speed');
  await expect(page.getByRole('heading', { name: HEADING })).toBeVisible();
}

/** Measures with the short budget, and waits for its end. */
async function measureQuickly(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Quick, 10 seconds' }).click();
  await page.getByRole('button', { name: 'Measure', exact: true }).click();
  await expect(page.getByTestId('speed-said')).toHaveText(/^Done after /, { timeout: 90_000 });
}

/** The file that a click gives to the downloads. */
async function savedBy(page: Page, button: string): Promise<{ name: string; path: string; text: string }> {
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: button, exact: true }).click();
  const download = await downloading;
  const path = await download.path();
  return { name: download.suggestedFilename(), path, text: readFileSync(path, 'utf8') };
}

async function openFile(page: Page, name: string, text: string): Promise<void> {
  await page.getByLabel('Open an earlier result').setInputFiles({
    name,
    mimeType: 'application/json',
    buffer: Buffer.from(text),
  });
}

test('measures both backends in seconds, exports, and compares with what was exported', async ({
  page,
  context,
}) => {
  test.slow();
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await openPage(page);
  await expect(page.getByText('Nothing measured yet.')).toBeVisible();
  await measureQuickly(page);

  const rows = page.getByTestId('speed-row');
  const independent = rows.filter({ hasText: 'Independent pixels' });
  expect(await numberIn(independent.locator('.value').first())).toBeGreaterThan(100);
  await expect(rows.filter({ hasText: 'Full joint' })).toContainText('out of reach');
  // The adapter of the tests computes on the processor, and is said to.
  await expect(page.getByTestId('speed-facts')).toContainText('computed in software');
  await expect(page.getByTestId('speed-facts')).toContainText(/CPU[\s\S]*At best [\d.,]+ GFLOP\/s/);
  await expect(page.getByTestId('speed-statement')).toContainText('28 × 28 pixels, 1,000 digits');

  await page.getByRole('button', { name: 'Sampling', exact: true }).click();
  await expect(rows.filter({ hasText: 'Logistic regression' })).toContainText('a classifier draws no images');

  const json = await savedBy(page, 'JSON');
  expect(json.name).toMatch(/^inkling-speed-\d{4}-\d\d-\d\d-\d{4}\.json$/);
  const csv = await savedBy(page, 'CSV');
  expect(csv.text.split('\r\n')[0]).toContain('family,parameters,size,work,unit,median');
  await page.getByRole('button', { name: 'Copy JSON' }).click();
  await expect(page.getByTestId('speed-said')).toHaveText('Copied as JSON.');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(json.text);

  // A result that is twice as slow: every rate that both have is 2 times the earlier one.
  const earlier = JSON.parse(json.text) as {
    rows: Record<string, Record<string, Record<string, number>>>[];
  };
  for (const row of earlier.rows)
    for (const work of ['score', 'sample', 'train'])
      for (const rate of Object.values(row[work]))
        for (const field of ['median', 'low', 'high']) if (field in rate) rate[field] /= 2;
  await openFile(page, 'before.json', JSON.stringify(earlier));
  await expect(page.getByTestId('speed-earlier')).toContainText('Compared with before.json');
  await expect(independent).toContainText('2.00× as fast');
  await page.locator('summary', { hasText: 'All rates as a table' }).click();
  await expect(
    page
      .getByTestId('speed-table')
      .getByRole('row', { name: /^Independent pixels/ })
      .first(),
  ).toContainText('2.00×');

  await openFile(page, 'bad.json', json.text.replace('"version": 1', '"version": 7'));
  await expect(page.getByRole('alert')).toHaveText(
    'Not opened. bad.json: version: is not 1: made by another version of Inkling.',
  );

  // A page that has measured nothing shows what it opens, and exports the same bytes.
  await page.reload();
  await expect(page.getByText('Nothing measured yet.')).toBeVisible();
  await openFile(page, json.name, json.text);
  await expect(page.getByTestId('speed-earlier')).toContainText('Shown is');
  expect((await savedBy(page, 'JSON')).text).toBe(json.text);
});

test('a measurement can be stopped, and what it had measured stays', async ({ page }) => {
  await openPage(page);
  await page.getByRole('button', { name: 'Full, a minute' }).click();
  await page.getByRole('button', { name: 'Measure', exact: true }).click();
  const value = page.getByTestId('speed-row').filter({ hasText: 'Independent pixels' }).locator('.value');
  await expect(value.first()).toBeVisible({ timeout: 30_000 });
  // The page answers while the worker computes.
  await page.getByRole('link', { name: 'Exactness' }).click();
  await page.getByRole('link', { name: 'Speed', exact: true }).click();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByTestId('speed-said')).toHaveText(/^Stopped after .*rates measured/);
  await expect(page.getByTestId('speed-facts')).toContainText('stopped before');
  await expect(value.first()).toHaveText(/\d/);
  await expect(page.getByTestId('speed-row').last()).toContainText('stopped');
  // The engine is free again, for this and for everything else.
  await page.getByRole('button', { name: 'Measure', exact: true }).click();
  await expect(page.getByTestId('speed-progress')).toContainText(/CPU: /);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByTestId('speed-said')).toHaveText(/^Stopped after /);
});

for (const width of [320, 768, 1440]) {
  test(`with a result at ${width} px, light and dark: no axe violation, no sideways scroll`, async ({
    page,
  }) => {
    await prepareInspection(page, width);
    await openPage(page);
    await page.getByRole('button', { name: 'Measure', exact: true }).click();
    await expect(page.locator('.value').nth(3)).toBeVisible({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Stop' }).click();
    await expect(page.getByTestId('speed-said')).toHaveText(/^Stopped after /);
    await inspect(page);
  });
}
