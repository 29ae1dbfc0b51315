import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { expect, nats, numberIn, phonePanel, play, read, stroke, test } from './visitor.ts';

const panel = (page: Page) => page.getByRole('tabpanel', { name: 'How does it add up?' });
const slider = (page: Page) => panel(page).getByRole('slider', { name: 'Pixels seen' });
const picture = (page: Page) => panel(page).getByRole('application', { name: /^The drawing as/ });
const flips = (page: Page) => panel(page).getByRole('img', { name: /^Change of the logit of row/ });
const position = async (page: Page) => await numberIn(page.getByTestId('explain-position'));

/** Clicks into a pixel of the 28x28 grid, counted from 0. */
async function tap(board: Locator, row: number, column: number): Promise<void> {
  await board.scrollIntoViewIfNeeded();
  const { width, height } = (await board.boundingBox())!;
  await board.click({ position: { x: ((column + 0.5) * width) / 28, y: ((row + 0.5) * height) / 28 } });
}

async function agrees(page: Page): Promise<void> {
  await expect(page.getByTestId('explain-difference')).toHaveText(/\d/);
  expect(Math.abs(await numberIn(page.getByTestId('explain-difference')))).toBeLessThan(1e-3);
  // Of the current drawing; the other figures of it arrive with the score or soon after.
  const whole = await numberIn(page.getByTestId('explain-whole'));
  const apart = async (shown: Promise<number>) => Math.abs((await shown) - whole);
  await expect.poll(() => apart(numberIn(page.getByTestId('explain-sum')))).toBeLessThan(0.011);
  await expect.poll(() => apart(nats(page, 'right'))).toBeLessThan(0.06);
}

test('the running sum ends at the score, and follows the drawing', async ({ page }) => {
  await play(page, 'ask=explain');
  // Opened at the pixel of the largest surprise, which is not the first.
  await expect.poll(() => position(page)).toBeGreaterThan(0);
  const first = await position(page);
  const term = await numberIn(page.getByTestId('explain-term'));
  const before = await numberIn(page.getByTestId('explain-sum'));
  expect(term).toBeLessThan(-0.5);
  await panel(page).getByRole('button', { name: 'Next pixel', exact: true }).click();
  expect(await position(page)).toBe(first + 1);
  const after = await numberIn(page.getByTestId('explain-sum'));
  expect(Math.abs(after - before - term)).toBeLessThan(0.016);
  await slider(page).press('ArrowLeft');
  await slider(page).press('ArrowLeft');
  expect(await position(page)).toBe(first - 1);

  await panel(page).getByRole('button', { name: 'End', exact: true }).click();
  await agrees(page);
  const seven = await numberIn(page.getByTestId('explain-sum'));
  await page.getByRole('button', { name: 'Clear' }).click();
  await stroke(page, [
    [8, 8],
    [20, 20],
  ]);
  expect(await position(page)).toBe(784);
  await expect.poll(() => numberIn(page.getByTestId('explain-sum'))).not.toBe(seven);
  await agrees(page);

  await panel(page).getByRole('button', { name: 'Play' }).click();
  await expect.poll(() => position(page)).toBeGreaterThan(2);
  await panel(page).getByRole('button', { name: 'Pause' }).click();
  expect(await position(page)).toBeLessThan(784);
});

test('a tapped pixel shows its attribution: parents and their table, and no later pixel', async ({
  page,
}) => {
  await play(page, 'ask=explain&left=tree&right=neighbours&k=4');
  await tap(picture(page), 12, 14);
  expect(await position(page)).toBe(12 * 28 + 14);
  const tally = page.getByTestId('explain-tally');
  await expect(tally).toHaveText(
    /^Of 350 earlier pixels, [1-4] changes? it and 34\d do nothing. Of 433 later ones, none does anything.$/,
    { timeout: 30_000 },
  );
  const table = page.getByTestId('explain-table');
  await expect(table.locator('thead th')).toHaveText([
    'left',
    'above',
    'above left',
    'above right',
    'p(ink)',
    'logit',
  ]);
  await expect(table.locator('tbody tr')).toHaveCount(16);
  const drawn = table.locator('tr[aria-current]');
  expect(await numberIn(drawn.locator('td').nth(4))).toBe(await numberIn(page.getByTestId('explain-next')));

  // The flip equals the difference to the table's entry with the left pixel flipped.
  const states = await drawn.locator('td').allInnerTexts();
  const flippedRows = table
    .locator('tbody tr')
    .filter({ has: page.locator('td').first().filter({ hasNotText: states[0] }) });
  let other = NaN;
  for (const row of await flippedRows.all()) {
    const own = await row.locator('td').allInnerTexts();
    if (own.slice(1, 4).join() === states.slice(1, 4).join()) other = Number(own[5].replace('−', '-'));
  }
  await tap(flips(page), 12, 13);
  const hovered = page.getByTestId('explain-hovered-pixel');
  const flip = Number(/flip ([+−][\d.]+)/.exec(await hovered.innerText())![1].replace('−', '-'));
  expect(Math.abs(flip - (other - Number(states[5].replace('−', '-'))))).toBeLessThan(0.011);
  await tap(flips(page), 12, 15);
  await expect(hovered).toContainText('later; flip exactly 0');

  await picture(page).press('ArrowDown');
  expect(await position(page)).toBe(13 * 28 + 14);
  await page.getByRole('group', { name: 'Which model is asked' }).getByRole('button').first().click();
  await expect(table.locator('tbody tr')).toHaveCount(2);
  // What is not on the screen is not computed.
  await tally.scrollIntoViewIfNeeded();
  await expect(tally).toHaveText(/ 1 changes it .* none does anything.$/, { timeout: 30_000 });
});

test('for a model without a single chain another one answers, with the reason', async ({ page }) => {
  await play(page, 'ask=explain&left=independent&right=tree&class-conditional=1');
  await expect(page.getByTestId('stand-in')).toContainText('10 different orders');
  await expect(page.getByTestId('stand-in')).toContainText(
    /^Model B, .*Neighbours, k = 6 answers in its place/i,
  );
  await expect(page.getByTestId('explain-sum')).toHaveText(/\d/);
  await page.goto('#/play?ask=explain&left=independent&right=independent');
  await read(page);
  await expect(page.getByTestId('stand-in')).toHaveCount(0);
  await expect(page.getByTestId('explain-sum')).toHaveText(/\d/);
});

test.describe('on a phone', () => {
  test.use({ hasTouch: true, viewport: { width: 390, height: 844 }, isMobile: true });

  test('the page does not scroll sideways, and a tap chooses a pixel', async ({ page }) => {
    await play(page, 'ask=explain');
    await phonePanel(page, 'Questions');
    await expect(page.getByTestId('explain-sum')).toHaveText(/\d/);
    const board = picture(page);
    await board.scrollIntoViewIfNeeded();
    const { width } = (await board.boundingBox())!;
    await board.tap({ position: { x: (10.5 * width) / 28, y: (20.5 * width) / 28 } });
    expect(await position(page)).toBe(20 * 28 + 10);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    ).toBe(0);
    const { violations } = await new AxeBuilder({ page }).include('[role=tabpanel]').analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual(
      [],
    );
  });
});
