import type { Page } from '@playwright/test';
import { expect, play, prepareTraining, read, stroke, test } from './visitor.ts';

/** Keys in one table of the store, with a checksum of each row's drawing, if it has one. */
async function storedRows(page: Page, table: string): Promise<Record<string, number>> {
  return await page.evaluate(
    (name) =>
      new Promise<Record<string, number>>((resolve, reject) => {
        const opening = indexedDB.open('inkling');
        opening.onerror = () => reject(new Error('the database cannot be opened'));
        opening.onsuccess = () => {
          const db = opening.result;
          const asking = db.transaction(name).objectStore(name).getAll();
          asking.onerror = () => reject(new Error('the rows cannot be read'));
          asking.onsuccess = () => {
            db.close();
            const rows = asking.result as { key: string; checksum: number }[];
            resolve(Object.fromEntries(rows.map(({ key, checksum }) => [key, checksum])));
          };
        };
      }),
    table,
  );
}

test('a model that does not fit the storage is not shown as kept: it can be exported and stored later', async ({
  page,
}) => {
  await play(page);
  await prepareTraining(page, { family: 'fvsbn', data: /^Starter/, epochs: 1000, rate: 0.0002 });
  await page.getByRole('button', { name: 'Start training' }).click();
  const progress = page.getByTestId('training-progress');
  await page.getByRole('group', { name: 'Training run' }).getByRole('button', { name: 'Pause' }).click();
  await expect(progress).toContainText('Paused, checkpoint saved', { timeout: 30_000 });

  // No room for models from here on.
  await page.evaluate(() => {
    const put = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'put')
      ?.value as IDBObjectStore['put'];
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...given) {
      const full = this.name === 'models' && !('room' in globalThis);
      if (full) throw new DOMException('', 'QuotaExceededError');
      return put.apply(this, given);
    };
  });
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(progress).toContainText('Done, but not kept on this machine', { timeout: 30_000 });
  const runs = Object.keys(await storedRows(page, 'runs'));
  expect(runs).toHaveLength(1);
  expect(await storedRows(page, 'models')).toEqual({});
  await expect(page.getByTestId('notice-unkept')).toContainText('storage: it is full');
  // It can still be used.
  await expect(page.getByTestId('origin-right')).toContainText('starter digits');

  const offer = page.getByTestId('unkept');
  const downloading = page.waitForEvent('download');
  await offer.getByRole('button', { name: 'Export the model' }).click();
  expect((await downloading).suggestedFilename()).toMatch(/\.safetensors$/);
  await offer.getByRole('button', { name: 'Try to keep it again' }).click();
  await expect(offer).toBeVisible();
  expect(Object.keys(await storedRows(page, 'runs'))).toEqual(runs);

  // The Lab shows it too.
  await page.goto('#/lab');
  await expect(page.getByTestId('unkept')).toBeVisible();
  await expect(page.getByTestId('model')).toHaveCount(1);
  await page.evaluate(() => Object.assign(globalThis, { room: true }));
  await page.getByRole('button', { name: 'Try to keep it again' }).click();
  await expect(page.getByTestId('unkept')).toHaveCount(0);
  await expect(page.getByTestId('notice-unkept')).toHaveCount(0);
  expect(Object.keys(await storedRows(page, 'models'))).toEqual(runs);
  expect(await storedRows(page, 'runs')).toEqual({});
  await page.reload();
  await expect(page.getByTestId('model')).toHaveCount(1);
});

test('the last drawing comes back however late the storage answers, and is not saved over', async ({
  page,
}) => {
  await play(page);
  const digit = await page.getByTestId('nats-left').innerText();
  await stroke(page, [
    [6, 6],
    [22, 6],
    [10, 24],
  ]);
  // Longer than the page waits before it saves.
  await page.waitForTimeout(1500);
  expect(Object.keys(await storedRows(page, 'settings'))).toContain('drawing');
  // The stored drawing is that of the pad: the digit and the stroke.
  await page.reload();
  await read(page);
  await expect(page.getByTestId('nats-left')).not.toHaveText(digit);
  const score = await page.getByTestId('nats-left').innerText();
  const kept = (await storedRows(page, 'settings')).drawing;

  await page.addInitScript(() => {
    // idb learns of an open database by this event.
    const open = Object.getOwnPropertyDescriptor(IDBFactory.prototype, 'open')?.value as IDBFactory['open'];
    IDBFactory.prototype.open = function (this: IDBFactory, ...given) {
      const request = open.apply(this, given);
      const add = request.addEventListener.bind(request);
      request.addEventListener = (type: string, listener: EventListener) =>
        add(type, type === 'success' ? (event: Event) => setTimeout(listener, 4000, event) : listener);
      return request;
    };
  });
  await page.reload();
  await read(page);
  await expect(page.getByTestId('pad-said')).toContainText('A test digit lies on the pad');
  await expect(page.getByTestId('nats-left')).toHaveText(digit);
  await expect(page.getByTestId('pad-said')).toContainText('drawing of your last visit');
  await expect(page.getByTestId('nats-left')).toHaveText(score);
  await expect(page.getByRole('button', { name: 'Undo' }).first()).toBeDisabled();
  await page.waitForTimeout(1500);
  expect((await storedRows(page, 'settings')).drawing).toBe(kept);
});
