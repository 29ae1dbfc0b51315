import 'fake-indexeddb/auto';
import { forceCloseDatabase } from 'fake-indexeddb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Result } from '../../../src/data/result.ts';
import { openStore } from '../../../src/store/db.ts';
import type { Store } from '../../../src/store/store.ts';
import type { SetAsideRow, TableName } from '../../../src/store/tables.ts';
import { done, edit, openRaw, watchConnections, watchPuts } from './raw.ts';
import { checkpoint, dataset, drawing, model, payload, records, run } from './samples.ts';

let databases = 0;
const freshName = () => `trouble-${++databases}`;
const imported = { ...dataset, id: 'p1', origin: 'imported' as const, createdAt: 50, count: 3 };

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function must<T>(promise: Promise<Result<T>>): Promise<T> {
  const result = await promise;
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

/** A store with one record in every table. */
async function fill(store: Store): Promise<void> {
  await must(store.putDatasetWithPayload(imported, payload));
  await must(store.putDataset(dataset));
  await must(store.addDrawing(drawing, 300));
  await must(store.putModel(model));
  await must(store.putRun(run));
  await must(store.putSetting('s1', 'as it was'));
}

async function everything(store: Store): Promise<unknown> {
  return {
    datasets: await must(store.datasets()),
    payload: await must(store.payload('p1')),
    drawings: await must(store.drawings('d1')),
    models: await must(store.models()),
    runs: await must(store.runs()),
    setting: await must(store.getSetting('s1')),
  };
}

const writes: [string, (store: Store) => Promise<Result<unknown>>][] = [
  ['putDataset', (s) => s.putDataset({ ...dataset, name: 'new name' })],
  [
    'putDatasetWithPayload',
    (s) => s.putDatasetWithPayload({ ...imported, revision: 2 }, { ...payload, images: Uint8Array.of(9) }),
  ],
  ['addDrawing', (s) => s.addDrawing({ ...drawing, id: 'w2' })],
  ['updateDrawing', (s) => s.updateDrawing('w1', 1)],
  ['deleteDrawing', (s) => s.deleteDrawing('w1')],
  ['putModel', (s) => s.putModel({ ...model, name: 'new name' })],
  ['putModel of a new model', (s) => s.putModel({ ...model, id: 'm2' })],
  ['finishRun', (s) => s.finishRun({ ...model, id: 'm2' }, 'r1')],
  ['putRun', (s) => s.putRun({ ...run, updatedAt: 999 })],
  ['putCheckpoint', (s) => s.putCheckpoint('r1', { ...checkpoint, step: 11 })],
  ['putSetting', (s) => s.putSetting('s1', 'changed')],
  ['changeSetting', (s) => s.changeSetting('s1', (stored) => `${String(stored)} and more`)],
];

const deletions: [string, (store: Store) => Promise<Result<unknown>>][] = [
  ['deleteDataset', (s) => s.deleteDataset('d1')],
  ['deleteModel', (s) => s.deleteModel('m1')],
  ['deleteRun', (s) => s.deleteRun('r1')],
];

describe('durability', () => {
  /** The durability of the next read-write transactions. */
  function watchDurability(): (string | undefined)[] {
    const asked: (string | undefined)[] = [];
    const transaction = Object.getOwnPropertyDescriptor(IDBDatabase.prototype, 'transaction')
      ?.value as IDBDatabase['transaction'];
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...given) {
      if (given[1] === 'readwrite') asked.push(given[2]?.durability);
      return transaction.apply(this, given);
    });
    return asked;
  }

  it.each([...writes, ...deletions])('of %s is strict, except for settings', async (name, write) => {
    const store = await openStore({ name: freshName() });
    await fill(store);
    const asked = watchDurability();
    await must(write(store));
    expect(asked).toEqual([name.endsWith('Setting') ? 'relaxed' : 'strict']);
  });
});

describe('a full disk', () => {
  const refusals = {
    'when a row is handed over': (failing: number) =>
      watchPuts((put) => {
        if (put === failing) throw new DOMException('full', 'QuotaExceededError');
      }),
    'when the transaction is under way': (failing: number) =>
      watchPuts(
        () => {},
        (put, transaction) => {
          if (put === failing)
            (transaction as unknown as { _abort(name: string): void })._abort('QuotaExceededError');
        },
      ),
  };

  it.each(
    writes.flatMap(([name, write]) =>
      Object.entries(refusals).map(([when, refuse]) => ({ name, when, write, refuse })),
    ),
  )('noticed $when leaves everything as it was before $name', async ({ write, refuse }) => {
    for (let failing = 1; ; failing++) {
      const store = await openStore({ name: freshName() });
      await fill(store);
      const before = await everything(store);
      const spy = refuse(failing);
      const result = await write(store);
      const puts = spy.mock.calls.length;
      spy.mockRestore();
      if (puts < failing) {
        // Every write of this change has failed once; without a failure it goes through.
        expect(result.ok).toBe(true);
        expect(failing).toBeGreaterThan(1);
        return;
      }
      expect(result).toMatchObject({
        ok: false,
        reason: expect.stringMatching(/^storage: it is full/) as string,
      });
      expect(await everything(store)).toEqual(before);
    }
  });

  // A deletion writes too: to the log of the database.
  it.each(deletions)('leaves everything as it was before %s', async (_, write) => {
    const store = await openStore({ name: freshName() });
    await fill(store);
    const before = await everything(store);
    const remove = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'delete')
      ?.value as IDBObjectStore['delete'];
    vi.spyOn(IDBObjectStore.prototype, 'delete').mockImplementation(function (this: IDBObjectStore, key) {
      const request = remove.call(this, key);
      (this.transaction as unknown as { _abort(name: string): void })._abort('QuotaExceededError');
      return request;
    });
    expect(await write(store)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^storage: it is full/) as string,
    });
    vi.restoreAllMocks();
    expect(await everything(store)).toEqual(before);
    await must(write(store));
    expect(await everything(store)).not.toEqual(before);
  });
});

describe('a lost connection', () => {
  it('is opened again, with or without an event of the browser', async () => {
    const connections = watchConnections();
    const store = await openStore({ name: freshName() });
    await fill(store);
    forceCloseDatabase(connections[0] as never);
    await must(store.putModel({ ...model, id: 'm2' }));
    expect(connections.length).toBe(2);
    // Without an event: the next transaction finds out.
    connections[1].close();
    await must(store.putModel({ ...model, id: 'm3' }));
    expect(connections.length).toBe(3);
    expect((await must(store.models())).length).toBe(3);
  });

  it('during a change repeats the whole change', async () => {
    const connections = watchConnections();
    const store = await openStore({ name: freshName() });
    await fill(store);
    let cuts = 0;
    watchPuts(
      () => {},
      () => {
        if (cuts++ === 0) forceCloseDatabase(connections[0] as never);
      },
    );
    expect(await must(store.addDrawing({ ...drawing, id: 'w2' }))).toMatchObject({ count: 2, revision: 3 });
    expect(cuts).toBeGreaterThan(1);
    expect((await must(store.drawings('d1'))).length).toBe(2);
  });

  it('that cannot be opened again is a failure with a reason, and a later change may succeed', async () => {
    const store = await openStore({ name: freshName() });
    const spy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(() => {
      throw new DOMException('gone', 'InvalidStateError');
    });
    expect(await store.putModel(model)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^storage: /) as string,
    });
    expect(spy).toHaveBeenCalledTimes(2);
    spy.mockRestore();
    await must(store.putModel(model));
  });

  it('after the origin was wiped opens an empty database', async () => {
    const name = freshName();
    const store = await openStore({ name });
    await fill(store);
    await done(indexedDB.deleteDatabase(name));
    expect(await must(store.datasets())).toEqual([]);
    await must(store.putDataset(dataset));
  });
});

describe('no storage', () => {
  it.each([
    [
      'refused',
      () => {
        throw new DOMException('', 'SecurityError');
      },
      /does not allow/,
    ],
    [
      'broken',
      () => {
        throw new DOMException('', 'UnknownError');
      },
      /UnknownError/,
    ],
    [
      'odd',
      () => {
        throw new TypeError('open is not a function');
      },
      /cannot be opened .*open is not/,
    ],
  ])('(%s) is told once and the store works in memory', async (_, open, sentence) => {
    vi.stubGlobal('indexedDB', { open });
    const store = await openStore();
    vi.unstubAllGlobals();
    expect(store.kept).toBe(false);
    expect(store.notKept).toMatch(sentence);
    await fill(store);
    expect((await must(store.datasets())).length).toBe(2);
  });

  it('where it does not answer in time', async () => {
    const open = Object.getOwnPropertyDescriptor(IDBFactory.prototype, 'open')?.value as IDBFactory['open'];
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(function (this: IDBFactory, ...given) {
      return Object.assign(open.apply(this, given), { addEventListener: () => undefined });
    });
    const store = await openStore({ name: freshName(), timeout: 20 });
    expect(store.notKept).toBe('storage: it has not answered in time: reload this page to try again');
    await fill(store);
  });

  it('where the browser has no IndexedDB at all', async () => {
    const { indexedDB: real } = globalThis;
    Reflect.deleteProperty(globalThis, 'indexedDB');
    const store = await openStore();
    globalThis.indexedDB = real;
    expect(store.notKept).toBe('storage: this browser offers none');
  });
});

describe('versions', () => {
  /** Version 1 as it was released: never change this. */
  function makeVersion1(db: IDBDatabase): void {
    for (const table of ['datasets', 'payloads', 'drawings', 'models', 'settings', 'setAside'])
      db.createObjectStore(table, { keyPath: 'key' });
  }

  it('opens a database of version 1 with all that is in it', async () => {
    const name = freshName();
    // Rows as the store writes them, taken from a store of now and put into the old tables.
    const source = freshName();
    await fill(await openStore({ name: source }));
    const now = await openRaw(source);
    const old = await openRaw(name, 1, makeVersion1);
    for (const table of ['datasets', 'payloads', 'drawings', 'models', 'settings']) {
      const rows = (await done(now.transaction(table).objectStore(table).getAll())) as unknown[];
      expect(rows.length).toBeGreaterThan(0);
      const target = old.transaction(table, 'readwrite').objectStore(table);
      for (const row of rows) await done(target.put(row));
    }
    old.close();

    const store = await openStore({ name });
    expect(store.kept).toBe(true);
    await must(store.putRun(run));
    expect(await everything(store)).toEqual(await everything(await openStore({ name: source })));
  });

  it('reports an old tab, works in memory, and does not block once the database can open', async () => {
    const name = freshName();
    const old = await openRaw(name, 1, makeVersion1);
    const onBlocked = vi.fn();
    const store = await openStore({ name, onBlocked, timeout: 20 });
    expect(onBlocked).toHaveBeenCalledTimes(1);
    expect(store.notKept).toMatch(/another tab holds an older version/);
    await fill(store);
    old.close();
    const newer = await openRaw(name, 9);
    expect([...newer.objectStoreNames]).toContain('runs');
    newer.close();
  });

  it('waits for an old tab that closes', async () => {
    const name = freshName();
    const old = await openRaw(name, 1, makeVersion1);
    old.onversionchange = () => setTimeout(() => old.close());
    expect((await openStore({ name })).kept).toBe(true);
  });

  it('closes for a newer version: saves first, then fails with the reason at every call', async () => {
    const name = freshName();
    const store = await openStore({
      name,
      onBlocking: async () => {
        await must(store.putSetting('unsaved', 'saved in time'));
      },
    });
    const newer = await openRaw(name, 9);
    const row = (await done(newer.transaction('settings').objectStore('settings').get('unsaved'))) as unknown;
    expect(row).toMatchObject({ record: { value: 'saved in time' } });
    expect(await store.putSetting('late', 1)).toEqual({
      ok: false,
      reason: 'storage: a newer version of Inkling has taken it over: reload this page',
    });
    expect((await openStore({ name })).notKept).toMatch(/newer version/);
    newer.close();
  });

  it('closes after 0.8 seconds even where saving hangs', async () => {
    const name = freshName();
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    let asked = () => {};
    const blocking = new Promise<void>((resolve) => (asked = resolve));
    await openStore({
      name,
      onBlocking: () => {
        asked();
        return new Promise<void>(() => {});
      },
    });
    const newer = openRaw(name, 9);
    await blocking;
    await vi.advanceTimersByTimeAsync(800);
    (await newer).close();
  });
});

describe('damaged rows', () => {
  /** One flipped bit of the record; the types stay. */
  const flips: Record<TableName, (record: never) => void> = {
    datasets: (record: { createdAt: number }) => (record.createdAt += 1),
    payloads: (record: { images: Uint8Array }) => (record.images[1] ^= 1),
    drawings: (record: { pixels: Uint8Array }) => (record.pixels[500] ^= 128),
    models: (record: { tensors: { bias: Float32Array } }) => (record.tensors.bias[0] += 1e-6),
    runs: (record: { checkpoint: { seconds: number } }) => (record.checkpoint.seconds *= 2),
    settings: (record: { value: unknown }) => (record.value = 'as it wos'),
  };

  it.each(Object.keys(records) as TableName[])(
    'of %s are set aside, and the rest stays usable',
    async (table) => {
      const name = freshName();
      const told: SetAsideRow[] = [];
      const store = await openStore({ name, onSetAside: (rows) => told.push(...rows) });
      await fill(store);
      const key = {
        datasets: 'p1',
        payloads: 'p1',
        drawings: 'w1',
        models: 'm1',
        runs: 'r1',
        settings: 's1',
      }[table];
      await edit(name, table, (row) => {
        if (row.key === key) flips[table](row.record as never);
        return row;
      });

      const read: Record<TableName, () => Promise<Result<unknown>>> = {
        datasets: () => store.datasets(),
        payloads: () => store.payload('p1'),
        drawings: () => store.drawings('d1'),
        models: () => store.models(),
        runs: () => store.runs(),
        settings: () => store.getSetting('s1'),
      };
      const sentence = new RegExp(`^${table}: checksum: `);
      const first = await read[table]();
      if (table === 'payloads' || table === 'settings')
        expect(first).toMatchObject({ ok: false, reason: expect.stringMatching(sentence) as string });
      else expect(first).toMatchObject({ ok: true, value: table === 'datasets' ? [{ id: 'd1' }] : [] });
      expect(told).toMatchObject([
        { table, originalKey: key, reason: expect.stringMatching(sentence) as string },
      ]);
      expect(await must(store.setAside())).toEqual(told);
      expect((await read[table]()).ok).toBe(true);

      const rest = (await everything(store)) as Record<string, unknown[]>;
      expect(rest.datasets.length).toBe(table === 'datasets' ? 1 : 2);
      expect(rest.models.length).toBe(table === 'models' ? 0 : 1);
      expect(rest.runs.length).toBe(table === 'runs' ? 0 : 1);
      expect(rest.drawings.length).toBe(table === 'drawings' ? 0 : 1);
      expect(told.length).toBe(1);
      for (const [, write] of writes)
        if (!(table === 'drawings' || table === 'runs')) expect((await write(store)).ok).toBe(true);
      await must(store.clearSetAside());
      expect(await must(store.setAside())).toEqual([]);
    },
  );

  it('among drawings are no longer counted', async () => {
    const name = freshName();
    const store = await openStore({ name });
    await fill(store);
    await must(store.addDrawing({ ...drawing, id: 'w2', label: null }));
    await edit(name, 'drawings', (row) => {
      if (row.key === 'w2') row.checksum = 0;
      return row;
    });
    expect((await must(store.drawings('d1'))).map(({ id }) => id)).toEqual(['w1']);
    expect((await must(store.datasets()))[1]).toMatchObject({
      id: 'd1',
      count: 1,
      labelled: true,
      revision: 4,
    });
  });

  it('of a data set do not delete its drawings', async () => {
    const name = freshName();
    const store = await openStore({ name });
    await fill(store);
    await edit(name, 'datasets', (row) =>
      row.key === 'd1' ? { key: 'd1', record: 'gone', checksum: 1 } : row,
    );
    expect((await must(store.datasets()))[1]).toMatchObject({
      id: 'd1',
      name: 'Recovered drawings',
      count: 1,
      labelled: true,
    });
    expect(await must(store.drawings('d1'))).toEqual([drawing]);
    await must(store.addDrawing({ ...drawing, id: 'w2' }));
  });

  it('that cannot be moved, because the disk is full, are skipped', async () => {
    const name = freshName();
    const store = await openStore({ name });
    await fill(store);
    await must(store.putModel({ ...model, id: 'm2' }));
    await edit(name, 'models', (row) => (row.key === 'm1' ? { ...row, record: null } : row));
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    expect((await must(store.models())).map(({ id }) => id)).toEqual(['m2']);
  });
});
