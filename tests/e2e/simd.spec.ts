import { expect, play, prepareTraining, test } from './visitor.ts';

test('a model that is trained on the processor fetches WebAssembly SIMD, once, under the policy', async ({
  page,
}) => {
  const fetched: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('.wasm')) fetched.push(request.url());
  });
  await play(page);
  await page.getByTestId('backend').click();
  await expect(page.getByTestId('backend-description')).toHaveText(/^typed arrays(, \d threads)?$/);
  await page.keyboard.press('Escape');
  // By the worker, or by the service worker for later visits: the page has not asked for it.
  await prepareTraining(page, { family: 'pixelcnn', data: /^Starter/, epochs: 1 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await page.getByTestId('backend').click();
  await expect(page.getByTestId('backend-description')).toHaveText(
    /^wasm SIMD, fused multiply-add(, \d threads)?$/,
  );
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 100_000 });
  expect(new Set(fetched.map((url) => url.replace(/.*\/(\w+)-.*/, '$1')))).toContain('fused');
});
