import { AxeBuilder } from '@axe-core/playwright';
import { expect, play, test } from './visitor.ts';

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [320, 768, 1440]) {
    test(`both rooms at ${width} px, ${colorScheme}: no axe violation, no sideways scroll`, async ({
      page,
    }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 900 });
      await play(page);
      for (const room of ['play', 'lab']) {
        await page.goto(`#/${room}`);
        await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
        for (const details of await page.locator('details > summary').all()) await details.click();
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`),
        ).toEqual([]);
        const sideways = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(sideways).toBe(0);
      }
    });
  }
}
