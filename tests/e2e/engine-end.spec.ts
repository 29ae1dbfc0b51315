import { test as base } from '@playwright/test';
import { expect, play, prepareTraining } from './visitor.ts';

// The errors planted here appear in the console, on which the fixture of visitor.ts would fail.
const test = base;

test('a worker that ends without an error ends the current run, and another worker is started on request', async ({
  page,
}) => {
  await play(page);
  await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 200 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText(/step\s+[1-9]/);
  const [worker] = page.workers();
  await worker.evaluate(() => {
    close();
  });
  const notice = page.getByTestId('notice-death');
  await expect(notice).toContainText('The engine stopped');
  await expect(page.getByRole('button', { name: 'Start training' })).toBeEnabled();
  await notice.getByRole('button', { name: 'Restart the engine' }).click();
  await expect(notice).toHaveCount(0);
  await expect(page.getByTestId('nats-left')).toHaveText(/\d/);
});

test('an exception in the worker reaches the console with its stack', async ({ page }) => {
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await play(page);
  const [worker] = page.workers();
  await worker.evaluate(() => {
    setTimeout(function planted() {
      throw new Error('planted in the worker');
    });
  });
  await expect(page.getByTestId('notice-death')).toContainText('planted in the worker');
  expect(errors.join('\n')).toMatch(/planted in the worker\n\s+at planted/);
});
