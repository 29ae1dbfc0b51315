import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, PHONE_PANELS, phonePanel, play, test } from './visitor.ts';

/** Nothing below an element that axe finds fault with, whatever can be opened being open, and nothing wider than the screen. */
async function inspect(page: Page, within = 'body'): Promise<void> {
  await page
    .locator(within)
    .evaluate((root) => root.querySelectorAll('details').forEach((each) => (each.open = true)));
  const { violations } = await new AxeBuilder({ page })
    .include(within === 'body' ? 'html' : within)
    .analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual(
    [],
  );
  const sideways = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(sideways).toBe(0);
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [320, 768, 1440]) {
    test(`both rooms at ${width} px, ${colorScheme}: no axe violation, no sideways scroll`, async ({
      page,
    }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 900 });
      await play(page);
      for (const panel of width < 720 ? PHONE_PANELS : (['Draw'] as const)) {
        await phonePanel(page, panel);
        await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
        await inspect(page);
      }
      await page.goto('#/lab');
      await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
      await inspect(page);
    });
  }
}

for (const [colorScheme, width] of [
  ['light', 320],
  ['dark', 1440],
] as const) {
  test(`every question at ${width} px, ${colorScheme}: no axe violation, no sideways scroll`, async ({
    page,
  }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 900 });
    await play(page);
    await phonePanel(page, 'Questions');
    const tabs = page.getByRole('tablist', { name: 'Questions' }).getByRole('tab');
    await expect(tabs).toHaveCount(6);
    for (const tab of await tabs.all()) {
      await tab.click();
      await expect(page.getByRole('tabpanel')).not.toContainText('Opening');
      await inspect(page, '[role=tabpanel]');
    }
  });
}
