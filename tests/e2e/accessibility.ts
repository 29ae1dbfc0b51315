import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect } from './visitor.ts';

/** The rules of axe whose result depends on the colours; all others see the same page in either theme. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/** To be called before the page is opened: without motion, so that colours are those of the theme at once. */
export async function prepareInspection(page: Page, width: number): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize({ width, height: 900 });
}

/**
 * axe finds no violation below an element, in the light theme nor in the dark one, whatever can be opened being open, and
 * nothing is wider than the screen.
 */
export async function inspect(page: Page, within = 'html'): Promise<void> {
  await page
    .locator(within)
    .evaluate((root) => root.querySelectorAll('details').forEach((each) => (each.open = true)));
  // Legacy mode leaves out only frames of other origins, of which there are none, and opens no second page for every result.
  const builder = () => new AxeBuilder({ page }).include(within).setLegacyMode();
  const light = await textColour(page);
  expect(await violations(builder())).toEqual([]);
  expect(await sidewaysScroll(page)).toBe(0);

  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await textColour(page)).not.toBe(light);
  expect(await violations(builder().withRules(COLOUR_RULES))).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light' });
}

async function violations(builder: AxeBuilder): Promise<string[]> {
  const { violations: found } = await builder.analyze();
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
}

function textColour(page: Page): Promise<string> {
  return page.evaluate(() => getComputedStyle(document.body).color);
}

function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
