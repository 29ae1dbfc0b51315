import { expect, numberIn, play, test } from './visitor.ts';

test('three ways to draw the same images race, and come to the same bits', async ({ page }) => {
  await play(page, 'left=independent&right=neighbours&k=6&seed=2&ask=sampling');
  const go = page.getByTestId('race-go');
  const verdict = page.getByTestId('race-verdict');
  await expect(page.getByTestId('reason-first-firing')).toContainText('This model cannot');

  // Against the clock, by keyboard.
  await go.focus();
  await page.keyboard.press('Enter');
  await expect(verdict).toHaveText('All 16 images are identical in both lanes, bit for bit.');
  await expect(page.getByTestId('steps-ancestral')).toHaveText('784 steps');
  await expect(page.getByTestId('steps-fixed-point')).toHaveText(/^784 steps → \d+ passes$/);
  for (const method of ['ancestral', 'fixed-point'] as const)
    await expect(page.getByTestId(`rate-${method}`)).toHaveText(/images\/s|too quick/);

  // What the lanes show is the same too, pixel by pixel.
  const picture = (method: string) =>
    page
      .getByTestId(`lane-${method}`)
      .locator('canvas')
      .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  expect(await picture('fixed-point')).toBe(await picture('ancestral'));
  const before = await picture('ancestral');

  // Pass by pass: paused on the way, the fixed point still moves while most pixels wait.
  await page.getByRole('button', { name: 'pass by pass' }).click();
  await page.getByRole('tabpanel').getByRole('button', { name: 'New seed' }).click();
  await page.getByRole('button', { name: '1 image', exact: true }).click();
  await go.click();
  await expect(page.getByTestId('finished-fixed-point')).toHaveText('1 of 1');
  await go.click();
  await expect(go).toHaveText('Go on');
  await expect(page.getByTestId('finished-ancestral')).toHaveText('0 of 1');
  expect(await numberIn(page.getByTestId('steps-ancestral'))).toBeLessThan(784);
  expect(await picture('ancestral')).not.toBe(before);
  await expect(verdict).toBeEmpty();

  // The other model sits down: a new race, one pass to draw and one to notice.
  await page
    .getByRole('group', { name: 'Which model is asked' })
    .getByRole('button', { name: 'Independent pixels' })
    .click();
  await expect(go).toHaveText('Race');
  await page.getByRole('button', { name: 'against the clock' }).click();
  await go.click();
  await expect(verdict).toHaveText('The image is identical in both lanes, bit for bit.');
  await expect(page.getByTestId('steps-fixed-point')).toHaveText('784 steps → 2 passes');
});
