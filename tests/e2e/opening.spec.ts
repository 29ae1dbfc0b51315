import type { Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { encode } from 'fast-png';
import { withText } from '../../src/data/png-text.ts';
import { expect, play, stroke, test } from './visitor.ts';

/** A backup of a browser in which something was drawn. */
async function backupFile(page: Page): Promise<{ name: string; bytes: number[] }> {
  await play(page);
  await stroke(page, [
    [9, 9],
    [19, 19],
  ]);
  await page.goto('#/lab');
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Back up everything' }).click();
  const download = await downloading;
  return { name: download.suggestedFilename(), bytes: [...(await readFile(await download.path()))] };
}

/** Drops files on the page, or pastes them, as the system would hand them over. */
async function hand(page: Page, how: 'drop' | 'paste', name: string, bytes: number[]): Promise<void> {
  await page.evaluate(
    ({ event, fileName, content }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(content)], fileName));
      const target = document.querySelector('main')!;
      if (event === 'paste')
        target.dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true }));
      else
        for (const type of ['dragenter', 'dragover', 'drop'])
          target.dispatchEvent(
            new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }),
          );
    },
    { event: how, fileName: name, content: bytes },
  );
}

test('a backup can be dropped on any room, pasted, and shared to the installed app', async ({ page }) => {
  const { name, bytes } = await backupFile(page);
  const plan = page.getByTestId('restore-plan');

  await page.goto('#/play');
  await hand(page, 'drop', name, bytes);
  await expect(plan).toContainText('Pages of the pad 1 here already');
  await expect(page).toHaveURL(/#\/lab$/);
  await expect(page.getByTestId('drop-veil')).toHaveCount(0);
  await plan.getByRole('button', { name: 'Close' }).click();

  await page.goto('#/learn');
  await hand(page, 'paste', name, bytes);
  await expect(plan).toContainText('Pages of the pad 1 here already');
  await plan.getByRole('button', { name: 'Close' }).click();

  // The system posts what is shared to an address that the service worker answers.
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  const sharing = await page.context().newPage();
  // Another document: the policy of Inkling's own lets no form post anything.
  const address = new URL('share', page.url()).href;
  await sharing.setContent(
    `<form method="POST" enctype="multipart/form-data" action="${address}"><input type="file" name="files"></form>`,
  );
  await sharing
    .locator('input')
    .setInputFiles({ name, mimeType: 'application/zip', buffer: Buffer.from(bytes) });
  await sharing.evaluate(() => document.querySelector('form')!.submit());
  const shared = sharing.getByTestId('restore-plan');
  await expect(shared).toContainText('Pages of the pad 1 here already');
  expect(new URL(sharing.url()).search).toBe('');
});

test('while files are dragged over the page, it says what can be dropped', async ({ page }) => {
  await play(page);
  await page.evaluate(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['x'], 'x.png'));
    document
      .querySelector('main')!
      .dispatchEvent(new DragEvent('dragenter', { dataTransfer: transfer, bubbles: true }));
  });
  await expect(page.getByTestId('drop-veil')).toContainText('Drop to open');
  await page.evaluate(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['x'], 'x.png'));
    document
      .querySelector('main')!
      .dispatchEvent(new DragEvent('dragleave', { dataTransfer: transfer, bubbles: true }));
  });
  await expect(page.getByTestId('drop-veil')).toHaveCount(0);
});

test('a model file, a saved picture and a table of numbers are opened where they are dropped', async ({
  page,
}) => {
  await play(page);
  const model = await readFile(new URL('../fixtures/models/chain-up-28x28.safetensors', import.meta.url));
  await hand(page, 'drop', 'mine.safetensors', [...model]);
  await expect(page.getByTestId('facts-right')).toContainText('parameters');
  await expect(page).toHaveURL(/right=model/);

  // Another site's address: only what stands after the # is taken.
  const png = encode({ width: 1, height: 1, data: Uint8Array.of(0, 0, 0), channels: 3, depth: 8 });
  const linked = withText(Uint8Array.from(png), [
    { keyword: 'Inkling-Link', text: 'https://elsewhere.test/#/play?right=neighbours&seed=7' },
  ]);
  if (!linked.ok) throw new Error(linked.reason);
  await hand(page, 'drop', 'figure.png', [...linked.value]);
  await expect(page).toHaveURL(/^http:\/\/localhost.*#\/play\?.*seed=7/);

  await page.goto('#/lab/exactness');
  const rows = Array.from({ length: 12 }, (_, image) =>
    Array.from({ length: 65 }, (__, i) => (i === 0 ? image % 10 : (image * i) % 2 ? 255 : 0)).join(','),
  );
  await hand(page, 'drop', 'tiny.csv', [...new TextEncoder().encode(rows.join('\n'))]);
  await expect(page.getByRole('dialog')).toContainText('12 images');
});
