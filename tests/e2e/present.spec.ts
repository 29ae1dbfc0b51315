import { expect, play, stroke, test } from './visitor.ts';

test('a lecturer presents one panel at a time, large, by arrow keys and a presenter, and ends with Escape', async ({
  page,
}) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await play(page);
  const panels = page.locator('section.panel:visible');
  const size = () => page.evaluate(() => getComputedStyle(document.documentElement).fontSize);
  expect(await size()).toBe('16px');
  await page.getByRole('button', { name: 'Present' }).click();
  await expect(panels).toHaveCount(1);
  expect(await size()).toBe('24px');
  await expect(page.getByRole('navigation', { name: 'Rooms' })).toHaveCount(0);

  // The pad fills the height, and draws; both scores are beside it.
  const pad = page.getByRole('application', { name: 'Drawing pad' });
  expect((await pad.boundingBox())!.height).toBeGreaterThan(700);
  const live = page.getByTestId('live-right').filter({ visible: true });
  const before = await live.innerText();
  await stroke(page, [
    [8, 6],
    [20, 6],
    [12, 22],
  ]);
  await expect(live).not.toHaveText(before);
  // On the pad the arrow keys are the pen's.
  await page.keyboard.press('ArrowRight');
  await expect(pad).toBeVisible();

  await page.keyboard.press('PageDown');
  await expect(page.getByTestId('nats-left')).toBeInViewport();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('nats-right')).toBeInViewport();
  // All of the model is on one screen.
  await expect(page.getByTestId('samples-right')).toBeInViewport({ ratio: 1 });
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThanOrEqual(900);
  await page.keyboard.press('PageDown');
  await expect(page.getByRole('region', { name: 'How does the score add up?' })).toBeVisible();
  await page.keyboard.press('PageUp');
  await expect(page.getByTestId('nats-right')).toBeInViewport();

  await page.keyboard.press('Escape');
  await expect(page.getByRole('navigation', { name: 'Rooms' })).toBeVisible();
  expect(await size()).toBe('16px');
  await expect(panels).toHaveCount(4);
});
