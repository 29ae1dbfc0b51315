import { expect, numberIn, play, test } from './visitor.ts';

test('three sampling methods draw the same images, bit for bit', async ({ page }) => {
  await play(page, 'left=independent&right=neighbours&k=6&seed=2&ask=sampling');
  const start = page.getByTestId('sampling-start');
  const agreement = page.getByTestId('sampling-agreement');
  await expect(page.getByTestId('reason-first-firing')).toContainText('This model cannot');

  // Against the clock, by keyboard.
  await start.focus();
  await page.keyboard.press('Enter');
  await expect(agreement).toHaveText('All 16 images drawn by both methods are identical, bit for bit.');
  await expect(page.getByTestId('steps-ancestral')).toHaveText('784 steps');
  await expect(page.getByTestId('steps-fixed-point')).toHaveText(/^784 steps → \d+ passes$/);
  for (const method of ['ancestral', 'fixed-point'] as const)
    await expect(page.getByTestId(`rate-${method}`)).toHaveText(/images\/s|too quick/);

  // The canvases show the same pixels too.
  const picture = (method: string) =>
    page
      .getByTestId(`method-${method}`)
      .locator('canvas')
      .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  expect(await picture('fixed-point')).toBe(await picture('ancestral'));
  const before = await picture('ancestral');

  // Pass by pass: the fixed point finishes while ancestral sampling has most pixels left.
  await page.getByRole('button', { name: 'pass by pass' }).click();
  await page.getByRole('tabpanel').getByRole('button', { name: 'New seed' }).click();
  await page.getByRole('button', { name: '1 image', exact: true }).click();
  await start.click();
  await expect(page.getByTestId('finished-fixed-point')).toHaveText('1 of 1');
  await start.click();
  await expect(start).toHaveText('Go on');
  await expect(page.getByTestId('finished-ancestral')).toHaveText('0 of 1');
  expect(await numberIn(page.getByTestId('steps-ancestral'))).toBeLessThan(784);
  expect(await picture('ancestral')).not.toBe(before);
  await expect(agreement).toBeEmpty();

  // Another model: the fixed point of independent pixels takes one pass that draws and one that changes nothing.
  await page
    .getByRole('group', { name: 'Which model is asked' })
    .getByRole('button', { name: 'Model A: Independent pixels' })
    .click();
  await expect(start).toHaveText('Start');
  await page.getByRole('button', { name: 'against the clock' }).click();
  await start.click();
  await expect(agreement).toHaveText('The image drawn by both methods is identical, bit for bit.');
  await expect(page.getByTestId('steps-fixed-point')).toHaveText('784 steps → 2 passes');
});
