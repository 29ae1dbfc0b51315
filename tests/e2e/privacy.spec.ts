import { expect, play, test } from './visitor.ts';

test('sends no request to another origin', async ({ page, baseURL }) => {
  const foreign: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (/^https?:/.test(url.protocol) && url.origin !== new URL(baseURL!).origin) foreign.push(request.url());
  });
  await play(page);
  await page.goto('#/lab');
  await page.waitForTimeout(1000);
  expect(foreign).toEqual([]);
});

test('the policy forbids what it should, and names no unsafe source but WebAssembly', async ({ page }) => {
  await play(page);
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy?.replace("'wasm-unsafe-eval'", '')).not.toMatch(/unsafe-|https?:|\*/);
});
