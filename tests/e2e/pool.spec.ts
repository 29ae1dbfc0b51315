import type { Page } from '@playwright/test';
import { expect, nats, numberIn, play, prepareTraining, stroke, test } from './visitor.ts';

/** The engine's worker counts the workers that it starts, and which of them it has ended. */
async function workersOf(page: Page): Promise<number> {
  const [engine] = page.workers();
  return await engine.evaluate(() => (globalThis as unknown as { readonly live: Set<unknown> }).live.size);
}

/** Tells the page that the machine has four cores, and its engine to count the workers that it starts. */
test.beforeEach(async ({ page }) => {
  await page.route('**/worker-*.js', async (route) => {
    const response = await route.fetch();
    const script = await response.text();
    await route.fulfill({ response, body: `${COUNTING}\n${script}` });
  });
});

/** Runs before the engine's own script, and in each worker of the pool. */
const COUNTING = `
  Object.defineProperty(navigator, 'hardwareConcurrency', { value: 4 });
  globalThis.live = new Set();
  const Started = Worker;
  globalThis.Worker = class extends Started {
    constructor(...args) { super(...args); globalThis.live.add(this); }
    terminate() { globalThis.live.delete(this); super.terminate(); }
  };
`;

test.use({ serviceWorkers: 'block' });

test('a run on the cpu uses the workers of four cores, and the page answers meanwhile', async ({ page }) => {
  await play(page);
  await page.getByTestId('settings').click();
  await page.getByRole('radio', { name: /^CPU/ }).check();
  await expect(page.getByTestId('backend-description')).toHaveText(/, 4 threads$/);
  await page.keyboard.press('Escape');

  await prepareTraining(page, { family: 'nade', data: /^Starter/, epochs: 12, rate: 0.01 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText(/step\s+[1-9]/);
  expect(await workersOf(page)).toBe(3);

  // A stroke is read between two steps.
  const before = await nats(page, 'left');
  const begun = Date.now();
  await stroke(page, [
    [5, 24],
    [23, 24],
  ]);
  await expect.poll(async () => await nats(page, 'left'), { intervals: [50] }).not.toBe(before);
  expect(Date.now() - begun).toBeLessThan(10_000);
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 90_000 });
  expect(await numberIn(page.getByTestId('validation-nats'))).toBeLessThan(175);
});

test('workers that end in the middle of a run leave it running', async ({ page }) => {
  await play(page);
  await page.getByTestId('settings').click();
  await page.getByRole('radio', { name: /^CPU/ }).check();
  await page.keyboard.press('Escape');
  await prepareTraining(page, { family: 'nade', data: /^Starter/, epochs: 8, rate: 0.01 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText(/step\s+[1-9]/);
  const [engine] = page.workers();
  await engine.evaluate(() => {
    const { live } = globalThis as unknown as { readonly live: Set<Worker> };
    for (const worker of live) worker.dispatchEvent(new ErrorEvent('error', { message: 'planted' }));
  });
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 90_000 });
  await expect(page.getByTestId('notice-death')).toHaveCount(0);
});
