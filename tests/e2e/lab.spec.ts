import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { accentedDots, expect, numberIn, play, prepareTraining, test } from './visitor.ts';

async function checkAll(page: Page, side: 2 | 3): Promise<void> {
  await page.getByRole('button', { name: `${side} × ${side}` }).click();
  await page.getByRole('button', { name: 'Check all models' }).click();
  await expect(page.getByTestId('exact-summary')).toContainText('planted errors', { timeout: 110_000 });
}

/** Expects no axe violation and no horizontal scrolling, in both themes and at three widths. */
async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual(
      [],
    );
  }
  for (const width of [390, 768, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
  }
}

test('the pages of the Lab have URLs', async ({ page }) => {
  await play(page);
  await page.goto('#/lab/leaderboard');
  const pages = page.getByRole('navigation', { name: 'Pages of the Lab' });
  await expect(pages.getByRole('link', { name: 'Leaderboard' })).toHaveAttribute('aria-current', 'page');
  await pages.getByRole('link', { name: 'Exactness' }).click();
  await expect(page).toHaveURL(/#\/lab\/exactness$/);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Is it really a distribution?' })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: /^Which family/ })).toBeVisible();
  await page.goto('#/lab/nowhere');
  await expect(page.getByRole('heading', { name: 'Data sets' })).toBeVisible();
});

test('every model is a distribution on 2 × 2 and 3 × 3; both planted errors are caught', async ({ page }) => {
  // Two rounds of three dozen models each.
  test.slow();
  await play(page);
  await page.goto('#/lab/exactness');
  await expect(page.getByTestId('exact-row').first()).toContainText('not checked yet');
  for (const side of [2, 3] as const) {
    await checkAll(page, side);
    const rows = page.getByTestId('exact-row');
    const count = await rows.count();
    expect(count).toBeGreaterThan(25);
    await expect(rows.filter({ hasText: 'holds' })).toHaveCount(count);
    await expect(page.getByTestId('planted-row').filter({ hasText: 'fails, as it must' })).toHaveCount(2);
    await expect(page.getByTestId('exact-summary')).toHaveText(
      `${count} of ${count} models hold; 2 of 2 planted errors are caught.`,
    );
    expect(Math.abs((await numberIn(rows.last().locator('td').nth(1))) - 1)).toBeLessThan(1e-5);
  }
  // The images of the planted error: their shares of the samples differ from their probabilities.
  await page.getByRole('button', { name: /^Show the images of Sampled in another order/ }).click();
  await expect(page.getByTestId('exact-shown')).toContainText('Sampled in another order');
  await expect(page.getByRole('img', { name: 'blank' })).toBeVisible();
  await expectAccessible(page);
});

test('a check can be stopped and continued', async ({ page }) => {
  await play(page);
  await page.goto('#/lab/exactness');
  await page.getByRole('button', { name: 'Check all models' }).click();
  await expect(page.getByTestId('exact-row').filter({ hasText: 'holds' }).first()).toBeVisible();
  await page.getByRole('button', { name: 'Stop checking' }).click();
  await expect(page.getByTestId('exact-row').filter({ hasText: 'not checked yet' }).first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Go on checking' })).toBeVisible();
});

test('the leaderboard trains, sorts, and persists over a reload; the size curve rises at the end', async ({
  page,
}) => {
  await play(page);
  await page.goto('#/lab/leaderboard');
  await expect(page.getByText('Nothing measured on starter digits yet')).toBeVisible();
  // The board is before the form, which is folded; presets tick many boxes at once.
  await expect(page.getByRole('checkbox')).toHaveCount(0);
  await page.locator('summary', { hasText: 'What to measure: quick' }).click();
  const presets = page.getByRole('group', { name: 'Which models' });
  const start = page.getByRole('button', { name: /^Train and measure/ });
  await expect(start).toHaveText('Train and measure 6 models');
  await presets.getByRole('button', { name: 'All counted' }).click();
  await expect(start).toHaveText('Train and measure 11 models');
  await expect(page.getByRole('row', { name: /^Full joint/ })).toContainText('only up to 4 × 4');
  const ticked = page.getByRole('checkbox', { checked: true });
  while ((await ticked.count()) > 0) await ticked.first().uncheck();
  for (const name of ['Independent pixels', 'Tree', 'Naive Bayes', 'FVSBN'])
    await page.getByRole('checkbox', { name, exact: true }).check();
  await page.getByLabel('Epochs').fill('2');
  await page.getByRole('button', { name: 'Train and measure 4 models' }).click();
  const rows = page.getByTestId('board-row');
  await expect(rows).toHaveCount(4, { timeout: 60_000 });
  await expect(start).toBeEnabled();
  // Family by family: the tree is best, naive Bayes is one model for each digit and has no plain one.
  const byFamily = page.getByTestId('board-family');
  await expect(byFamily).toHaveCount(4);
  await expect(byFamily.first()).toContainText(/^\s*Tree\s*\d+\.\d\d ± \d/);
  await expect(byFamily.filter({ hasText: 'Naive Bayes' }).locator('td').first()).toHaveText('–');
  await expect(byFamily.filter({ hasText: 'Naive Bayes' })).toContainText('% right');
  await page.locator('summary', { hasText: 'All figures, 4 models' }).click();
  const names = async () =>
    (await rows.getByRole('rowheader').allInnerTexts()).map((text) => text.split('\n')[0]);

  // Sorted by test nats by default.
  await expect(page.getByRole('columnheader', { name: /^Test −log p, nats/ })).toHaveAttribute(
    'aria-sort',
    'ascending',
  );
  expect((await names())[0]).toBe('Tree');
  await page.getByRole('button', { name: 'Parameters' }).click();
  expect((await names())[0]).toBe('Independent pixels');
  await page.getByRole('button', { name: 'Parameters' }).click();
  await expect(page.getByRole('columnheader', { name: 'Parameters' })).toHaveAttribute(
    'aria-sort',
    'descending',
  );
  expect((await names())[0]).toBe('FVSBN');
  // Only naive Bayes has an accuracy.
  await page.getByRole('button', { name: /^Accuracy/ }).click();
  expect((await names())[0]).toBe('Naive Bayes');
  await page.locator('summary', { hasText: 'not on the board' }).click();
  await expect(page.getByText(/Full joint cannot do this/).first()).toBeVisible();

  await page.getByRole('button', { name: 'Draw the curve' }).click();
  await expect(page.getByTestId('curve-story')).toContainText('curse of dimensionality', { timeout: 60_000 });
  const chart = page.getByRole('img', { name: /^−log p over k from 1 to 14/ });
  // To its last point: the chart has grown with the curve.
  await expect.poll(() => accentedDots(chart, 0.9)).toBeGreaterThan(5);
  await page.locator('summary', { hasText: 'Curve as a table' }).click();
  const curve = page.getByRole('region', { name: 'Size curve' }).getByRole('row');
  await expect(curve).toHaveCount(15);
  const cell = async (row: number, column: number) =>
    Number.parseFloat(await curve.nth(row).locator('td').nth(column).innerText());
  expect(await cell(14, 1)).toBeLessThan(await cell(1, 1));
  expect(await cell(14, 2)).toBeGreaterThan((await cell(4, 2)) + 5);
  await expectAccessible(page);

  await page.reload();
  await expect(byFamily).toHaveCount(4);
  await expect(rows).toHaveCount(4);
  await page.locator('summary', { hasText: 'All figures, 4 models' }).click();
  await expect(page.getByTestId('curve-story')).toContainText('curse of dimensionality');
  await page.getByRole('button', { name: /^Remove Tree/ }).click();
  await expect(rows).toHaveCount(3);
  await page.getByRole('button', { name: 'Clear the board' }).click();
  await page
    .getByRole('group', { name: /Forget the 3 rows/ })
    .getByRole('button', { name: 'Clear the board' })
    .click();
  await expect(page.getByText('Nothing measured on starter digits yet')).toBeVisible();
});

test('the Lab shows the run that goes on, and leads back to it', async ({ page }) => {
  await play(page);
  await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 1000, rate: 0.0002 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await page.getByRole('link', { name: 'Lab' }).click();
  const running = page.getByTestId('running');
  await expect(running).toContainText('FVSBN');
  await expect(running).toContainText(/left|begins/);
  await expect(page.getByText('No trained models yet')).toHaveCount(0);
  await running.getByRole('button', { name: 'Show the run' }).click();
  await page.getByRole('group', { name: 'Training run' }).getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByTestId('training-progress')).toContainText(/stopped after [\d.]+ of 1000 epochs/);
  await page.getByRole('link', { name: 'Lab' }).click();
  await expect(running).toHaveCount(0);
  await expect(page.getByTestId('model')).toHaveCount(1);
});
