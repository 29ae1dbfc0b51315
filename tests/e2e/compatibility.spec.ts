import type { Page } from '@playwright/test';
import { readVisit, restore } from '../fixtures/database/visit.ts';
import { expect, read, test } from './visitor.ts';

/** What a visit to version 0.1.0 left in the browser, and what that version showed of it after a reload. */
const visit = readVisit();

/** Fills the browser's storage before the app starts, and opens the app as a visitor who comes back. */
async function comeBack(page: Page): Promise<void> {
  // An empty page of the app's origin, so that the app itself does not open the database first.
  await page.route('**/empty', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<link rel="icon" href="data:,">' }),
  );
  await page.goto('./empty');
  for (const database of visit.databases) await page.evaluate(restore, database);
  await page.evaluate((kept) => {
    for (const [key, value] of Object.entries(kept)) localStorage.setItem(key, value);
  }, visit.localStorage);
  await page.goto('./');
  await read(page);
}

async function expectPage(page: Page, side: 3 | 4 | 28): Promise<void> {
  const { ink, left, right } = visit.shown[side];
  await expect(page.getByTestId('ink-pixels')).toHaveText(ink);
  await expect(page.getByTestId('nats-left')).toHaveText(left);
  await expect(page.getByTestId('nats-right')).toHaveText(right);
}

test('what a visit to 0.1.0 left is there: theme, models, the pages of the pad, sets, leaderboard; its run goes on to the same end', async ({
  page,
}) => {
  await comeBack(page);
  await expect(page.locator('html')).toHaveAttribute('data-theme', visit.shown.theme);
  await expect(page.getByTestId('backend')).toContainText('CPU');
  await expect(page.getByTestId('origin-right')).toContainText('strokes (36, and 4 to validate it), dynamic');
  await expectPage(page, 4);

  await page.getByTestId('resume-offer').click();
  const offer = page.getByTestId('interrupted');
  await expect(offer).toContainText(`A run on strokes was interrupted at step ${visit.shown.interrupted}`);
  await page.getByRole('checkbox', { name: 'Show it as model B' }).uncheck();
  await offer.getByRole('button', { name: 'Resume the run' }).click();
  for (const side of [3, 28] as const) {
    await page.getByTestId('grid').selectOption({ label: `${side} × ${side}` });
    await expectPage(page, side);
  }
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 30_000 });
  await expect(page.getByTestId('validation-nats')).toHaveText(visit.shown.validation);

  await page.goto('#/lab');
  const names = page.getByTestId('dataset').getByRole('textbox');
  await expect(names).toHaveCount(4);
  for (const [at, name] of ['Three by hand', 'strokes', 'large', 'My 4 × 4 drawings'].entries())
    await expect(names.nth(at)).toHaveValue(name);
  // Seven stored models, and that of the run.
  await expect(page.getByTestId('model')).toHaveCount(8);
  await page.goto('#/lab/leaderboard');
  const data = page.getByLabel('Data set', { exact: true });
  await data.selectOption({ label: 'strokes, 40 images, 4 × 4' });
  await expect(page.getByTestId('board-row')).toHaveCount(5);
  await expect(page.getByTestId('curve-story')).toHaveText(/\w/);
  await expect(page.getByTestId('notice-aside')).toHaveCount(0);
});
