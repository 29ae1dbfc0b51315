import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, finishSamples, phonePanel, play, prepareTraining, test } from './visitor.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** INKLING_SCREENSHOTS=keep writes the two pictures of the README and the manifest; otherwise they are only looked at. */
const keep = process.env.INKLING_SCREENSHOTS === 'keep';
const folder = join(root, keep ? 'public/screenshots' : 'test-results/screenshots');

const views = [
  { name: 'play-wide', width: 1440, height: 1600, training: /^MNIST/, epochs: 2 },
  { name: 'play-narrow', width: 390, height: 844, training: /^Starter/, epochs: 10 },
] as const;

for (const { name, width, height, training, epochs } of views) {
  test(`picture of the Play room, ${name}`, async ({ page }) => {
    mkdirSync(folder, { recursive: true });
    await page.setViewportSize({ width, height });
    await play(page, 'left=independent&right=neighbours&k=6&seed=3');
    await phonePanel(page, 'Training');
    await prepareTraining(page, { family: 'fvsbn', data: training, epochs, rate: 0.01 });
    await page.getByRole('button', { name: 'Start training' }).click();
    await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 90_000 });
    await phonePanel(page, 'Samples');
    await finishSamples(page);
    await phonePanel(page, 'Draw');
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(folder, `${name}.png`) });
  });
}
