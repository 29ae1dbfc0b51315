import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ok } from '../../../src/data/result.ts';
import { storedCheckpoints } from '../../../src/store/checkpoints.ts';
import { openStore } from '../../../src/store/db.ts';
import { checkpoint, run } from './samples.ts';

beforeEach(() => {
  vi.restoreAllMocks();
  vi.stubGlobal('indexedDB', new IDBFactory());
});

/** The store of the page, with a run. */
async function page() {
  const store = await openStore();
  await store.putRun({ ...run, checkpoint: null });
  return store;
}

describe("the worker's checkpoints", () => {
  it('are added to the run that the page has stored, strictly, and read from it', async () => {
    const store = await page();
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
    const checkpoints = storedCheckpoints();
    expect(await checkpoints.read('r1')).toEqual({
      ok: false,
      reason: 'run: its checkpoint is no longer there',
    });
    expect(await checkpoints.write(checkpoint)).toEqual(ok(null));
    expect(transaction.mock.lastCall?.slice(1)).toEqual(['readwrite', { durability: 'strict' }]);
    expect(await checkpoints.read('r1')).toEqual(ok(checkpoint));
    expect(await store.run('r1')).toMatchObject(ok({ checkpoint: { step: 10 } }));
  });

  it('do not bring back a run that is gone', async () => {
    const store = await page();
    await store.deleteRun('r1');
    expect((await storedCheckpoints().write(checkpoint)).ok).toBe(false);
    expect(await store.runs()).toEqual(ok([]));
  });

  it('are refused with the reason where the browser stores nothing', async () => {
    vi.stubGlobal('indexedDB', undefined);
    expect(await storedCheckpoints().write(checkpoint)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^storage: /) as string,
    });
  });

  it('are stored once a database that opens late has opened', async () => {
    await page();
    // A request whose answer does not arrive.
    const request = Object.assign(indexedDB.open('other'), { addEventListener: () => undefined });
    const open = vi.spyOn(IDBFactory.prototype, 'open').mockReturnValueOnce(request);
    const checkpoints = storedCheckpoints(() => openStore({ timeout: 100 }));
    expect(await checkpoints.write(checkpoint)).toMatchObject({
      reason: expect.stringMatching(/^storage: it has not answered in time/) as string,
    });
    open.mockRestore();
    expect(await checkpoints.write(checkpoint)).toEqual(ok(null));
  });

  it('go on after an upgrade by a newer version only with a reload, which the reason says', async () => {
    await page();
    const checkpoints = storedCheckpoints();
    await checkpoints.write(checkpoint);
    const request = indexedDB.open('inkling', 99);
    // The worker's connection does not block the newer version.
    await new Promise((resolve) => (request.onsuccess = resolve));
    request.result.close();
    expect(await checkpoints.write({ ...checkpoint, step: 11 })).toMatchObject({
      reason: expect.stringMatching(/newer version of Inkling has taken it over: reload/) as string,
    });
  });
});
