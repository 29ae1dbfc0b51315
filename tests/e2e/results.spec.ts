import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, play, test } from './visitor.ts';

const launcher = fileURLToPath(new URL('../../src/cli/run.mjs', import.meta.url));
let folder: string;

/** Images of 6 x 5 pixels, as an IDX file. */
function writeImages(name: string, count: number): void {
  const pixels = Buffer.from(Array.from({ length: count * 30 }, (_, at) => ((at * 7919) >> 3) % 256));
  const head = Buffer.alloc(16);
  [0x803, count, 5, 6].forEach((value, at) => head.writeUInt32BE(value, 4 * at));
  writeFileSync(join(folder, name), Buffer.concat([head, pixels]));
}

function cli(...args: readonly string[]): string {
  return execFileSync(process.execPath, [launcher, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  }).toString();
}

test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'inkling-results-'));
  writeImages('bars.idx', 40);
  writeImages('test.idx', 20);
  const plan = {
    data: { images: 'bars.idx', 'test-images': 'test.idx' },
    models: [{ family: ['tree', 'fvsbn'], epochs: 2 }],
    seeds: [1, 2],
  };
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
  const call = `'${process.execPath}' '${launcher}'`;
  const lines = cli('sweep', '--plan', 'plan.json', '--results', 'results', '--call', call);
  execFileSync('sh', ['-c', lines], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  writeFileSync(join(folder, 'notes.json'), '{"format":"other"}');
  cli('leaderboard', '--results', 'results', '--out', 'merged.json');
});

test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function save(page: Page, button: string): Promise<Buffer> {
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  return await readFile(await (await downloading).path());
}

test('a merged sweep is opened in the leaderboard, saved, and opened again', async ({ page }) => {
  await play(page);
  await page.goto('#/lab/leaderboard');
  const open = page.getByLabel('Open results');
  const status = page.getByTestId('results-status');
  await open.setInputFiles([join(folder, 'merged.json'), join(folder, 'notes.json')]);
  await expect(status).toHaveText('4 results in 1 file: 4 added.');
  await expect(page.getByRole('alert')).toHaveText(
    'notes.json: format: is not "inkling-results": no results of Inkling',
  );
  // The page turns to the data of the results, which are not here.
  await expect(page.getByLabel('Data set')).toHaveValue(/^idx-/);
  const rows = page.getByTestId('board-row');
  await expect(rows).toHaveCount(2);
  await expect(rows.filter({ hasText: 'Tree' })).toContainText(/measured elsewhere: 2 seeds, spread 0\.00/);
  await expect(rows.filter({ hasText: 'FVSBN' })).toContainText(/\d+\.\d\d ± \d\.\d\d/);
  await expect(rows.filter({ hasText: 'FVSBN' })).toContainText(/CPU.*cores?/);
  await expect(page.getByRole('button', { name: /^Train and measure/ })).toHaveCount(0);

  const saved = await save(page, 'Save results');
  expect(saved.toString()).toBe((await readFile(join(folder, 'merged.json'))).toString());
  expect((await save(page, 'Save as CSV')).toString()).toMatch(/^model,family,.*\r\n.*fvsbn/);
  await open.setInputFiles({ name: 'again.json', mimeType: 'application/json', buffer: saved });
  await expect(status).toHaveText('4 results in 1 file: 4 here already.');
  await expect(rows).toHaveCount(2);

  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual(
      [],
    );
  }
  for (const width of [320, 390, 768, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
  }

  // Kept over a reload; removing a line removes its seeds.
  await page.reload();
  await page.getByLabel('Data set').selectOption({ label: 'bars.idx, 40 images, measured elsewhere' });
  await expect(rows).toHaveCount(2);
  await page.getByRole('button', { name: /^Remove Tree, .*measured elsewhere/ }).click();
  await expect(rows).toHaveCount(1);
  expect(JSON.parse((await save(page, 'Save results')).toString())).toMatchObject({ runs: [{}, {}] });
});

test('what was measured here is saved, and stays beside the same from elsewhere', async ({ page }) => {
  await play(page);
  await page.goto('#/lab/leaderboard');
  await page.locator('summary', { hasText: 'What to measure' }).click();
  const ticked = page.getByRole('checkbox', { checked: true });
  while ((await ticked.count()) > 0) await ticked.first().uncheck();
  await page.getByRole('checkbox', { name: 'Tree', exact: true }).check();
  await page.getByRole('button', { name: 'Train and measure 1 model' }).click();
  await expect(page.getByTestId('board-row')).toHaveCount(1);
  const saved = (await save(page, 'Save results')).toString();
  const status = page.getByTestId('results-status');
  const open = async (text: string) =>
    page.getByLabel('Open results').setInputFiles({
      name: 'own.json',
      mimeType: 'application/json',
      buffer: Buffer.from(text),
    });
  await open(saved);
  await expect(status).toHaveText('1 result in 1 file: 1 here already.');
  await open(saved.replace(/"machine":"[^"]*"/, '"machine":"another browser"'));
  await expect(status).toHaveText('1 result in 1 file: 1 added.');
  await expect(page.getByTestId('board-row')).toHaveCount(2);
  await expect(page.getByTestId('board-row').filter({ hasText: 'another browser' })).toHaveCount(1);
  await expect(page.getByTestId('board-family')).toHaveCount(1);
});
