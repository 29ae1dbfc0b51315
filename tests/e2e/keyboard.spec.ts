import { expect, nats, play, read, test } from './visitor.ts';

test('by keyboard alone: a 7 is drawn, scored, undone, and a model is trained and sampled', async ({
  page,
}) => {
  await play(page);
  const press = async (key: string, times = 1) => {
    for (let time = 0; time < times; time++) await page.keyboard.press(key);
  };
  /** Tab to the control that this selects: it must be reachable. */
  const tabTo = async (name: RegExp) => {
    for (let tabs = 0; tabs < 120; tabs++) {
      await page.keyboard.press('Tab');
      const label = await page.evaluate(() => {
        const element = document.activeElement;
        // What is shown: a tab has a word and a question, one of them hidden.
        return element instanceof HTMLElement
          ? (element.getAttribute('aria-label') ?? element.innerText).trim()
          : '';
      });
      if (name.test(label)) return;
    }
    throw new Error(`${String(name)} is not reachable by Tab`);
  };

  // The second Tab stop of a page that was just opened.
  await page.reload();
  await read(page);
  await press('Tab', 2);
  await expect(page.getByRole('application', { name: 'Drawing pad' })).toBeFocused();
  await press('Delete');
  await expect(page.getByTestId('ink-pixels')).toHaveText('0');
  const blank = await nats(page, 'right');

  // The pen starts in the middle: up to the left end of the bar, along it, and down the stem.
  await press('ArrowUp', 6);
  await press('ArrowLeft', 5);
  await press(' ');
  await press('ArrowRight', 10);
  for (let row = 0; row < 12; row++) {
    await press('ArrowDown');
    if (row % 2 === 0) await press('ArrowLeft');
  }
  await press(' ');
  await expect.poll(async () => await nats(page, 'right')).not.toBe(blank);
  expect(Number(await page.getByTestId('ink-pixels').innerText())).toBeGreaterThan(20);

  const ink = await page.getByTestId('ink-pixels').innerText();
  await press('Control+z');
  await expect(page.getByTestId('ink-pixels')).not.toHaveText(ink);
  await press('Control+Shift+z');
  await expect(page.getByTestId('ink-pixels')).toHaveText(ink);

  await press('Shift+Digit7');
  await expect(page.getByTestId('pad-said')).toContainText('Kept in My drawings as 7');
  await tabTo(/^Save as$/);
  await press('Enter');
  await tabTo(/^Save as 7$/);
  await press('Enter');
  await expect(page.getByTestId('pad-said')).toContainText('2 in all');

  await tabTo(/^New seed$/);
  const seed = await page.getByTestId('samples-seed').innerText();
  await press('Enter');
  await expect(page.getByTestId('samples-seed')).not.toHaveText(seed);

  await tabTo(/^How does it add up\?$/);
  await press('End');
  await page.getByLabel('Data set', { exact: true }).focus();
  await page.keyboard.type('Starter');
  await page.getByLabel('Family').focus();
  await page.keyboard.type('Independent');
  await tabTo(/^Start training$/);
  await press('Enter');
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 60_000 });
});
