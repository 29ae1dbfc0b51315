import type { Page } from '@playwright/test';
import { writeIdxImages, writeIdxLabels } from '../../src/data/idx.ts';
import {
  expect,
  importFiles,
  numberIn,
  openPanel,
  picked,
  play,
  prepareTraining,
  read,
  readByOwnModel,
  stroke,
  test,
} from './visitor.ts';

/** Twelve images of one bar each, labelled by its row. */
function bars() {
  const n = 784;
  const pixels = new Uint8Array(12 * n);
  const labels = new Uint8Array(12);
  for (let image = 0; image < 12; image++) {
    labels[image] = image % 10;
    for (let column = 4; column < 24; column++) pixels[image * n + (6 + image) * 28 + column] = 255;
  }
  return { grid: { width: 28, height: 28 }, count: 12, pixels, labels };
}

test.describe('a slow network', () => {
  // A test cannot intercept the requests of a service worker.
  test.use({ serviceWorkers: 'block' });

  test('a download shows its bytes and can be cancelled', async ({ page }) => {
    await play(page);
    await page.goto('#/lab');
    await page.route('**/data/mnist-train-images.bin', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 4000));
      await route.continue().catch(() => undefined);
    });
    await page.getByRole('button', { name: /^Fetch MNIST/ }).click();
    await expect(page.getByRole('progressbar', { name: 'Download of MNIST' })).toBeVisible();
    await page.getByRole('button', { name: 'Cancel the download' }).click();
    await expect(page.getByRole('button', { name: /^Fetch MNIST/ })).toBeVisible();
    await expect(page.getByTestId('dataset')).toHaveCount(0);
  });

  test('a download that fails says so, and can be tried again', async ({ page, complaints }) => {
    await play(page);
    await page.goto('#/lab');
    await page.route('**/data/mnist-train-images.bin', async (route) => await route.abort());
    await page.getByRole('button', { name: /^Fetch MNIST/ }).click();
    await expect(page.getByTestId('notice-mnist')).toContainText('try again');
    // The browser reports the failed request itself; nothing else may complain.
    expect(complaints.filter((text) => !/ERR_FAILED|by Playwright/.test(text))).toEqual([]);
    complaints.length = 0;
    await page.unroute('**/data/mnist-train-images.bin');
    await page.getByRole('button', { name: /^Fetch MNIST/ }).click();
    await expect(page.getByTestId('dataset')).toHaveCount(1, { timeout: 30_000 });
  });
});

test('MNIST, once fetched, is there offline', async ({ page, context }) => {
  await play(page);
  await page.goto('#/lab');
  await page.getByRole('button', { name: /^Fetch MNIST/ }).click();
  await expect(page.getByTestId('dataset').filter({ hasText: '60,000 images with labels' })).toBeVisible({
    timeout: 30_000,
  });

  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await page.goto('#/play');
  await page.reload();
  await readByOwnModel(page);
  await context.setOffline(true);
  await page.reload();
  await read(page);
  await prepareTraining(page, { family: 'neighbours', data: /^MNIST/ });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText('Done', { timeout: 90_000 });
  // All 60,000 digits, a twelfth held back: neighbours(10) stands near 97 nats.
  const validation = await numberIn(page.getByTestId('validation-nats'));
  expect(validation).toBeGreaterThan(90);
  expect(validation).toBeLessThan(105);
  await context.setOffline(false);
});

test('IDX files are imported; other files are refused with name and field', async ({ page }) => {
  await play(page);
  await page.goto('#/lab');
  const files = bars();
  await importFiles(page, [
    picked('bars-images-idx3-ubyte', writeIdxImages(files)),
    picked('bars-labels-idx1-ubyte', writeIdxLabels(files.labels)),
  ]);
  await expect(page.getByTestId('notice-import')).toContainText('12 images');
  await expect(page.getByTestId('dataset')).toHaveCount(1);

  const input = page.getByLabel('Import files');
  const refusal = page.getByTestId('import-refusal');
  await input.setInputFiles([picked('holiday.bin', Uint8Array.from([1, 2, 0, 4]))]);
  await expect(refusal).toContainText('holiday.bin: format: neither');
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await input.setInputFiles([picked('cut-images', writeIdxImages(files).slice(0, 500))]);
  await expect(refusal).toContainText('cut-images: length: truncated');
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await expect(page.getByTestId('dataset')).toHaveCount(1);

  // A model can be trained on the imported images.
  await page.goto('#/play');
  await prepareTraining(page, { family: 'independent', data: /^bars/ });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText('Done');
});

test('a set of drawings is made, grows, makes its model stale, is renamed and deleted', async ({ page }) => {
  await play(page);
  await expect(page.getByText('None saved', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Save as', exact: true }).click();
  await page.getByRole('button', { name: 'Save as 7' }).click();
  await expect(page.getByTestId('pad-said')).toContainText('Kept in My drawings as 7');

  await prepareTraining(page, { family: 'independent', data: /^My drawings/ });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByTestId('training-progress')).toContainText('Done');
  await expect(page.getByTestId('facts-right')).not.toContainText('data changed');
  await stroke(page, [
    [6, 6],
    [22, 22],
  ]);
  const strokes = await page.getByTestId('ink-pixels').innerText();
  await page.getByRole('button', { name: 'Save without a label' }).click();
  await expect(page.getByTestId('facts-right')).toContainText('data changed since this was trained');

  // The tray: the latest is laid on the pad again, its label is corrected, and one is deleted and brought back.
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect(page.getByTestId('ink-pixels')).toHaveText('0');
  await page.getByRole('button', { name: 'Lay a saved drawing on the pad: without a label' }).click();
  await expect(page.getByTestId('ink-pixels')).toHaveText(strokes);
  await page.getByRole('button', { name: 'Saved drawings: 2 drawings' }).click();
  await page.getByLabel('Label of drawing 2').selectOption('1');
  await expect(page.getByRole('button', { name: 'Lay a saved drawing on the pad: a 1' })).toBeVisible();
  await page.getByRole('button', { name: 'Delete drawing 1' }).click();
  await expect(page.getByRole('button', { name: 'Saved drawings: 1 drawing' })).toBeVisible();
  await page.getByRole('button', { name: 'Undo', exact: true }).last().click();
  await expect(page.getByRole('button', { name: 'Saved drawings: 2 drawings' })).toBeVisible();
  await page.keyboard.press('Escape');

  await page.reload();
  await read(page);
  await page.goto('#/lab');
  const dataset = page.getByTestId('dataset');
  await expect(dataset).toContainText('2 drawings');
  await dataset.getByLabel(/^Name of data set/).fill('Sevens');
  await dataset.getByLabel(/^Name of data set/).press('Enter');
  await dataset.getByRole('button', { name: 'View' }).click();
  await expect(dataset.getByRole('listitem')).toHaveCount(2);
  await dataset.getByRole('button', { name: 'Delete drawing 1' }).click();
  await expect(dataset).toContainText('1 drawing');
  await page.reload();
  await expect(page.getByTestId('dataset').getByLabel(/^Name of data set/)).toHaveValue('Sevens');
  await page.getByRole('button', { name: 'Delete Sevens' }).click();
  await page
    .getByRole('button', { name: /^(Yes|Delete)/ })
    .first()
    .click();
  await expect(page.getByTestId('dataset')).toHaveCount(0);
  await expect(page.getByTestId('model')).toHaveCount(1);
});

/** The step of the only run on the disk; -1 where it has no checkpoint. */
async function keptStep(page: Page): Promise<number> {
  return await page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open('inkling');
        opening.onerror = () => reject(new Error('the database cannot be opened'));
        opening.onsuccess = () => {
          const db = opening.result;
          const asking = db.transaction('runs').objectStore('runs').getAll();
          asking.onerror = () => reject(new Error('the runs cannot be read'));
          asking.onsuccess = () => {
            db.close();
            const rows = asking.result as { record: { checkpoint: { step: number } | null } }[];
            resolve(rows[0]?.record.checkpoint?.step ?? -1);
          };
        };
      }),
  );
}

test('a run that a reload cut off is offered and goes on', async ({ page }) => {
  await play(page);
  await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 1000, rate: 0.0002 });
  await page.getByRole('button', { name: 'Start training' }).click();
  const progress = page.getByTestId('training-progress');
  // A checkpoint is written every three seconds.
  await page.waitForTimeout(5000);
  await page.getByRole('group', { name: 'Training run' }).getByRole('button', { name: 'Pause' }).click();
  await expect(progress).toContainText('Paused, checkpoint saved');
  const paused = await progress.innerText();
  await page.waitForTimeout(600);
  expect(await progress.innerText()).toBe(paused);
  const step = Number(/step\s+([\d,]+)/.exec(paused)![1].replaceAll(',', ''));
  // A pause loses nothing: its checkpoint is stored first.
  await expect.poll(() => keptStep(page)).toBe(step);
  await page.reload();
  await read(page);
  await expect(page.getByTestId('resume-offer')).toContainText(/^FVSBN, [\d,]+ steps: resume\?$/);
  await page.getByTestId('resume-offer').click();
  const offer = page.getByTestId('interrupted');
  await expect(offer).toContainText(`step ${step.toLocaleString('en')}`);
  await offer.getByRole('button', { name: 'Resume the run' }).click();
  await expect
    .poll(async () =>
      Number(/step\s+([\d,]+)/.exec(await progress.innerText())?.[1].replaceAll(',', '') ?? 0),
    )
    .toBeGreaterThan(step);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(progress).toContainText('Done', { timeout: 30_000 });
});

test('a run belongs to the tab that trains it, and is offered to another once that tab is gone', async ({
  page,
  context,
}) => {
  await play(page);
  await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 1000, rate: 0.0002 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect.poll(() => keptStep(page), { timeout: 30_000 }).toBeGreaterThan(0);
  const other = await context.newPage();
  await play(other);
  await openPanel(other, 'training');
  const offer = other.getByTestId('interrupted');
  // The other page has asked who holds the run by the time it waits for the run's lock.
  await expect
    .poll(() =>
      other.evaluate(async () => {
        const { pending } = await navigator.locks.query();
        return pending?.filter(({ name }) => name?.startsWith('inkling-run-')).length ?? 0;
      }),
    )
    .toBe(1);
  await expect(offer).toHaveCount(0);
  await page.close();
  await expect(offer).toContainText(/interrupted at step [1-9]/);

  // Two tabs may be offered it, one can go on with it.
  const third = await context.newPage();
  await play(third);
  await third.getByTestId('resume-offer').click();
  const late = third.getByTestId('interrupted');
  await expect(late).toBeVisible();
  await offer.getByRole('button', { name: 'Resume the run' }).click();
  await expect(other.getByTestId('training-progress')).toContainText('Training');
  await late.getByRole('button', { name: 'Resume the run' }).click();
  await expect(third.getByText('Another tab goes on with this run.')).toBeVisible();
  await other.close();

  await late.getByRole('button', { name: 'Discard it' }).click();
  await expect(late).toHaveCount(0);
  await third.reload();
  await read(third);
  await expect(late).toHaveCount(0);
});
