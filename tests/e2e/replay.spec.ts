import type { Page } from '@playwright/test';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, finishSamples, firstVisit, nats, numberIn, phonePanel, play, test } from './visitor.ts';

const position = (page: Page) => numberIn(page.getByTestId('replay-position'));

test('a sample is drawn once more, large and slowly; it pauses, goes anywhere, and is laid on the pad', async ({
  page,
}) => {
  await play(page, 'left=independent&right=neighbours&k=6&seed=2');
  await finishSamples(page);
  const third = page.getByTestId('samples-right').getByRole('button', { name: /^Draw sample 3 again/ });
  await third.click();
  const dialog = page.getByRole('dialog', { name: 'Sample 3 of seed 2' });
  await expect(dialog).toBeVisible();
  await expect.poll(() => position(page)).toBeGreaterThan(20);
  await expect(page.getByTestId('replay-sum')).toContainText(/^log p so far −?\d+\.\d nats$/);
  await dialog.getByRole('button', { name: 'Pause' }).click();
  const paused = await position(page);
  await page.waitForTimeout(200);
  expect(await position(page)).toBe(paused);

  const slider = dialog.getByRole('slider', { name: 'Pixels drawn' });
  await slider.focus();
  await page.keyboard.press('ArrowRight');
  expect(await position(page)).toBe(paused + 1);
  await page.keyboard.press('End');
  expect(await position(page)).toBe(784);
  await expect(dialog.getByRole('button', { name: 'Draw it again' })).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).include('dialog[open]').analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);

  // On the pad the model reads the very image, with the very score.
  const score = await numberIn(page.getByTestId('replay-sum'));
  await dialog.getByRole('button', { name: 'Lay it on the pad' }).click();
  await expect(dialog).toBeHidden();
  await expect.poll(() => nats(page, 'right')).toBeCloseTo(score, 1);
  await page.keyboard.press('Control+z');
  await expect.poll(() => nats(page, 'right')).not.toBeCloseTo(score, 1);
});

test('by keyboard: one tab stop, arrow keys, Enter, Escape, and the focus returns', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await play(page, 'left=independent&right=neighbours&k=6&seed=2');
  await finishSamples(page);
  const buttons = page.getByTestId('samples-left').getByRole('button', { name: /^Draw sample/ });
  await expect(buttons).toHaveCount(12);
  await buttons.first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await expect(buttons.nth(7)).toBeFocused();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Sample 8 of seed 2' });
  await expect(dialog).toBeVisible();
  // Nothing moves by itself where the system asks for that.
  await expect.poll(() => position(page)).toBe(784);
  await expect(page.getByTestId('replay-sum')).toContainText(/^log p −/);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(buttons.nth(7)).toBeFocused();
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  test('the dialog fits, its targets are large, and the pad is shown with the sample', async ({ page }) => {
    await firstVisit(page);
    await phonePanel(page, 'Model B');
    await finishSamples(page);
    await page.getByRole('button', { name: /^Draw sample 2 again/ }).tap();
    const dialog = page.getByRole('dialog');
    const lay = dialog.getByRole('button', { name: 'Lay it on the pad' });
    await expect(lay).toBeEnabled();
    for (const button of [lay, dialog.getByRole('button', { name: 'Close' })])
      expect((await button.boundingBox())!.height).toBeGreaterThanOrEqual(44);
    const box = (await dialog.boundingBox())!;
    expect(box.y + box.height).toBeLessThanOrEqual(844);
    await lay.tap();
    await expect(page.getByRole('application', { name: 'Drawing pad' })).toBeVisible();
  });
});
