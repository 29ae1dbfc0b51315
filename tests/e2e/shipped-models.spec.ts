/** Models that come with the app: chosen, fetched once, kept for use without a network, and told where they cannot be had. */
import type { Page } from '@playwright/test';
import { expect, finishSamples, firstVisit, nats, openModelSettings, play, read, test } from './visitor.ts';

const FILES = '**/models/*.safetensors';

/** Chooses the first of them for slot B; resolves with its name. */
async function choose(page: Page): Promise<string> {
  const picker = page.getByLabel('Model B', { exact: true }).and(page.locator('select'));
  const option = picker.locator('option[value^="shipped:"]').first();
  const value = (await option.getAttribute('value'))!;
  await picker.selectOption(value);
  return value.slice('shipped:'.length);
}

test('the first screen has a trained network beside independent pixels, and shows samples of both', async ({
  page,
}) => {
  await firstVisit(page);
  await expect(page.getByTestId('facts-left')).toContainText('784 parameters');
  const settings = await openModelSettings(page, 'B');
  await expect(settings.getByText(/comes with Inkling; −log p \d+\.\d nats/)).toBeVisible();
  await page.keyboard.press('Escape');
  expect(await nats(page, 'right')).toBeGreaterThan(await nats(page, 'left'));
  await finishSamples(page);
});

test('a model that comes with Inkling scores, samples, and works without a network', async ({
  page,
  context,
}) => {
  await play(page, 'right=chain');
  const before = await nats(page, 'right');
  const fetched: string[] = [];
  // Of the page, or of the service worker, once that answers for it.
  context.on('request', (request) => {
    if (request.url().includes('/models/')) fetched.push(request.url());
  });
  const name = await choose(page);
  const settings = await openModelSettings(page, 'B');
  await expect(
    settings.getByText(/comes with Inkling; −log p \d+\.\d nats on the 10,000 test digits/),
  ).toBeVisible();
  await page.keyboard.press('Escape');
  await read(page);
  // It knows more of digits than a chain.
  await expect.poll(async () => nats(page, 'right')).toBeGreaterThan(before);
  const score = await nats(page, 'right');
  expect(page.url()).toContain(`right=shipped:${name}`);
  await expect(page.getByTestId('percentile-right')).toHaveText(/\d/);
  const requests = fetched.length;
  expect(requests).toBeGreaterThan(0);

  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await page.reload();
  await read(page);
  await context.setOffline(true);
  await page.reload();
  await read(page);
  expect(await nats(page, 'right')).toBe(score);
  expect(fetched).toHaveLength(requests);
});

test.describe('without a service worker', () => {
  // Once it answers for the page, its requests are not those that the test refuses.
  test.use({ serviceWorkers: 'block' });

  test('a model that cannot be fetched says what to do, and comes when the network is back', async ({
    page,
    complaints,
  }) => {
    await play(page, 'right=chain');
    const before = await nats(page, 'right');
    await page.route(FILES, (route) => route.abort());
    await choose(page);
    const facts = page.getByTestId('facts-right');
    await expect(facts.getByRole('alert')).toContainText('Check the connection and try again');
    await facts.getByRole('button', { name: 'Try again' }).click();
    await expect(facts.getByRole('alert')).toContainText('Check the connection and try again');
    await page.unroute(FILES);
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await expect(facts).toContainText('parameters');
    await expect.poll(async () => nats(page, 'right')).toBeGreaterThan(before);
    complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.includes('/models/')));
  });
});

test('a link to a model that this copy does not have shows the usual one', async ({ page }) => {
  await play(page, 'right=shipped:oracle');
  await expect(page.getByLabel('Model B', { exact: true }).and(page.locator('select'))).not.toHaveValue(
    /oracle/,
  );
});
