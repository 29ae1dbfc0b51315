import type { Page } from '@playwright/test';
import { expect, play, prepareTraining, test } from './visitor.ts';

test('a model that is trained on the processor fetches WebAssembly SIMD, once, under the policy', async ({
  page,
}) => {
  const fetched: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('.wasm')) fetched.push(request.url());
  });
  await play(page);
  await page.getByTestId('settings').click();
  await expect(page.getByTestId('backend-description')).toHaveText(/^typed arrays(, \d threads)?$/);
  await page.keyboard.press('Escape');
  // By the worker, or by the service worker for later visits: the page has not asked for it.
  await prepareTraining(page, { family: 'pixelcnn', data: /^Starter/, epochs: 1 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await page.getByTestId('settings').click();
  await expect(page.getByTestId('backend-description')).toHaveText(
    /^wasm SIMD, fused multiply-add(, \d threads)?$/,
  );
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 100_000 });
  expect(new Set(fetched.map((url) => url.replace(/.*\/(\w+)-.*/, '$1')))).toContain('fused');
});

test.describe('a page that gets no WebAssembly still learns, on typed arrays', () => {
  test.use({ serviceWorkers: 'block' });

  /** What the page's worker is served instead. */
  async function changeWorker(
    page: Page,
    change: { readonly begin?: string; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<void> {
    await page.route('**/worker-*.js', async (route) => {
      const response = await route.fetch();
      const headers = { ...response.headers(), ...change.headers };
      await route.fulfill({ response, headers, body: `${change.begin ?? ''}${await response.text()}` });
    });
  }

  const refusals: readonly (readonly [string, (page: Page) => Promise<unknown>])[] = [
    [
      'because the policy of its host forbids it',
      (page) =>
        changeWorker(page, {
          headers: { 'content-security-policy': "default-src 'self'; script-src 'self'" },
        }),
    ],
    [
      'because the browser has none',
      (page) => changeWorker(page, { begin: 'delete globalThis.WebAssembly;\n' }),
    ],
    [
      'because the browser has no vectors in it',
      (page) => changeWorker(page, { begin: 'WebAssembly.validate = () => false;\n' }),
    ],
    ['because it cannot be fetched', (page) => page.route('**/*.wasm', (route) => route.abort())],
  ];
  for (const [why, refuse] of refusals)
    test(why, async ({ page, complaints }) => {
      await refuse(page);
      await play(page);
      await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 2, rate: 0.01 });
      await page.getByRole('button', { name: 'Start training' }).click();
      await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 90_000 });
      await page.getByTestId('settings').click();
      await expect(page.getByTestId('backend-description')).toHaveText(/^typed arrays/);
      // That it could not be loaded is said in the log; what else is there counts.
      complaints.splice(0, Infinity, ...complaints.filter((text) => !/wasm/i.test(text)));
    });
});
