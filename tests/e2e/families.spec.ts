import type { Page } from '@playwright/test';
import { inspect, prepareInspection } from './accessibility.ts';
import {
  expect,
  finishSamples,
  nats,
  numberIn,
  openModelSettings,
  openPanel,
  phonePanel,
  play,
  prepareTraining,
  test,
} from './visitor.ts';

/** Waits for the end of the current run. */
async function trained(page: Page): Promise<void> {
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 90_000 });
}

/** Model A's score once it no longer changes. */
async function settled(page: Page): Promise<number> {
  let last = NaN;
  await expect
    .poll(
      async () => {
        const before = last;
        last = await nats(page, 'left');
        return last === before;
      },
      { intervals: [300] },
    )
    .toBe(true);
  return last;
}

test('a class-conditional model classifies, a mixture is trained, model cards show formulas, a classifier has no samples', async ({
  page,
}) => {
  await play(page, 'left=independent&right=neighbours&k=4&seed=2');

  // A class-conditional model, counted at once: it classifies the 7, and still gives a score.
  await expect(page.getByTestId('posterior-right')).toHaveCount(0);
  await (await openModelSettings(page, 'B')).getByLabel('One model for each digit, model B').check();
  await page.keyboard.press('Escape');
  const posterior = page.getByTestId('posterior-right');
  await expect(posterior).toHaveAttribute('aria-label', /takes the drawing for: \d with \d/);
  await expect(page.getByTestId('facts-right')).toContainText('parameters');
  expect(await nats(page, 'right')).toBeLessThan(0);
  expect(page.url()).toContain('class-conditional=1');

  // Its model card by keyboard: formulas, Escape, and the focus returns to the button.
  const about = page.getByRole('button', { name: 'About this model: Neighbours' });
  await about.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Neighbours', exact: true });
  await expect(dialog.locator('math').first()).toBeVisible();
  expect(await dialog.innerText()).not.toContain('$');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(about).toBeFocused();

  // A mixture by EM: iterations, and a lower loss than that of independent pixels.
  await prepareTraining(page, { family: 'mixture', data: /^Starter/ });
  await page.locator('summary', { hasText: 'Settings' }).click();
  await page.getByLabel('Iterations').fill('12');
  await page.getByLabel('Components').fill('10');
  await page.keyboard.press('Tab');
  await expect(page.getByTestId('training-parameters')).toHaveText('7,849');
  await page.getByRole('button', { name: 'Start training' }).click();
  await trained(page);
  await expect(page.getByTestId('training-progress')).toContainText('iteration');
  expect(await numberIn(page.getByTestId('validation-nats'))).toBeLessThan(200);
  await expect(page.getByTestId('facts-right')).toContainText('7,849');
  await finishSamples(page);

  // A classifier: the most probable digit instead of a score, and the reason why there are no samples.
  await prepareTraining(page, { family: 'logistic-regression', data: /^Starter/, epochs: 10 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await trained(page);
  await expect(page.getByTestId('best-right')).toHaveText('7');
  await expect(page.getByTestId('score-right')).toContainText('No p(x)');
  await expect(page.getByTestId('no-samples-right')).toContainText('cannot draw samples');
  await expect(page.getByTestId('map-caveat-right')).toContainText('A classifier has no p(x)');
  await finishSamples(page);

  // Missing labels are reported before the start.
  await page.getByRole('button', { name: 'Save as', exact: true }).click();
  await page.getByRole('button', { name: 'Save without a label' }).click();
  await expect(page.getByTestId('pad-said')).toContainText('Kept in My drawings');
  await page.getByLabel('Data set', { exact: true }).selectOption({ label: 'My drawings, 1 drawing' });
  await expect(page.getByRole('button', { name: 'Start training' })).toBeDisabled();
  await expect(page.getByText('every image needs a label')).toBeVisible();
});

test('4 x 4: pixels are painted by pointer and keyboard, scored, sampled, and stored apart from 28 x 28', async ({
  page,
}) => {
  await play(page, 'left=independent&right=neighbours&k=4&seed=2');
  const large = await settled(page);
  await page.getByTestId('grid').selectOption({ label: '4 × 4' });
  await expect(page.getByTestId('parameters-left')).toHaveText('16');
  expect(page.url()).toContain('grid=4');
  await page.getByRole('combobox', { name: 'Model A', exact: true }).selectOption({ label: 'Full joint' });
  await expect(page.getByTestId('parameters-left')).toHaveText('65,535');

  // One tap inks a pixel, a second erases it.
  await page.getByRole('button', { name: 'Clear' }).click();
  const ink = page.getByTestId('ink-pixels');
  await expect(ink).toHaveText('0');
  const blank = await settled(page);
  const pad = page.getByRole('application', { name: 'Drawing pad' });
  const box = (await pad.boundingBox())!;
  const tap = async (column: number, row: number) =>
    await page.mouse.click(box.x + ((column + 0.5) / 4) * box.width, box.y + ((row + 0.5) / 4) * box.height);
  await tap(1, 1);
  await expect(ink).toHaveText('1');
  await expect.poll(async () => await nats(page, 'left')).not.toBe(blank);
  const score = await nats(page, 'left');
  expect(score).toBeGreaterThan(-20);
  await expect(page.getByTestId('percentile-left')).toHaveText(/\d/);
  const bits = await numberIn(page.getByTestId('bits-left'));
  expect(bits).toBeCloseTo(-score / (16 * Math.LN2), 2);
  await tap(2, 1);
  await expect(ink).toHaveText('2');
  await tap(2, 1);
  await expect(ink).toHaveText('1');
  await expect.poll(async () => await nats(page, 'left')).toBe(score);

  // By keyboard: Enter flips one pixel.
  await pad.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await expect(ink).toHaveText('2');
  await page.keyboard.press('Control+z');
  await expect(ink).toHaveText('1');
  await finishSamples(page, 16);

  // A grid too large for the family is reported before the start, with the number of parameters.
  await openPanel(page, 'training');
  await page.getByLabel('Family').selectOption('full-joint');
  await expect(page.getByTestId('training-parameters')).toHaveText('65,535');
  await page.getByTestId('grid').selectOption({ label: '28 × 28' });
  await expect(page.getByTestId('training-parameters')).toHaveText('about 10²³⁶');
  await expect(page.getByText('Full joint cannot do this')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start training' })).toBeDisabled();

  // The model is replaced, and the large drawing is unchanged.
  await expect(page.getByTestId('parameters-left')).toHaveText('784');
  await expect.poll(async () => await nats(page, 'left')).toBe(large);

  // Choosing a model trained at 4 x 4 changes the grid of the page.
  await page.getByTestId('grid').selectOption({ label: '4 × 4' });
  await expect(ink).toHaveText('1');
  await prepareTraining(page, { family: 'full-joint', data: /^Starter/ });
  await page.getByRole('button', { name: 'Start training' }).click();
  await trained(page);
  await page.getByTestId('grid').selectOption({ label: '7 × 7' });
  await expect(page.getByTestId('facts-left')).toContainText('parameters');
  const kept = page.getByRole('combobox', { name: 'Model B', exact: true });
  const label = (await kept.locator('option').allInnerTexts()).find((text) =>
    text.includes('moves to 4 × 4'),
  );
  await kept.selectOption({ label: label! });
  await expect(page.getByTestId('grid').locator('option:checked')).toHaveText('4 × 4');
  await expect(page.getByTestId('parameters-right')).toHaveText('65,535');
});

for (const width of [320, 768, 1440])
  test(`small grid and card at ${width} px, light and dark: no axe violation, no sideways scroll`, async ({
    page,
  }) => {
    await prepareInspection(page, width);
    await play(page, 'grid=4&left=full-joint&right=neighbours&k=4&class-conditional=1');
    await phonePanel(page, 'Model B');
    await expect(page.getByTestId('posterior-right')).toBeVisible();
    await inspect(page);
    await phonePanel(page, 'Model A');
    await page.getByRole('button', { name: 'About this model: Full joint' }).click();
    await expect(page.getByRole('dialog').locator('math').first()).toBeVisible();
    await inspect(page);
  });
