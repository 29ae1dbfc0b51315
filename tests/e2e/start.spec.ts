import { expect, read, test } from './visitor.ts';

/** Files without which the page cannot start: the first script, and one that it imports. */
const NEEDED = [/\/assets\/index-[^/]*\.js$/, /\/assets\/registry-[^/]*\.js$/];

for (const file of NEEDED) {
  test(`a page that cannot fetch ${file.source} says so, and starts after a reload`, async ({
    page,
    complaints,
  }) => {
    await page.route(file, async (route) => await route.fulfill({ status: 404 }));
    await page.goto('./');
    const alert = page.getByRole('alert');
    await expect(alert).toContainText('Inkling could not start');
    await expect(alert).toContainText('Check the connection');
    await page.unroute(file);
    await alert.getByRole('button', { name: 'Reload' }).click();
    await read(page);
    await expect(alert).toHaveCount(0);
    complaints.splice(0, complaints.length, ...complaints.filter((text) => !/status of 404/.test(text)));
  });
}

test('an error while the page starts is shown with its reason', async ({ page, complaints }) => {
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, 'Worker', { value: null });
  });
  await page.goto('./');
  await expect(page.getByRole('alert')).toContainText(/Inkling could not start: .*not a constructor/);
  expect(complaints.splice(0)).toEqual([expect.stringContaining('not a constructor')]);
});

test('the page says that it is loading before any script runs, and what it needs without scripts', async ({
  browser,
  baseURL,
}) => {
  const context = await browser.newContext({ javaScriptEnabled: false, ...(baseURL ? { baseURL } : {}) });
  try {
    const page = await context.newPage();
    await page.goto('./');
    await expect(page.locator('#app')).toContainText('Inkling is loading');
    // Searches by text skip noscript, so the element itself is read.
    const needed = page.locator('noscript p');
    await expect(needed).toBeVisible();
    expect(await needed.innerText()).toContain('Inkling needs JavaScript');
  } finally {
    await context.close();
  }
});
