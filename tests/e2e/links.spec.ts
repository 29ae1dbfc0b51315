import { Host } from './host.ts';
import { expect, openPanel, play, read, stroke, test, ZERO } from './visitor.ts';

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

test('a copied link opens the same drawing, models, question and hidden pixels in another browser, whose own drawing is kept', async ({
  page,
  context,
  browser,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await play(page, 'left=tree&right=neighbours&k=5&seed=9');
  await page.getByRole('button', { name: 'Clear' }).click();
  await stroke(page, ZERO);
  await openPanel(page, 'complete');
  await page.getByRole('button', { name: 'Hide every other pixel' }).click();
  const settled = async (): Promise<readonly string[]> => {
    await expect(page.getByTestId('percentile-right')).toHaveText(/\d/);
    return await Promise.all(
      ['nats-left', 'nats-right', 'ink-pixels', 'samples-seed'].map((id) => page.getByTestId(id).innerText()),
    );
  };
  const here = await settled();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByRole('button', { name: 'Copy link' })).toContainText('Copied');
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link.length).toBeLessThan(400);

  const other = await (await browser.newContext()).newPage();
  await other.goto(link);
  await read(other);
  for (const [i, id] of ['nats-left', 'nats-right', 'ink-pixels', 'samples-seed'].entries())
    await expect(other.getByTestId(id)).toHaveText(here[i]);
  await expect(other.getByRole('button', { name: 'Hide every other pixel' })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  // Still there after a reload, until the visitor changes it.
  await other.reload();
  await read(other);
  await expect(other.getByTestId('nats-right')).toHaveText(here[1]);
  await stroke(other, [
    [4, 4],
    [24, 4],
  ]);
  await expect(other).not.toHaveURL(/drawing=/);
  await other.close();
});

test('a link to a model of another browser says that it is not here; a damaged drawing is named', async ({
  page,
}) => {
  await page.goto('#/play?left=independent&right=model:0123-abcd&drawing=AAAA');
  await expect(page.getByTestId('facts-right')).toContainText('it is not here. Choose another one.');
  await expect(
    page.getByRole('combobox', { name: 'Model B', exact: true }).locator('option:checked'),
  ).toHaveText('A model that is not here');
  await expect(page.getByText('The link is damaged: its drawing cannot be read.')).toBeVisible();
  // The page works on: a digit lies there, and another model can be chosen.
  await page.getByRole('combobox', { name: 'Model B', exact: true }).selectOption('counted:chain');
  await expect(page.getByTestId('nats-right')).toHaveText(/^−\d/);
});
