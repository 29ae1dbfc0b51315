import type { Page } from '@playwright/test';
import { expect, fullHeight, numberIn, play, stroke, test, ZERO } from './visitor.ts';

/** The position of the drawing's mark, in CSS pixels of the map. */
async function mark(page: Page): Promise<string> {
  const style = await page.getByTestId('drawing-mark').getAttribute('style');
  return style ?? '';
}

test('the panel shows the units of a mixture that it fits, and the map of digits', async ({ page }) => {
  await play(page, 'left=independent&right=chain&ask=hidden-units');
  await fullHeight(page);
  await expect(page.getByTestId('stand-in')).toContainText('has no hidden units');
  await expect(page.getByTestId('stand-in')).toContainText('answers in its place');
  await page.getByRole('button', { name: 'Fit a mixture to the starter digits' }).click();
  const map = page.getByTestId('digit-map');
  await expect(map).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId('hidden-units-status')).toContainText('fitted here to the starter digits');

  // Twenty pictures, and the readout of the focused one; arrow keys move on to the next.
  const units = page.getByTestId('units').getByRole('button');
  await expect(units).toHaveCount(20);
  await units.first().focus();
  const first = await page.getByTestId('unit-readout').innerText();
  expect(first).toMatch(/^Unit \d+: [\d.]+ for your drawing/);
  await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('unit-readout')).not.toHaveText(first);

  // The pointer shows the digit below it.
  await map.scrollIntoViewIfNeeded();
  const box = (await map.boundingBox())!;
  const at = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const;
  await expect(page.getByTestId('looked-at').getByRole('img')).toHaveCount(0);
  for (let x = 0.2; x < 0.8; x += 0.05) await page.mouse.move(...at(x, 0.5));
  await expect(page.getByTestId('looked-at').getByRole('img')).toHaveAccessibleName(/Test digit \d+, a \d/);

  // A frame lists its digits; hidden classes are not listed.
  await page.mouse.move(...at(0.02, 0.02));
  await page.mouse.down();
  await page.mouse.move(...at(0.98, 0.98), { steps: 4 });
  await page.mouse.up();
  const brushed = page.getByTestId('brushed');
  await expect(brushed).toContainText('100 digits framed');
  await expect(brushed.getByRole('listitem')).toHaveCount(60);
  await page.getByRole('button', { name: 'Digits 0', exact: true }).click();
  await expect(brushed).toContainText('90 digits framed');
  await expect(brushed).not.toContainText('× 0');

  // By keyboard: the digit next to the middle, and its neighbours.
  await map.focus();
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(brushed).toContainText('12 digits framed');
  await page.locator('summary', { hasText: 'Map as a table' }).click();
  await expect(page.getByRole('region', { name: 'Digits in the frame' }).getByRole('row')).toHaveCount(13);

  // Both probes are tested on the same half.
  for (const what of ['units', 'pixels']) {
    await expect(page.getByTestId(`probe-${what}`)).toHaveText(/[\d.]+ % ± [\d.]+/);
    expect(await numberIn(page.getByTestId(`probe-${what}`).locator('b'))).toBeGreaterThan(12);
  }

  // The drawing's mark moves with every stroke.
  const before = await mark(page);
  await page.getByRole('button', { name: 'Clear', exact: true }).first().click();
  await expect.poll(async () => await mark(page)).not.toBe(before);
  const blank = await mark(page);
  await stroke(page, ZERO);
  await expect.poll(async () => await mark(page)).not.toBe(blank);

  await page.getByRole('button', { name: /^Back to/ }).click();
  await expect(page.getByTestId('hidden-units-status')).not.toContainText('fitted here');
  await expect(map).toBeVisible();
});
