import { expect, openPanel, play, read, test } from './visitor.ts';

interface LayoutShift extends PerformanceEntry {
  value: number;
}

/** Files without which the page cannot start: the first script, the one that it fetches, and one that this imports. */
const NEEDED = [/\/assets\/start-[^/]*\.js$/, /\/assets\/page-[^/]*\.js$/, /\/assets\/svelte-[^/]*\.js$/];

for (const [width, height] of [
  [1440, 900],
  [768, 1024],
  [390, 844],
  [844, 390],
] as const) {
  test(`a first visit at ${width} by ${height} reads the digit at once, and nothing moves while its parts appear`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height });
    await page.addInitScript(() => {
      const seen = { shift: 0, inks: new Set<string>() };
      Object.assign(window, { seen });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.shift += (entry as LayoutShift).value;
      }).observe({ type: 'layout-shift', buffered: true });
      const look = () => {
        const score = document.querySelector('[data-testid=nats-left], [data-testid=live-left]');
        const ink = document.querySelector('[data-testid=ink-pixels]')?.textContent.trim() ?? '';
        if (/\d/.test(score?.textContent ?? '')) seen.inks.add(ink);
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    await page.goto('./');
    await expect(page.locator('[data-testid=nats-right], [data-testid=live-right]').first()).toHaveText(/\d/);
    const seen = await page.evaluate(() => {
      const { seen } = window as unknown as { seen: { shift: number; inks: Set<string> } };
      return { shift: seen.shift, inks: [...seen.inks] };
    });
    expect(seen.inks).toEqual([await page.getByTestId('ink-pixels').innerText()]);
    expect(Number(seen.inks[0])).toBeGreaterThan(20);
    expect(seen.shift).toBeLessThan(0.001);
    // Where the models are beside each other, the page is as high as the window.
    if (width >= 1440)
      expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThanOrEqual(height);
  });
}

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
    complaints.splice(
      0,
      complaints.length,
      ...complaints.filter((text) => !/status of 404|dynamically imported/.test(text)),
    );
  });
}

test("a part that cannot be fetched later says so: the engine's answer to a question, and the panel for training", async ({
  page,
  context,
  complaints,
}) => {
  const answers = /\/assets\/queries-[^/]*\.js$/;
  const panels = /\/assets\/Panel-[^/]*\.js$/;
  await context.route(answers, async (route) => await route.fulfill({ status: 404 }));
  await play(page, 'ask=complete');
  const questions = page.getByRole('region', { name: /How could it go on/ });
  await expect(questions.getByText(/could not be fetched.*Check the connection/)).toBeVisible();
  await context.route(panels, async (route) => await route.fulfill({ status: 404 }));
  await openPanel(page, 'training');
  const failed = page.getByRole('alert').filter({ hasText: 'This panel could not be fetched' });
  await expect(failed.getByRole('button', { name: 'Reload the page' })).toBeVisible();
  for (const file of [answers, panels]) await context.unroute(file);
  await openPanel(page, 'complete');
  await questions.getByRole('button', { name: 'Try again' }).click();
  await expect(questions.getByRole('radio', { name: /^Exact/ })).toBeVisible();
  await expect(questions.getByText(/could not be fetched/)).toHaveCount(0);
  await openPanel(page, 'training');
  const start = page.getByRole('button', { name: 'Start training' });
  // A browser may keep the failure of a script for as long as the page lives.
  await expect(failed.or(start)).toBeVisible();
  if (await failed.isVisible()) await failed.getByRole('button').click();
  await expect(start).toBeVisible();
  complaints.splice(
    0,
    complaints.length,
    ...complaints.filter((text) => !/status of 404|dynamically imported/.test(text)),
  );
});

test('a browser in which the engine does not start is told why, and shows the page', async ({
  page,
  complaints,
}) => {
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, 'Worker', { value: null });
  });
  await page.goto('./');
  const alert = page.getByTestId('notice-start');
  await expect(alert).toContainText(/not a constructor/);
  await expect(alert.getByRole('button', { name: 'Reload' })).toBeVisible();
  await expect(page.getByRole('application', { name: 'Drawing pad' })).toBeVisible();
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
