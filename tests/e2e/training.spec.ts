import type { Page } from '@playwright/test';
import { expect, finishSamples, nats, play, prepareTraining, test } from './visitor.ts';

const slider = (page: Page) => page.getByRole('slider', { name: 'Along the run, in model B' });
const modelB = (page: Page) => page.getByRole('combobox', { name: 'Model B' });
const place = (page: Page) => slider(page).getAttribute('aria-valuetext');

/** The samples of model B as they are drawn, finished. */
async function samplesOfB(page: Page): Promise<string> {
  await finishSamples(page);
  return await page
    .getByTestId('samples-right')
    .locator('canvas')
    .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
}

test('a slider along the run shows in model B what it had learnt by then, and leads back', async ({
  page,
}) => {
  await play(page);
  await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 20 });
  await expect(slider(page)).toBeDisabled();
  await page.getByRole('button', { name: /^Start training/ }).click();
  await expect(page.getByTestId('training-progress')).toContainText('Done, kept on this machine', {
    timeout: 60_000,
  });
  await expect(modelB(page)).toHaveValue(/^trained:/);
  await expect(page.getByTestId('nats-right')).toHaveText(/\d/);
  const trained = { samples: await samplesOfB(page), nats: await nats(page, 'right') };
  expect(await place(page)).toMatch(/^trained, (best )?after \d+ of 160 steps, −log p \d+\.\d nats$/);

  await slider(page).focus();
  await page.keyboard.press('Home');
  await expect(slider(page)).toHaveAttribute(
    'aria-valuetext',
    /^before the first of 160 steps, −log p \d+\.\d nats$/,
  );
  await expect(page.getByTestId('snapshots')).toContainText('of 100 held-back images');
  await expect(modelB(page)).toContainText('Before the first of 160 steps');
  await expect.poll(() => samplesOfB(page)).not.toBe(trained.samples);
  const first = { samples: await samplesOfB(page), nats: await nats(page, 'right') };
  expect(first.nats).toBeLessThan(trained.nats);
  await page.keyboard.press('ArrowRight');
  expect(await place(page)).toMatch(/^after 1 of 160 steps/);

  // Back at the first stop they are the same, bit for bit: they are drawn from the same random numbers.
  await page.keyboard.press('End');
  await expect.poll(() => samplesOfB(page)).toBe(trained.samples);
  await expect(modelB(page)).toHaveValue(/^trained:/);
  await page.keyboard.press('Home');
  await expect.poll(() => samplesOfB(page)).toBe(first.samples);
  await page.getByRole('button', { name: 'Back to now' }).click();
  await expect.poll(() => nats(page, 'right')).toBe(trained.nats);
  await expect(page.getByRole('button', { name: 'Back to now' })).toBeHidden();

  // Another model chosen for B takes the slider off its stop.
  await slider(page).focus();
  await page.keyboard.press('Home');
  await expect(page.getByRole('button', { name: 'Back to now' })).toBeVisible();
  await modelB(page).selectOption('counted:independent');
  await expect(page.getByRole('button', { name: 'Back to now' })).toBeHidden();
  expect(await place(page)).toMatch(/^trained/);

  // A counted model has no steps.
  await page.getByLabel('Family').selectOption('chain');
  await page.getByRole('button', { name: /^Start training/ }).click();
  await expect(page.getByTestId('snapshots')).toContainText('there are no steps to slide over');
  await expect(slider(page)).toBeDisabled();
});

test('a paused run makes one step at a time, and says its recipe', async ({ page }) => {
  await play(page);
  const recipe = page.getByTestId('recipe');
  await prepareTraining(page, { family: 'fvsbn', data: /^Starter/ });
  await expect(recipe).toHaveText(/^Adam at .*: as usual$/);
  await page.locator('summary', { hasText: 'Settings' }).click();
  await page.getByLabel('Epochs').fill('1000');
  await page.getByLabel('Learning rate').fill('0.002');
  await page.keyboard.press('Tab');
  await expect(recipe).toHaveText(/^Adam at 0\.002, .* 1,000 epochs; changed: epochs, learning rate$/);
  await page.getByRole('button', { name: /^Start training/ }).click();
  await page.getByRole('button', { name: 'Pause' }).click();
  const progress = page.getByTestId('training-progress');
  await expect(progress).toContainText('Paused');
  const done = async () =>
    Number((await progress.getByText(/of 8,000$/).innerText()).split(' ')[0].replaceAll(',', ''));
  const before = await done();
  for (let update = 1; update <= 3; update++) {
    await page.getByRole('button', { name: 'One step' }).click();
    await expect.poll(done).toBe(before + update);
    await expect(progress.locator('p[role=status]')).toContainText('Paused');
  }
  await expect(progress).toContainText(/batch of \d+\s*\d+\.\d\d → \d+\.\d\d nats/);
  // Its model B is the one in training, after this step.
  await expect(modelB(page)).toHaveValue('learning');
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(progress).toContainText('Done, kept on this machine; stopped after');
  await page.getByRole('button', { name: 'Restore the usual settings' }).click();
  await expect(recipe).toHaveText(/: as usual$/);
});

test('a tree trained with the usual settings is the tree that is counted, and both say what they learnt from', async ({
  page,
}) => {
  await play(page, 'left=tree');
  await prepareTraining(page, { family: 'tree', data: /^Starter/ });
  await page.getByRole('button', { name: /^Start training/ }).click();
  await expect(modelB(page)).toHaveValue(/^trained:/);
  for (const side of ['left', 'right'])
    await expect(page.getByTestId(`facts-${side}`)).toContainText('learnt from 900 digits, 100 held back');
  await expect
    .poll(async () => await page.getByTestId('nats-right').innerText())
    .toBe(await page.getByTestId('nats-left').innerText());
});
