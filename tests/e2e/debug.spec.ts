import { chooseBackend, expect, read, test } from './visitor.ts';

test('?debug shows what the engine holds and did, on both backends, and can be closed', async ({ page }) => {
  await page.goto('./?debug#/play?left=tree');
  await read(page);
  const panel = page.getByRole('region', { name: 'Debug' });
  await expect(panel).toContainText('compiles no kernels');
  await expect(panel).toContainText(/Models.*tree, 28x28/s);
  await chooseBackend(page, 'WebGPU');
  // Something is computed there.
  await page.getByRole('button', { name: 'New seed' }).click();
  await expect(panel.getByRole('row', { name: /^bayes-net\.\S+ [\d.]+ ms [\d,]+$/ }).first()).toBeVisible();
  await expect(panel).toContainText(/Submits\s*\d+, last [\d.]+ ms, median [\d.]+ ms/);
  await expect(panel).toContainText(/Buffers\s*[\d.]+ \w?B now, [\d.]+ \w?B at most/);

  // The page writes its own links; the parameter stays, and a reload shows the panel again.
  await page.getByRole('link', { name: 'Lab' }).first().click();
  expect(new URL(page.url()).search).toBe('?debug');
  await page.reload();
  await expect(panel).toBeVisible();

  await panel.focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(panel).toBeHidden();
  expect(new URL(page.url()).search).toBe('');
});

test('a page without ?debug loads nothing of the panel', async ({ page }) => {
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.goto('./');
  await read(page);
  await expect(page.getByTestId('debug')).toHaveCount(0);
  expect(requests.filter((url) => /Debug/.test(url))).toEqual([]);
});
