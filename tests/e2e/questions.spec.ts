import type { Page } from '@playwright/test';
import { QUESTIONS } from '../../src/app/questions/list.ts';
import { expect, firstVisit, openPanel, play, prepareTraining, test } from './visitor.ts';

const ASKED = QUESTIONS.filter(({ about }) => about === 'one model');

const headline = (page: Page) => page.getByRole('tabpanel').getByRole('status').first();
const card = (page: Page, side: string) => page.getByTestId(`answer-${side}`);

/** What a card shows once its model has answered, by question: a figure, or pictures. */
async function answered(page: Page, side: 'left' | 'right'): Promise<void> {
  await expect(card(page, side)).not.toContainText(/reading|drawing|getting ready|scoring|no answer/, {
    timeout: 60_000,
  });
  await expect(page.getByTestId(`answer-figure-${side}`)).toHaveText(/\w/, { timeout: 60_000 });
}

test('at 1440 by 900 every question answers at once, for both models, without scrolling', async ({
  page,
}) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await firstVisit(page);
  for (const { id } of ASKED) {
    await openPanel(page, id);
    for (const side of ['left', 'right'] as const) {
      await answered(page, side);
      const box = (await card(page, side).boundingBox())!;
      expect(box.y + box.height, `${id}: the card of the model is seen whole`).toBeLessThanOrEqual(900);
    }
    await expect(headline(page)).toHaveText(/\w/);
    await expect(headline(page)).not.toHaveText(/No answer|Reading/);
  }
});

test('a question that a model cannot answer is answered by another one, which can take its place', async ({
  page,
}) => {
  await play(page, 'left=independent&right=neighbours&k=6&ask=classify');
  await answered(page, 'left');
  await answered(page, 'right');
  await expect(headline(page)).toHaveText(/^(Both say \d|A says \d, B says \d)$/);
  const note = page.getByTestId('stand-in');
  await expect(note).toContainText('Model B, Neighbours, was trained on all digits together');
  await note.getByRole('button', { name: 'Make it model B' }).click();
  await expect(note).toHaveCount(0);
  expect(page.url()).toContain('class-conditional=1');

  // The other one, asked by its card, has a stand-in of its own.
  await card(page, 'left')
    .getByRole('button', { name: /^Model A: / })
    .click();
  await expect(note).toContainText('Model A, Independent pixels, was trained on all digits together');

  // A small grid: what is needed is counted or fitted there.
  await page.goto('#/play?grid=4&left=independent&right=neighbours&ask=hidden-units');
  for (const side of ['left', 'right'] as const) await answered(page, side);
  await expect(page.getByTestId('units')).toBeVisible();
});

test('a classifier has p(x) in no question, and none ends there', async ({ page }) => {
  test.slow();
  await play(page, 'grid=7&left=independent&right=neighbours');
  await prepareTraining(page, { family: 'logistic-regression', data: /^Starter digits/ });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText(/Done|Converged/, { timeout: 60_000 });
  for (const { id, needs } of ASKED) {
    await openPanel(page, id);
    await answered(page, 'right');
    const note = page.getByTestId('stand-in');
    if (needs === 'classes') await expect(note).toHaveCount(0);
    else if (needs !== 'hidden units') await expect(note).toContainText('is a classifier');
  }
});
