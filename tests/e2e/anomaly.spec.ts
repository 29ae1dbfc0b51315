import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { writeIdxImages } from '../../src/data/idx.ts';
import { expect, importFiles, picked, play, test } from './visitor.ts';

const verdict = (page: Page) => page.getByTestId('anomaly-verdict');
const row = (page: Page, name: string) => page.getByTestId(`anomaly-${name}`);

/** Vertical bars, five pixels wide. */
function bars(count: number, side: number): Buffer {
  const pixels = Uint8Array.from({ length: count * side * side }, (_, at) => {
    const [image, column] = [Math.floor(at / (side * side)), at % side];
    return (column + image) % 10 < 5 ? 255 : 0;
  });
  return Buffer.from(writeIdxImages({ grid: { width: side, height: side }, count, pixels, labels: null }));
}

test('a digit passes, baseline images are flagged, and log p alone passes a blank page', async ({ page }) => {
  await play(page, 'ask=anomaly');
  await expect(verdict(page)).toHaveText('Looks like the unseen digits');
  await expect(row(page, 'drawing')).not.toContainText('flagged');
  for (const name of ['blank', 'all-ink', 'inverted', 'shuffled', 'matched-noise', 'coin-noise'])
    await expect(row(page, name).getByRole('cell').last(), name).toContainText('flagged');
  await expect(row(page, 'blank').getByRole('cell').first()).toContainText('passes');
  await expect(page.getByTestId('anomaly-fooled')).toContainText(
    /blank page is likelier than (all|99\d of) 1,000 unseen digits/,
  );
  const found = await new AxeBuilder({ page }).include('[role=tabpanel]').analyze();
  expect(found.violations).toEqual([]);

  // It follows the drawing and the queried model.
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect(verdict(page)).toHaveText(/^More anomalous than (99\.\d|100) % of them$/);
  await expect(page.getByTestId('detector-log-p')).toContainText('passes');
  await page.getByRole('group', { name: 'Which model is asked' }).getByRole('button').first().click();
  await expect(verdict(page)).toHaveText(/^More anomalous than (9\d|99\.\d|100) % of them$/);
});

test('the score card and the panel say the same percentile of a drawing', async ({ page }) => {
  // Both were counted here: the unseen digits are fetched and scored.
  await play(page, 'ask=anomaly&left=tree&right=neighbours');
  const panel = page.getByTestId('detector-log-p');
  const card = (side: string) => page.getByTestId(`percentile-${side}`);
  for (const label of [7, 2, 5]) {
    await page.getByRole('button', { name: `Test digit ${label}`, exact: true }).click();
    await expect(async () => {
      const said = await card('right').innerText();
      await expect(panel).toContainText(`likelier than ${said} unseen digits`, { timeout: 100 });
    }).toPass();
  }
  // An empty page, and what to make of it.
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect(card('left')).toHaveText(/^(all|99\d of) 1,000$/);
  const why = page.getByTestId('score-left').getByRole('link', { name: /^why\?/ });
  await expect(why).toHaveAttribute('href', '#/learn/using');
});

test('a data set of the visitor is compared with test digits', async ({ page }) => {
  await play(page, 'ask=anomaly');
  await expect(page.getByText('Import a set that holds no digits')).toBeVisible();
  await page.goto('#/lab');
  await importFiles(page, [picked('bars-images-idx3-ubyte', bars(40, 28))]);
  await expect(page.getByTestId('notice-import')).toContainText('40 images');
  await importFiles(page, [picked('coarse-images-idx3-ubyte', bars(40, 7))]);
  await expect(page.getByTestId('dataset')).toHaveCount(2);
  await page.goto('#/play?ask=anomaly&right=neighbours');
  await expect(verdict(page)).toHaveText('Looks like the unseen digits');
  const outside = page.getByLabel('Outside', { exact: true });
  const compare = page.getByRole('button', { name: 'Compare with 100 test digits' });
  await outside.selectOption({ label: 'bars, 40 images' });
  await compare.click();
  const table = page.getByTestId('auroc');
  await expect(table).toContainText('100 inside, 40 outside');
  await expect(page.getByTestId('auroc-either')).toContainText(/(0\.9\d\d|1\.000) ± 0\.0\d\d/);
  await outside.selectOption({ label: 'coarse, 40 images' });
  await expect(table).toHaveCount(0);
  await compare.click();
  await expect(page.getByText(/7 × 7 pixels, fewer than the model's 28 × 28/)).toBeVisible();
});
