import 'fake-indexeddb/auto';
import { describe, expect, it, vi } from 'vitest';
import { fail } from '../../../src/data/result.ts';
import type { Result } from '../../../src/data/result.ts';
import { openStore } from '../../../src/store/db.ts';
import type { DrawingRecord } from '../../../src/store/records.ts';
import { rowOf } from '../../../src/store/rows.ts';
import type { Store } from '../../../src/store/store.ts';
import { checkpoint, dataset, drawing, model, payload, run } from './samples.ts';

let databases = 0;
const freshName = () => `store-${++databases}`;

async function must<T>(promise: Promise<Result<T>>): Promise<T> {
  const result = await promise;
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

async function reason<T>(promise: Promise<Result<T>>): Promise<string> {
  const result = await promise;
  expect(result.ok).toBe(false);
  return result.ok ? '' : result.reason;
}

const imported = { ...dataset, id: 'p1', name: 'Imported', origin: 'imported' as const, count: 3 };
const another = (id: string, changes: Partial<DrawingRecord> = {}) => ({ ...drawing, id, ...changes });

async function openInMemory(): Promise<Store> {
  vi.stubGlobal('indexedDB', {
    open: () => {
      throw new DOMException('no', 'SecurityError');
    },
  });
  try {
    return await openStore();
  } finally {
    vi.unstubAllGlobals();
  }
}

describe.each([
  ['in IndexedDB', () => openStore({ name: freshName() })],
  ['in memory', openInMemory],
])('a store %s', (where, open) => {
  it('reports whether it outlives the page', async () => {
    const store = await open();
    expect(store.kept).toBe(where === 'in IndexedDB');
    if (!store.kept) expect(store.notKept).toBe('storage: this browser does not allow it here');
  });

  it('keeps data sets with files, renames and deletes them', async () => {
    const store = await open();
    expect(await must(store.datasets())).toEqual([]);
    await must(store.putDatasetWithPayload(imported, payload));
    await must(store.putDataset({ ...dataset, createdAt: 50 }));
    expect((await must(store.datasets())).map(({ id }) => id)).toEqual(['d1', 'p1']);
    expect(await must(store.payload('p1'))).toEqual(payload);
    expect(await must(store.payload('d1'))).toBeNull();

    // A stale copy of the record renames, and changes nothing else.
    await must(store.putDataset({ ...imported, name: 'Renamed', count: 99, revision: 0, updatedAt: 900 }));
    expect((await must(store.datasets()))[1]).toEqual({ ...imported, name: 'Renamed', updatedAt: 900 });

    await must(store.deleteDataset('p1'));
    await must(store.deleteDataset('p1'));
    expect((await must(store.datasets())).map(({ id }) => id)).toEqual(['d1']);
    expect(await must(store.payload('p1'))).toBeNull();
  });

  it('does not overwrite files that another tab stored', async () => {
    const store = await open();
    await must(store.putDatasetWithPayload(imported, payload));
    await must(store.putDatasetWithPayload(imported, payload));
    const other = { ...payload, images: Uint8Array.of(9) };
    expect(await reason(store.putDatasetWithPayload(imported, other))).toMatch(
      /^data set: "Imported" was changed/,
    );
    expect(await must(store.payload('p1'))).toEqual(payload);
    await must(store.putDatasetWithPayload({ ...imported, revision: 2 }, other));
    expect(await must(store.payload('p1'))).toEqual(other);
  });

  it('counts drawings and raises the revision with every change', async () => {
    const store = await open();
    await must(store.putDataset(dataset));
    expect(await must(store.addDrawing(drawing, 1000))).toEqual({
      ...dataset,
      count: 1,
      labelled: true,
      revision: 2,
      updatedAt: 1000,
    });
    await must(store.addDrawing(another('w0', { createdAt: 150, label: null })));
    expect(await must(store.datasets())).toMatchObject([{ count: 2, labelled: false, revision: 3 }]);
    expect((await must(store.drawings('d1'))).map(({ id }) => id)).toEqual(['w0', 'w1']);
    expect(await must(store.updateDrawing('w0', 3, null))).toMatchObject({ labelled: true, revision: 4 });
    expect(await reason(store.updateDrawing('w0', 5, null))).toBe(
      'label: it was changed to 3 in another tab',
    );
    expect(await must(store.deleteDrawing('w1'))).toMatchObject({ count: 1, revision: 5 });
    expect(await must(store.drawings('d1'))).toEqual([another('w0', { createdAt: 150, label: 3 })]);
    expect(await reason(store.deleteDrawing('w1'))).toMatch(/^drawing: /);
    await must(store.deleteDataset('d1'));
    expect(await must(store.drawings('d1'))).toEqual([]);
  });

  it('refuses drawings that fit no data set and writes nothing', async () => {
    const store = await open();
    await must(store.putDataset(dataset));
    await must(store.putDatasetWithPayload(imported, payload));
    await must(store.addDrawing(drawing));
    expect(await reason(store.addDrawing(another('x', { datasetId: 'gone' })))).toMatch(
      /^data set: it is no longer/,
    );
    expect(await reason(store.addDrawing(another('x', { datasetId: 'p1' })))).toMatch(
      /"Imported" does not hold/,
    );
    expect(await reason(store.addDrawing(another('x', { pixels: new Uint8Array(5) })))).toMatch(
      /^drawing: 5 pixels/,
    );
    expect(await reason(store.addDrawing(drawing))).toMatch(/there already/);
    expect(await must(store.drawings('d1'))).toEqual([drawing]);
    expect((await must(store.datasets())).find(({ id }) => id === 'd1')).toMatchObject({
      count: 1,
      revision: 2,
    });
  });

  it('keeps models, runs with checkpoints, and settings', async () => {
    const store = await open();
    await must(store.putModel({ ...model, id: 'm2', createdAt: 600 }));
    await must(store.putModel(model));
    expect((await must(store.models())).map(({ id }) => id)).toEqual(['m1', 'm2']);
    expect((await must(store.models()))[0]).toEqual(model);
    await must(store.deleteModel('m2'));
    expect(await must(store.models())).toEqual([model]);

    await must(store.putRun({ ...run, checkpoint: null }));
    await must(store.putCheckpoint('r1', checkpoint, 450));
    expect(await must(store.runs())).toEqual([{ ...run, updatedAt: 450 }]);
    const earlier = { ...checkpoint, step: 9 };
    expect(await reason(store.putCheckpoint('r1', earlier))).toBe(
      'checkpoint: step 9 is behind step 10, which is kept',
    );
    await must(store.putCheckpoint('r1', { ...checkpoint, step: 11 }));
    expect((await must(store.runs()))[0].checkpoint?.step).toBe(11);
    await must(store.deleteRun('r1'));
    expect(await reason(store.putCheckpoint('r1', checkpoint))).toMatch(/^run: /);

    expect(await must(store.getSetting('theme'))).toBeUndefined();
    await must(store.putSetting('theme', { dark: true, pad: Uint8Array.of(1) }));
    expect(await must(store.getSetting('theme'))).toEqual({ dark: true, pad: Uint8Array.of(1) });
  });

  it('adds scores of unseen digits to a model that is there, and to nothing else of it', async () => {
    const store = await open();
    await must(store.putModel(model));
    const unseen = Float32Array.of(-90.5, -Infinity);
    await must(store.addUnseen('m1', unseen));
    await must(store.addUnseen('gone', unseen));
    expect(await must(store.models())).toEqual([{ ...model, unseen }]);
  });

  it('replaces a run by its model in one change', async () => {
    const store = await open();
    await must(store.putRun(run));
    await expect(store.finishRun({ ...model, seed: -1 }, run.id)).rejects.toThrow('models: seed');
    expect(await must(store.runs())).toEqual([run]);
    expect(await must(store.models())).toEqual([]);
    await must(store.finishRun(model, run.id));
    expect(await must(store.runs())).toEqual([]);
    expect(await must(store.models())).toEqual([model]);
    // A run that another tab has ended already is no failure.
    await must(store.finishRun({ ...model, name: 'Again' }, run.id));
    expect(await must(store.models())).toMatchObject([{ id: model.id, name: 'Again' }]);
  });

  it('hands out copies', async () => {
    const store = await open();
    const mine = { ...payload, images: Uint8Array.of(1) };
    await must(store.putDatasetWithPayload(imported, mine));
    mine.images[0] = 2;
    const first = await must(store.payload('p1'));
    first?.images.fill(7);
    expect((await must(store.payload('p1')))?.images[0]).toBe(1);
  });

  it('throws for an invalid record, and works afterwards', async () => {
    const store = await open();
    await expect(store.putModel({ ...model, seed: -1 })).rejects.toThrow('models: seed');
    await must(store.putDataset(dataset));
    await expect(store.addDrawing({ ...drawing, label: 0.5 })).rejects.toThrow('drawings: label');
    await expect(store.putDatasetWithPayload(dataset, payload)).rejects.toThrow('payload: belongs');
    // The files are written before the bug is met, and undone.
    await expect(store.putDatasetWithPayload({ ...imported, count: -1 }, payload)).rejects.toThrow(
      'datasets: count',
    );
    expect(await must(store.payload('p1'))).toBeNull();
    expect(await must(store.datasets())).toEqual([dataset]);
    await must(store.putModel(model));
  });

  it('undoes what was written before a failure', async () => {
    const store = await open();
    const half = await store['tables'].run(['settings'], 'write', async (tx) => {
      await tx.put('settings', rowOf('settings', { key: 'half', value: 1 }));
      return fail('changed its mind');
    });
    expect(half).toEqual({ ok: false, reason: 'changed its mind' });
    expect(await must(store.getSetting('half'))).toBeUndefined();
  });

  it('loses nothing when many changes overlap', async () => {
    const store = await open();
    await must(store.putDataset(dataset));
    await Promise.all(Array.from({ length: 40 }, (_, i) => must(store.addDrawing(another(`w${i}`)))));
    expect(await must(store.datasets())).toMatchObject([{ count: 40, revision: 41 }]);
  });
});
