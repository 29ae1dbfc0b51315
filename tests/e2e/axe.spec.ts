import { inspect, prepareInspection } from './accessibility.ts';
import { expect, firstVisit, PHONE_PANELS, phonePanel, play, test } from './visitor.ts';

for (const width of [320, 768, 1440]) {
  test(`both rooms at ${width} px, light and dark: no axe violation, no sideways scroll`, async ({
    page,
  }) => {
    await prepareInspection(page, width);
    await firstVisit(page);
    for (const panel of width < 720 ? PHONE_PANELS : (['Draw'] as const)) {
      await phonePanel(page, panel);
      await expect(page.locator('section.panel:visible').first()).toBeVisible();
      await inspect(page);
    }
    for (const [place, heading] of [
      ['#/lab', 'Data sets'],
      ['#/lab/speed', 'How fast is it here?'],
    ] as const) {
      await page.goto(place);
      await expect(page.getByRole('heading', { name: heading })).toBeVisible();
      await inspect(page);
    }
  });
}

for (const width of [320, 1440]) {
  test(`every question at ${width} px, light and dark: no axe violation, no sideways scroll`, async ({
    page,
  }) => {
    await prepareInspection(page, width);
    await play(page);
    await phonePanel(page, 'Questions');
    const tabs = page.getByRole('tablist', { name: 'Questions' }).getByRole('tab');
    // On a phone training has a place of its own, which the test above looks at.
    await expect(tabs).toHaveCount(width < 720 ? 6 : 7);
    for (const tab of await tabs.all()) {
      await tab.click();
      await expect(page.getByRole('tabpanel')).not.toContainText('Opening');
      await inspect(page, '[role=tabpanel]');
    }
  });
}
