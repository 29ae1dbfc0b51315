import type { Page } from '@playwright/test';
import { chooseBackend, expect, numberIn, play, test } from './visitor.ts';

/** Pixels of every completion as "known", "made" or "blank", read back from the canvas; for 28 x 28 only. */
async function readSamples(page: Page): Promise<string[][]> {
  return await page
    .getByTestId('completions')
    .locator('canvas')
    .evaluate((canvas: HTMLCanvasElement) => {
      const { data, width, height } = canvas
        .getContext('2d')!
        .getImageData(0, 0, canvas.width, canvas.height);
      const ink = getComputedStyle(canvas).color.match(/\d+/g)!.slice(0, 3).join();
      const images: string[][] = [];
      // An image is 28 x 28 pixels of 4 x 4 dots, its neighbour 124 dots on.
      for (let top = 0; top < height; top += 124)
        for (let left = 0; left < width; left += 124)
          images.push(
            Array.from({ length: 784 }, (_, pixel) => {
              const x = left + 4 * (pixel % 28) + 2;
              const y = top + 4 * Math.floor(pixel / 28) + 2;
              const dot = data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4);
              if (dot[3] < 128) return 'blank';
              return dot.subarray(0, 3).join() === ink ? 'known' : 'made';
            }),
          );
      return images;
    });
}

const rows = (image: readonly string[], from: number, to: number) => image.slice(28 * from, 28 * to);

test('a tree completes the hidden half exactly and keeps the known one; forward sampling ignores it', async ({
  page,
}) => {
  await play(page, 'right=chain&ask=complete');
  await page.getByRole('button', { name: 'Use a test digit' }).click();
  await page.getByRole('button', { name: 'Hide the top half' }).click();
  await expect(page.getByTestId('mask-hidden')).toHaveText('392');
  await expect(page.getByRole('radio', { name: /^Exact/ })).toBeChecked();
  await expect(page.getByTestId('outcome')).toContainText('Exact:');
  await expect(page.getByTestId('log-known')).toContainText('nats');
  const exact = await readSamples(page);
  expect(exact).toHaveLength(24);
  const kept = rows(exact[0], 14, 28);
  expect(kept.filter((pixel) => pixel === 'known').length).toBeGreaterThan(10);
  for (const image of exact) {
    expect(rows(image, 14, 28)).toEqual(kept);
    expect(rows(image, 0, 14)).not.toContain('known');
  }
  // The hidden halves differ.
  expect(new Set(exact.map((image) => rows(image, 0, 14).join())).size).toBeGreaterThan(12);

  await expect(page.getByTestId('overlooked')).toContainText('392 of 392 come after the first');
  await page.getByRole('radio', { name: /^Forward/ }).check();
  await expect(page.getByTestId('outcome')).toContainText('Not exact:');
  for (const image of await readSamples(page)) expect(rows(image, 14, 28)).toEqual(kept);
});

test('on 3 x 3 the exact draws are within chance of the exact answer', async ({ page }) => {
  await play(page, 'grid=3&right=chain&ask=complete');
  // A row of ink at the bottom, which the pixels above depend on.
  const canvas = page.getByRole('application', { name: 'Drawing pad' });
  const side = (await canvas.boundingBox())!.width;
  for (const column of [1, 3, 5])
    await canvas.click({ position: { x: (column * side) / 6, y: (5 * side) / 6 } });
  await page.getByRole('button', { name: 'Hide the top half' }).click();
  await expect(page.getByTestId('mask-hidden')).toHaveText('6');
  // A click toggles a pixel: the first one is revealed.
  const pad = page.getByRole('application', { name: /What is hidden/ });
  const box = (await pad.boundingBox())!;
  await pad.click({ position: { x: box.width / 6, y: box.height / 6 } });
  await expect(page.getByTestId('mask-hidden')).toHaveText('5');
  await page.getByRole('button', { name: 'Compare with the exact answer' }).click();
  await expect(page.getByTestId('distance-gibbs')).toHaveText(/^0\.\d{4}$/, { timeout: 60_000 });
  expect(await numberIn(page.getByTestId('distance-exact'))).toBeLessThan(0.02);
  expect(await numberIn(page.getByTestId('distance-forward'))).toBeGreaterThan(0.02);
});

test('a slow completion can be stopped and restarted; without hidden pixels there is no query', async ({
  page,
}) => {
  await play(page, 'right=chain&ask=complete');
  await chooseBackend(page, 'WebGPU');
  await page.getByRole('radio', { name: /^Gibbs/ }).check();
  await page.getByRole('button', { name: '100', exact: true }).click();
  const status = page.getByTestId('complete-status');
  await expect(status).toContainText('Completing');
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(status).toContainText('Stopped at');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(status).toContainText('Completing');
  await page.getByRole('radio', { name: /^Exact/ }).check();
  await expect(page.getByTestId('outcome')).toContainText('Exact:');

  await page.getByRole('button', { name: 'Hide nothing' }).click();
  await expect(page.getByTestId('complete-idle')).toContainText('Nothing is hidden');
});
