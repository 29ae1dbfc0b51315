import 'fake-indexeddb/auto';
import { expect, it } from 'vitest';
import type { Result } from '../../../src/data/result.ts';
import { openStore } from '../../../src/store/db.ts';
import type { Fate, MergeOptions } from '../../../src/store/merge.ts';
import type { Snapshot } from '../../../src/store/snapshot.ts';
import type { Store } from '../../../src/store/store.ts';
import { edit } from './raw.ts';
import { dataset, drawing, model, payload, run } from './samples.ts';

let databases = 0;
const freshName = () => `merge-${++databases}`;
const STAY: MergeOptions = { settings: 'stay' };
const imported = { ...dataset, id: 'p1', name: 'Imported', origin: 'imported' as const, count: 3 };

async function must<T>(promise: Promise<Result<T>>): Promise<T> {
  const result = await promise;
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

/** A store with one record of every table. */
async function filled(name = freshName()): Promise<Store> {
  const store = await openStore({ name });
  await must(store.putDataset(dataset));
  await must(store.addDrawing(drawing, 600));
  await must(store.putDatasetWithPayload(imported, payload));
  await must(store.putModel(model));
  await must(store.putRun(run));
  await must(store.putSetting('drawing', Uint8Array.of(1, 2)));
  return store;
}

/** What becomes of the rows, as "table key: fate". */
async function fates(store: Store, backup: Snapshot, options = STAY): Promise<string[]> {
  const planned = await must(store.planMerge(backup, options));
  const merged = await must(store.merge(backup, options, 700));
  expect(merged).toEqual(planned);
  return merged.map(({ table, key, fate }) => `${table} ${key}: ${fate satisfies Fate}`);
}

it('brings back everything into an empty store, and nothing the second time', async () => {
  const backup = await must((await filled()).snapshot());
  const empty = await openStore({ name: freshName() });
  expect(await fates(empty, backup)).toEqual([
    'datasets d1: added',
    'datasets p1: added',
    'drawings w1: added',
    'models m1: added',
    'runs r1: added',
    'settings drawing: added',
  ]);
  expect(await must(empty.snapshot())).toEqual(backup);
  expect(new Set((await fates(empty, backup)).map((line) => line.split(': ')[1]))).toEqual(new Set(['same']));
  expect(await must(empty.snapshot())).toEqual(backup);
});

it('overwrites nothing: what differs is added beside or stays, and twice adds it once', async () => {
  const backup = await must((await filled()).snapshot());
  const here = await openStore({ name: freshName() });
  const other = { ...payload, images: Uint8Array.of(7, 7) };
  const otherModel = { ...model, name: 'Mine', tensors: { bias: Float32Array.of(9) } };
  const otherDrawing = { ...drawing, label: 3 };
  await must(here.putDataset({ ...dataset, name: 'Renamed here' }));
  await must(here.addDrawing(otherDrawing, 600));
  await must(here.putDatasetWithPayload(imported, other));
  await must(here.putModel(otherModel));
  await must(here.putRun({ ...run, updatedAt: 9 }));
  await must(here.putSetting('drawing', Uint8Array.of(5)));

  const before = await must(here.snapshot());
  expect(await fates(here, backup)).toEqual([
    'datasets d1: same',
    'datasets p1: beside',
    'drawings w1: left',
    'models m1: beside',
    'runs r1: left',
    'settings drawing: left',
  ]);
  const after = await must(here.snapshot());
  for (const table of ['datasets', 'payloads', 'drawings', 'models', 'runs', 'settings'] as const)
    expect(after[table]).toEqual(expect.arrayContaining([...before[table]]));
  const copies = (await must(here.models())).filter(({ id }) => id !== 'm1');
  expect(copies).toMatchObject([{ name: `${model.name} (from a backup)`, tensors: model.tensors }]);
  const sets = (await must(here.datasets())).filter(({ name }) => name === 'Imported (from a backup)');
  expect(await must(here.payload(sets[0].id))).toEqual({ ...payload, datasetId: sets[0].id });

  expect(await fates(here, backup)).toContain('models m1: same');
  expect(await must(here.snapshot())).toEqual(after);
});

it('adds drawings to a set that has grown since, and counts them', async () => {
  const there = await filled();
  await must(there.addDrawing({ ...drawing, id: 'w2', label: null, createdAt: 300 }));
  const backup = await must(there.snapshot());
  const here = await filled();
  await must(here.addDrawing({ ...drawing, id: 'w3', createdAt: 250 }, 650));
  const [{ revision }] = await must(here.datasets());
  expect(await fates(here, backup)).toContain('drawings w2: added');
  expect((await must(here.drawings('d1'))).map(({ id }) => id)).toEqual(['w1', 'w3', 'w2']);
  // A model trained before is stale: the images have changed.
  expect((await must(here.datasets()))[0]).toMatchObject({
    count: 3,
    labelled: false,
    revision: revision + 1,
  });
});

it('leaves out what it belongs to is missing, and a run that has ended since', async () => {
  const backup = await must((await filled()).snapshot());
  const here = await openStore({ name: freshName() });
  const torn: Snapshot = {
    ...backup,
    payloads: [],
    datasets: backup.datasets.filter(({ key }) => key === 'p1'),
  };
  await must(here.putModel({ ...model, id: 'r1' }));
  expect(await fates(here, torn)).toEqual([
    'datasets p1: incomplete',
    'drawings w1: incomplete',
    'models m1: added',
    'runs r1: same',
    'settings drawing: added',
  ]);
  expect(await must(here.datasets())).toEqual([]);
  expect(await must(here.runs())).toEqual([]);
});

it('replaces settings on request, and joins those that can be joined', async () => {
  const backup = await must((await filled()).snapshot());
  const here = await openStore({ name: freshName() });
  await must(here.putSetting('drawing', Uint8Array.of(5)));
  expect(await fates(here, backup, { settings: 'replaced' })).toContain('settings drawing: replaced');
  expect(await must(here.getSetting('drawing'))).toEqual(Uint8Array.of(1, 2));

  await must(here.putSetting('drawing', Uint8Array.of(5)));
  const joined: MergeOptions = { settings: 'stay', mergeSetting: (_, a, b) => [a, b] };
  expect(await fates(here, backup, joined)).toContain('settings drawing: merged');
  expect(await must(here.getSetting('drawing'))).toEqual([Uint8Array.of(5), Uint8Array.of(1, 2)]);
  const own: MergeOptions = { settings: 'stay', mergeSetting: (_, a) => a };
  expect(await fates(here, backup, own)).toContain('settings drawing: same');
});

it('repairs a damaged row, which is set aside', async () => {
  const backup = await must((await filled()).snapshot());
  const name = freshName();
  const here = await filled(name);
  await edit(name, 'models', (row) => ({ ...row, checksum: 1 }));
  expect(await fates(here, backup)).toContain('models m1: added');
  expect(await must(here.models())).toEqual([model]);
  expect(await must(here.setAside())).toMatchObject([{ table: 'models', originalKey: 'm1' }]);
});

it('does all of it or nothing', async () => {
  const backup = await must((await filled()).snapshot());
  const here = await openStore({ name: freshName() });
  const put = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'put')!;
  Object.defineProperty(IDBObjectStore.prototype, 'put', {
    ...put,
    value(this: IDBObjectStore, row: unknown) {
      // The settings come last.
      if (this.name === 'settings') throw new DOMException('', 'QuotaExceededError');
      return (put.value as IDBObjectStore['put']).call(this, row);
    },
  });
  try {
    const merged = await here.merge(backup, STAY);
    expect(merged).toMatchObject({ ok: false });
    expect(merged.ok ? '' : merged.reason).toMatch(/^storage: it is full/);
  } finally {
    Object.defineProperty(IDBObjectStore.prototype, 'put', put);
  }
  for (const rows of Object.values(await must(here.snapshot()))) expect(rows).toEqual([]);
});
