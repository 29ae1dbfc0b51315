import { inspect, prepareInspection } from './accessibility.ts';
import { expect, numberIn, phonePanel, play, stroke, test, ZERO } from './visitor.ts';

const ONE = [
  [14, 4],
  [14, 24],
] as const;

test('the trees of a mixture are pictures, and the drawing says which it uses', async ({ page }) => {
  await prepareInspection(page, 390);
  await play(page, 'left=independent&right=chain&ask=hidden-units');
  await phonePanel(page, 'Questions');
  await page.getByRole('button', { name: 'Fit a mixture of trees to the starter digits' }).click();
  const section = page.getByRole('region', { name: /^Which trees does your drawing use/ });
  await expect(section).toBeVisible({ timeout: 100_000 });

  // Four pictures, the likeliest first, with shares that sum to 1 at most and nats that fall.
  const trees = section.getByTestId('components').getByRole('button');
  await expect(trees).toHaveCount(4);
  await expect(trees.first()).toContainText(/%.*Tree \d+.*−[\d.]+ nats/s);
  const nats = await Promise.all(
    (await trees.all()).map(async (tree) => await numberIn(tree.getByText('nats'))),
  );
  expect(nats).toEqual([...nats].sort((a, b) => b - a));
  expect(await trees.first().locator('path').count()).toBe(3);

  // The large picture follows the drawing until one is chosen, by keyboard as well.
  const large = section.getByTestId('component-large').getByRole('img');
  await expect(large).toHaveAccessibleName(
    /^Tree \d+, weight .*its 783 edges from pixel to parent. Its root is row \d+, column \d+/,
  );
  const likeliest = (await large.getAttribute('aria-label')) ?? '';
  await trees.nth(1).focus();
  await page.keyboard.press('Enter');
  await expect(trees.nth(1)).toHaveAttribute('aria-pressed', 'true');
  await expect(large).not.toHaveAccessibleName(likeliest);
  await section.getByLabel('Shown large').selectOption('The likeliest for your drawing');
  await expect(large).toHaveAccessibleName(likeliest);

  await section.locator('summary', { hasText: 'All trees as a table' }).click();
  await expect(section.getByRole('row')).toHaveCount(21);
  await inspect(page, '[role=tabpanel]');

  // A blank page has no trees to name; other strokes have other trees.
  await phonePanel(page, 'Draw');
  await page.getByRole('button', { name: 'Clear', exact: true }).first().click();
  await phonePanel(page, 'Questions');
  await expect(section.getByTestId('components-state')).toContainText('The page is blank');
  await expect(trees).toHaveCount(0);
  const first: string[] = [];
  for (const shape of [ONE, ZERO]) {
    await phonePanel(page, 'Draw');
    if (first.length > 0) await page.getByRole('button', { name: 'Clear', exact: true }).first().click();
    await stroke(page, shape);
    await phonePanel(page, 'Questions');
    await expect(trees).toHaveCount(4);
    if (first.length > 0) await expect(trees.first()).not.toHaveText(first[0]);
    first.push(await trees.first().innerText());
  }
});
