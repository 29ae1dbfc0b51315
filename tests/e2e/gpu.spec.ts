import { chromium } from '@playwright/test';
import { launchOptions } from '../browser.mjs';
import {
  chooseBackend,
  expect,
  nats,
  numberIn,
  play,
  prepareTraining,
  stroke,
  test,
  withoutWebGpu,
} from './visitor.ts';

test('the WebGPU backend gives the same readings as the cpu', async ({ page }) => {
  await play(page);
  await expect(page.getByTestId('backend')).toContainText('CPU');
  const cpu = [await nats(page, 'left'), await nats(page, 'right')];
  await chooseBackend(page, 'WebGPU');
  await expect(page.getByTestId('backend')).toContainText('WebGPU');
  await page.reload();
  await expect(page.getByTestId('backend')).toContainText('WebGPU');
  await expect.poll(async () => [await nats(page, 'left'), await nats(page, 'right')]).toEqual(cpu);
});

test('after a crash of the GPU process a run continues without a reload', async ({ page, browser }) => {
  await play(page);
  await chooseBackend(page, 'WebGPU');
  await expect(page.getByTestId('backend')).toContainText('WebGPU');
  await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 8, rate: 0.01 });
  await page.evaluate(() => {
    document.title = 'not reloaded';
  });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect
    .poll(async () => await page.getByTestId('training-progress').innerText())
    .toMatch(/step\s+[1-9]/);
  const session = await browser.newBrowserCDPSession();
  await session.send('Browser.crashGpuProcess').catch(() => undefined);
  // Drawing and scoring work meanwhile.
  const before = await nats(page, 'left');
  await stroke(page, [
    [5, 24],
    [23, 24],
  ]);
  await expect.poll(async () => await nats(page, 'left')).not.toBe(before);
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 100_000 });
  expect(await numberIn(page.getByTestId('validation-nats'))).toBeLessThan(185);
  await expect(page.getByTestId('training-progress')).toContainText('WebGPU');
  expect(await page.title()).toBe('not reloaded');
});

test('without an adapter everything works on the cpu, and the page says so', async ({ baseURL }) => {
  const browser = await chromium.launch(withoutWebGpu(launchOptions()));
  try {
    const page = await browser.newPage(baseURL === undefined ? {} : { baseURL });
    await play(page);
    await page.getByTestId('settings').click();
    await expect(page.getByRole('radio', { name: /^WebGPU/ })).toBeDisabled();
    await expect(page.getByTestId('backend-description')).toHaveText(/^(typed arrays|wasm SIMD)/);
    await page.keyboard.press('Escape');
    await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 2 });
    await page.getByRole('button', { name: 'Start training' }).click();
    await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 60_000 });
    await expect(page.getByTestId('training-progress')).toContainText('CPU');
  } finally {
    await browser.close();
  }
});
