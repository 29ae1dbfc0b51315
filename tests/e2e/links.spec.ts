import { Host } from './host.ts';
import { expect, play, read, test } from './visitor.ts';

test('under a sub-path everything is found, and a link opens its experiment', async ({ page }) => {
  const site = await Host.open();
  try {
    await page.goto(`${site.address}#/play?left=neighbours&left-k=3&right=neighbours&k=12&seed=77`);
    await read(page);
    await expect(page.getByTestId('samples-seed')).toHaveText('77');
    await expect(page.getByLabel('Neighbours of model A')).toHaveValue('3');
    await expect(page.getByLabel('Neighbours of model B')).toHaveValue('12');
    await page.goto(`${site.address}#/lab`);
    await expect(page.getByRole('heading', { name: 'Data sets' })).toBeVisible();
  } finally {
    site.close();
  }
});

test('a hostile link is clamped, not obeyed', async ({ page }) => {
  await play(page, 'left=__proto__&right=constructor&k=1e9&seed=-5&t=NaN&binarise=stochastic:99999999999999');
  await expect(page.getByTestId('samples-seed')).toHaveText('0');
  expect(await page.evaluate(() => ({}).constructor === Object)).toBe(true);
});
