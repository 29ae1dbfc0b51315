import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, finishSamples, firstVisit, phonePanel, test } from './visitor.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** INKLING_SCREENSHOTS=keep writes the two pictures of the README and the manifest; otherwise they are only looked at. */
const keep = process.env.INKLING_SCREENSHOTS === 'keep';
const folder = join(root, keep ? 'public/screenshots' : 'test-results/screenshots');

const views = [
  { name: 'play-wide', width: 1440, height: 900 },
  { name: 'play-narrow', width: 390, height: 844 },
] as const;

for (const { name, width, height } of views) {
  test(`picture of the Play room as a first visit finds it, ${name}`, async ({ page }) => {
    mkdirSync(folder, { recursive: true });
    await page.setViewportSize({ width, height });
    await firstVisit(page);
    await phonePanel(page, 'Model B');
    await expect(page.getByTestId('percentile-right')).toHaveText(/\d/);
    await finishSamples(page);
    await phonePanel(page, 'Draw');
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(folder, `${name}.png`) });
  });
}
