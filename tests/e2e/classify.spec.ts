import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, numberIn, openModelSettings, play, test } from './visitor.ts';

const panel = (page: Page) => page.getByRole('region', { name: 'Which digit is it, and why?' });
const bars = (page: Page, role: 'queried' | 'baseline') => page.getByTestId(`bars-${role}`);

test('a generative and a discriminative model classify a drawing, pixel by pixel, also with half of it hidden', async ({
  page,
}) => {
  await play(page, 'left=independent&right=neighbours&k=4&seed=2&ask=classify');

  // For a model without classes the same family answers, one model for each digit.
  await expect(page.getByTestId('stand-in')).toContainText('knows nothing of classes');
  await expect(bars(page, 'queried')).toHaveAttribute('aria-label', /Neighbours.* takes it for: \d with \d/);
  for (const side of ['left', 'right'])
    await expect(page.getByTestId(`answer-posterior-${side}`)).toHaveAttribute('aria-label', /: \d with \d/);
  // Another one can be put into the slot.
  await panel(page).getByText('Put a model that knows classes there').click();
  await page.getByRole('button', { name: 'Ask Naive Bayes' }).click();
  await expect(bars(page, 'queried')).toHaveAttribute('aria-label', /Naive Bayes takes it for: 7 with \d/);
  await expect(bars(page, 'baseline')).toHaveAttribute('aria-label', /takes it for: \d with \d/);
  expect(page.url()).toContain('right=naive-bayes');

  // The evidence adds up to the difference of the logits, and another rival changes it.
  const sum = page.getByTestId('sum-queried');
  await expect(sum).toContainText('nats');
  const [pixels, prior, total] = await Promise.all([0, 1, 2].map((at) => numberIn(sum.locator('b').nth(at))));
  expect(pixels + prior).toBeCloseTo(total, 1);
  expect(total).toBeGreaterThan(0);
  await bars(page, 'baseline').getByRole('button', { name: /^0:/ }).click();
  await expect(page.getByTestId('contest')).toContainText('compare 7 with 0');
  await expect.poll(async () => await numberIn(sum.locator('b').nth(2))).not.toBe(total);

  // By keyboard: a pixel's evidence under both models.
  await panel(page)
    .getByRole('img', { name: /^Naive Bayes: evidence of every pixel for 7/ })
    .focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByTestId('classify-readout')).toContainText(/Naive Bayes: .*nats for 7 against 0/);
  await expect(page.getByTestId('classify-readout')).toContainText(/Logistic regression: .*nats/);

  // Hidden from both: the generative model sums over hidden pixels, the other takes them for paper.
  await page.getByLabel('Hide pixels from both').check();
  await panel(page).getByRole('button', { name: 'Hide the right half' }).click();
  await expect(page.getByTestId('how-queried')).toContainText(/^exact Hidden pixels are summed over exactly/);
  await expect(page.getByTestId('how-baseline')).toContainText(/^not exact .*paper/);
  await panel(page).getByRole('button', { name: 'Hide nothing' }).click();
  await expect(page.getByTestId('how-queried')).toContainText('Every pixel is seen');
  await panel(page).getByRole('button', { name: 'Hide the bottom half' }).click();
  await expect(page.getByTestId('how-queried')).toContainText(/^exact/);

  // A family that can only sample hidden pixels says so.
  await page
    .getByRole('combobox', { name: 'Model B', exact: true })
    .selectOption({ label: 'Neighbours, k = 6' });
  await (await openModelSettings(page, 'B')).getByLabel('One model for each digit, model B').check();
  await page.keyboard.press('Escape');
  await panel(page).getByRole('button', { name: 'Hide the top half' }).click();
  await expect(page.getByTestId('how-queried')).toContainText(/^approximate .*64 times/);
  await expect(bars(page, 'queried')).toHaveAttribute('aria-label', /Neighbours takes it for: \d/);

  const { violations } = await new AxeBuilder({ page })
    .include('section:has([data-testid="contest"])')
    .analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual(
    [],
  );
});

test('a model of every class that comes with Inkling answers, exactly, with half of the drawing hidden', async ({
  page,
}) => {
  await play(page, 'left=independent&right=neighbours&k=4&seed=2&ask=classify');
  await panel(page).getByText('Put a model that knows classes there').click();
  await expect(page.getByTestId('class-offers')).toContainText('Trained on MNIST, ready to use');
  await page
    .getByRole('button', { name: /^Ask Mixture of trees.*: \d\d\.\d % told right, .* threshold 0\.5/ })
    .click();
  await expect(
    (await openModelSettings(page, 'B')).getByText(
      /comes with Inkling; tells \d\d\.\d ± 0\.\d % of the 10,000 test digits right/,
    ),
  ).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(bars(page, 'queried')).toHaveAttribute(
    'aria-label',
    /Mixture of trees.* takes it for: 7 with \d/,
  );
  expect(page.url()).toMatch(/right=shipped:[a-z-]+/);
  await page.getByLabel('Hide pixels from both').check();
  // The top half comes first in raster order: the chain rule gives what every pixel adds.
  for (const half of ['bottom', 'right']) {
    await panel(page)
      .getByRole('button', { name: `Hide the ${half} half` })
      .click();
    await expect(page.getByTestId('how-queried')).toContainText(
      half === 'right' ? /^exact .*message passing/ : /^exact .*chain rule/,
    );
    await expect(page.getByTestId('sum-queried')).toContainText('nats');
  }
});

test('accuracies with pixels hidden, and a sample-efficiency curve that can be stopped', async ({ page }) => {
  await play(page, 'grid=7&left=independent&right=naive-bayes&seed=2&ask=classify');
  await expect(bars(page, 'queried')).toHaveAttribute('aria-label', /takes it for/);
  await expect(bars(page, 'baseline')).toHaveAttribute('aria-label', /takes it for/);

  await page.getByText('How often are both right').click();
  await page.getByRole('button', { name: 'Read the test digits' }).click();
  const table = page.getByTestId('masked-accuracy');
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
