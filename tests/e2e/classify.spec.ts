import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, numberIn, play, test } from './visitor.ts';

const panel = (page: Page) => page.getByRole('region', { name: 'Which digit is it, and why?' });
const bars = (page: Page, voice: 'asked' | 'companion') => page.getByTestId(`bars-${voice}`);

test('a drawing is told by a generative and a discriminative model, pixel by pixel, also with half of it hidden', async ({
  page,
}) => {
  await play(page, 'left=independent&right=neighbours&k=4&seed=2&ask=classify');

  // A model without classes is not asked: one click puts one that knows them in its chair.
  await expect(page.getByTestId('no-classes')).toContainText('nothing of classes');
  await page.getByRole('button', { name: 'Ask Naive Bayes' }).click();
  await expect(bars(page, 'asked')).toHaveAttribute('aria-label', /Naive Bayes takes it for: 7 with \d/);
  await expect(bars(page, 'companion')).toHaveAttribute('aria-label', /takes it for: \d with \d/);
  expect(page.url()).toContain('right=naive-bayes');

  // The evidence adds up to the difference of the logits, and another rival changes it.
  const sum = page.getByTestId('sum-asked');
  await expect(sum).toContainText('nats');
  const [pixels, prior, total] = await Promise.all([0, 1, 2].map((at) => numberIn(sum.locator('b').nth(at))));
  expect(pixels + prior).toBeCloseTo(total, 1);
  expect(total).toBeGreaterThan(0);
  await bars(page, 'companion').getByRole('button', { name: /^0:/ }).click();
  await expect(page.getByTestId('contest')).toContainText('compare 7 with 0');
  await expect.poll(async () => await numberIn(sum.locator('b').nth(2))).not.toBe(total);

  // By keyboard: a pixel's evidence under both models.
  await panel(page)
    .getByRole('img', { name: /^Naive Bayes: what every pixel says for 7/ })
    .focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByTestId('which-readout')).toContainText(/Naive Bayes: .*nats for 7 against 0/);
  await expect(page.getByTestId('which-readout')).toContainText(/Logistic regression: .*nats/);

  // Hidden from both: the one sums over what it does not see, the other takes it for paper.
  await page.getByLabel('Hide pixels from both').check();
  await panel(page).getByRole('button', { name: 'Hide the right half' }).click();
  await expect(page.getByTestId('how-asked')).toContainText(/^exact Hidden pixels are summed over exactly/);
  await expect(page.getByTestId('how-companion')).toContainText(/^not exact .*paper/);
  await panel(page).getByRole('button', { name: 'Hide nothing' }).click();
  await expect(page.getByTestId('how-asked')).toContainText('Every pixel is seen');
  await panel(page).getByRole('button', { name: 'Hide the bottom half' }).click();
  await expect(page.getByTestId('how-asked')).toContainText(/^exact/);

  // A family that can only sample what it does not see says so.
  await page
    .getByRole('combobox', { name: 'Model B', exact: true })
    .selectOption({ label: 'Nearest neighbours' });
  await page.getByLabel('One model per class, model B').check();
  await panel(page).getByRole('button', { name: 'Hide the top half' }).click();
  await expect(page.getByTestId('how-asked')).toContainText(/^approximate .*64 times/);
  await expect(bars(page, 'asked')).toHaveAttribute('aria-label', /Nearest neighbours takes it for: \d/);

  const { violations } = await new AxeBuilder({ page })
    .include('section:has([data-testid="contest"])')
    .analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual(
    [],
  );
});

test('accuracies with pixels hidden, and a learning curve that can be stopped', async ({ page }) => {
  await play(page, 'grid=7&left=independent&right=naive-bayes&seed=2&ask=classify');
  await expect(bars(page, 'asked')).toHaveAttribute('aria-label', /takes it for/);
  await expect(bars(page, 'companion')).toHaveAttribute('aria-label', /takes it for/);

  await page.getByText('How often are both right').click();
  await page.getByRole('button', { name: 'Read the test digits' }).click();
  const table = page.getByTestId('hidden-test');
  await expect(table.getByRole('row', { name: /half of the pixels, at random/ })).toContainText(
    /\d+ ± \d+ exact\s*\d+ ± \d+ as paper/,
  );
  await expect(table.getByRole('row', { name: /^nothing/ })).toContainText(/\d\d ± \d/);

  await page.getByText('Which of them learns from fewer digits?').click();
  await page.getByRole('button', { name: 'Draw the curve' }).first().click();
  const curve = page.getByTestId('learning-curve');
  await expect(curve.getByRole('img', { name: /^Right answers over/ })).toBeVisible();
  await curve.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByTestId('curve-status')).toContainText(/Stopped after \d+ of 21 pairs/);

  await curve.getByRole('button', { name: 'Draw the curve' }).click();
  await expect(page.getByTestId('curve-crossing')).toContainText(/cross|in front/, { timeout: 60_000 });
  await curve.getByText('Curve as a table').click();
  await expect(curve.getByRole('row', { name: /^1,000/ })).toContainText(/\d\d\.\d ± \d/);
});
