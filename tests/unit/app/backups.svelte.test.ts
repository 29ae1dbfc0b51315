import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backupName, decodeBackup, encodeBackup } from '../../../src/app/backup/backup-file.ts';
import { Backups } from '../../../src/app/backup/backups.svelte.ts';
import { restoredWords, summariseMerge } from '../../../src/app/backup/words.ts';
import { Library } from '../../../src/app/library/library.svelte.ts';
import { Notices } from '../../../src/app/notices.svelte.ts';
import { preference } from '../../../src/app/preferences.ts';
import { readZip } from '../../../src/data/zip.ts';
import { ok, fail } from '../../../src/data/result.ts';
import type { MergedRow } from '../../../src/store/merge.ts';
import { openStore } from '../../../src/store/db.ts';
import { dataset, drawing, model, payload, run } from '../store/samples.ts';

const NOON = Date.parse('2026-12-01T12:00:00Z');
const rest = () => Promise.resolve();
/** What the browser keeps under localStorage. */
let preferences: Map<string, string>;

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  preferences = new Map();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => preferences.get(key) ?? null,
    setItem: (key: string, value: string) => preferences.set(key, value),
  });
});
afterEach(() => vi.unstubAllGlobals());

/** One browser: its library, its backups and the files that it saved. */
async function browser(options: { now?: number; save?: () => Promise<ReturnType<typeof ok<null>>> } = {}) {
  const library = new Library(new Notices());
  await library.open();
  const files: File[] = [];
  const restored: (readonly MergedRow[])[] = [];
  const backups = new Backups({
    library,
    saveDrawing: options.save ?? (() => Promise.resolve(ok(null))),
    onRestored: (rows) => {
      restored.push(rows);
      return Promise.resolve();
    },
    save: (name, content) => files.push(new File([content], name)),
    now: () => options.now ?? NOON,
  });
  await backups.open();
  return { library, backups, files, restored };
}

/** Another browser: nothing of the ones before is there. */
function wipe(): void {
  vi.stubGlobal('indexedDB', new IDBFactory());
  preferences.clear();
}

const imported = { ...dataset, id: 'p1', name: 'Imported', origin: 'imported' as const, count: 3 };
const board = (...ids: string[]) => ({ version: 1, rows: ids.map(boardRow), curve: null });
const boardRow = (id: string) => ({
  id,
  key: id,
  name: id,
  family: 'nade',
  parameters: 1,
  epochs: 1,
  seconds: 1,
  classifier: false,
  kept: false,
  backend: 'cpu',
  grid: { width: 28, height: 28 },
  dataset: { id: 'd1', name: 'My digits', revision: 1, images: 50 },
  binarisation: { kind: 'threshold' },
  train: { nats: 1, standardError: 1, images: 1 },
  validation: null,
  test: null,
  accuracy: null,
});

async function fill(): Promise<void> {
  const store = await openStore();
  await store.putDataset(dataset);
  await store.addDrawing(drawing, 600);
  await store.putDatasetWithPayload(imported, payload);
  await store.putModel(model);
  await store.putRun(run);
  await store.putSetting('drawing', new Uint8Array(560 * 560).fill(3));
  await store.putSetting('leaderboard', board('a', 'b'));
  store.close();
  preferences.set('inkling-theme', 'dark');
}

async function bytesOf(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await file.arrayBuffer());
}

describe('a backup', () => {
  it('brings a wiped browser back, whose own backup has the same bytes', async () => {
    await fill();
    const before = await browser();
    await before.backups.make();
    expect(before.backups.said).toBe(
      `The backup was given to the browser's downloads as ${backupName(NOON)}.`,
    );
    expect(before.backups.last).toBe(NOON);
    const everything = await before.library.snapshot();

    wipe();
    const after = await browser();
    expect(after.library.models).toEqual([]);
    await after.backups.read(before.files[0]);
    expect(summariseMerge(after.backups.plan!.rows)).toEqual([
      { kind: 'Data sets', words: '2 added' },
      { kind: 'Drawings', words: '1 added' },
      { kind: 'Models', words: '1 added' },
      { kind: 'Unfinished runs', words: '1 added' },
      { kind: 'Pages of the pad', words: '1 added' },
      { kind: 'Leaderboard', words: '1 added' },
    ]);
    // Nothing is written before the visitor agrees.
    const untouched = await after.library.snapshot();
    expect(untouched.ok && Object.values(untouched.value).every((rows) => rows.length === 0)).toBe(true);
    await after.backups.restore();
    expect(after.backups.said).toBe(
      'Restored: 2 data sets, 1 drawing, 1 model, 1 unfinished run, 1 page of the pad and 1 leaderboard.',
    );
    expect(after.backups.plan).toBeNull();
    expect(after.restored).toHaveLength(1);
    expect(after.library.models).toEqual([model]);
    expect(after.library.datasets.map(({ id }) => id)).toEqual(['d1', 'p1']);
    expect(preference('inkling-theme')).toBe('dark');

    const stored = await after.library.snapshot();
    const settings = everything.ok
      ? everything.value.settings.filter(({ key }) => key !== 'last-backup')
      : [];
    expect(stored).toEqual(ok({ ...(everything.ok && everything.value), settings }));
    await after.backups.make();
    expect(await bytesOf(after.files[0])).toEqual(await bytesOf(before.files[0]));
  });

  it('says what is new since the last one, also at the next visit', async () => {
    await fill();
    const first = await browser();
    expect(first.backups.since).toBeNull();
    await first.backups.make();
    expect(first.backups.since).toEqual({ datasets: 0, models: 0 });
    const store = await openStore();
    await store.putModel({ ...model, id: 'm2', createdAt: NOON + 1 });
    await store.addDrawing({ ...drawing, id: 'w9' }, NOON + 2);
    const next = await browser();
    expect(next.backups.last).toBe(NOON);
    expect(next.backups.since).toEqual({ datasets: 1, models: 1 });
  });

  it('overwrites nothing and joins the leaderboards; pages of the pad are replaced on request', async () => {
    await fill();
    const before = await browser();
    await before.backups.make();
    wipe();
    preferences.set('inkling-theme', 'light');
    const store = await openStore();
    const mine = new Uint8Array(560 * 560).fill(9);
    await store.putSetting('drawing', mine);
    await store.putSetting('leaderboard', board('b', 'c'));
    await store.putModel({ ...model, name: 'Mine', tensors: { bias: Float32Array.of(8) } });

    const here = await browser();
    await here.backups.read(before.files[0]);
    const { plan } = here.backups;
    expect(plan?.pagesDiffer).toBe(true);
    expect(summariseMerge(plan!.rows)).toEqual(
      expect.arrayContaining([
        { kind: 'Models', words: '1 added beside what is here, under a name of its own' },
        { kind: 'Pages of the pad', words: '1 left out: what is here is different, and stays' },
        { kind: 'Leaderboard', words: '1 joined with what is here' },
      ]),
    );
    await here.backups.restore();
    expect(await here.library.setting('drawing')).toEqual(ok(mine));
    expect(await here.library.setting('leaderboard')).toEqual(ok(board('b', 'c', 'a')));
    expect(here.library.models.map(({ name }) => name)).toEqual(['Mine', `${model.name} (from a backup)`]);
    expect(preference('inkling-theme')).toBe('light');

    await here.backups.read(before.files[0]);
    await here.backups.setReplacePages(true);
    expect(summariseMerge(here.backups.plan!.rows)).toContainEqual({
      kind: 'Pages of the pad',
      words: '1 in place of what is here',
    });
    await here.backups.restore();
    expect(await here.library.setting('drawing')).toEqual(ok(new Uint8Array(560 * 560).fill(3)));
    await here.backups.read(before.files[0]);
    await here.backups.restore();
    expect(here.backups.said).toBe('Everything in the backup was here already.');
  });

  it('does not take the place of a leaderboard of another version', async () => {
    await fill();
    const before = await browser();
    await before.backups.make();
    wipe();
    const store = await openStore();
    await store.putSetting('leaderboard', { version: 2, rows: ['new'] });
    const here = await browser();
    await here.backups.read(before.files[0]);
    await here.backups.restore();
    expect(await here.library.setting('leaderboard')).toEqual(ok({ version: 2, rows: ['new'] }));
  });

  it('holds a model that did not fit the storage', async () => {
    await fill();
    const { library, backups, files } = await browser();
    const put = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'put')!;
    Object.defineProperty(IDBObjectStore.prototype, 'put', {
      ...put,
      value: () => {
        throw new DOMException('', 'QuotaExceededError');
      },
    });
    try {
      await library.finishRun({ ...model, id: 'm2', name: 'Unkept' }, 'r1');
    } finally {
      Object.defineProperty(IDBObjectStore.prototype, 'put', put);
    }
    await backups.make();
    const read = await decodeBackup(await bytesOf(files[0]), 'a.zip', rest);
    expect(read.ok && read.value.rows.models.map(({ key }) => key)).toEqual(['m1', 'm2']);
    expect(read.ok && read.value.rows.runs.map(({ key }) => key)).toEqual(['r1']);
  });

  it('is not made where the drawing on the pad cannot be stored', async () => {
    const { backups, files } = await browser({
      save: () => Promise.resolve(fail('storage: it is full')),
    });
    await backups.make();
    expect(files).toEqual([]);
    expect(backups.said).toBe(
      'No backup was made. The drawing on the pad could not be stored: storage: it is full.',
    );
    expect(backups.last).toBeNull();
  });

  it('says that nothing was changed where it could not be stored', async () => {
    await fill();
    const before = await browser();
    await before.backups.make();
    wipe();
    const here = await browser();
    await here.backups.read(before.files[0]);
    const put = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'put')!;
    Object.defineProperty(IDBObjectStore.prototype, 'put', {
      ...put,
      value: () => {
        throw new DOMException('', 'QuotaExceededError');
      },
    });
    try {
      await here.backups.restore();
    } finally {
      Object.defineProperty(IDBObjectStore.prototype, 'put', put);
    }
    expect(here.backups.said).toMatch(/^Not restored, nothing was changed\. storage: it is full/);
    expect(here.restored).toEqual([]);
    expect(here.library.models).toEqual([]);
  });
});

describe('a file that is no backup', () => {
  const reasonOf = async (content: BlobPart, name = 'a.zip') => {
    const { backups } = await browser();
    await backups.read(new File([content], name));
    expect(backups.plan).toBeNull();
    return backups.said;
  };
  /** A valid backup with other contents in one of its files. */
  async function with_(name: string, change: (text: string) => string): Promise<Uint8Array<ArrayBuffer>> {
    const rows = { datasets: [], payloads: [], drawings: [], models: [], runs: [], settings: [] };
    const parts = await encodeBackup({ rows, preferences: {}, createdAt: NOON }, rest);
    const read = readZip(await bytesOf(new Blob(parts)), 'a.zip', {
      entries: 9,
      entryBytes: 1e6,
      bytes: 1e6,
    });
    const files = Object.fromEntries((read.ok ? read.value : []).map((each) => [each.name, each.bytes]));
    const text = change(new TextDecoder().decode(files[name]));
    return zipSync({ ...files, [name]: new TextEncoder().encode(text) });
  }

  it.each([
    [
      'text',
      () => Promise.resolve(new TextEncoder().encode('hello')),
      /^Not restored\. a\.zip: zip: the archive is damaged\.$/,
    ],
    [
      'another archive',
      () => Promise.resolve(zipSync({ 'a.txt': Uint8Array.of(1) })),
      /a\.zip: manifest\.json: missing: this is no backup of Inkling/,
    ],
    [
      'another format',
      () => with_('manifest.json', (t) => t.replace('inkling-backup', 'other')),
      /manifest\.json: format/,
    ],
    [
      'a later version',
      () => with_('manifest.json', (t) => t.replace('"version": 1', '"version": 2')),
      /version: is not 1/,
    ],
    [
      'no date',
      () => with_('manifest.json', (t) => t.replace(/"created": "[^"]*"/, '"created": 5')),
      /created: is not a date/,
    ],
    [
      'a key twice',
      () => with_('manifest.json', (t) => t.replace('"version": 1,', '"version": 1, "version": 1,')),
      /the key "version" stands there twice/,
    ],
    [
      'changed rows',
      () => with_('rows.json', (t) => t.replace('[]', '{}')),
      /rows\.json: crc32: does not match/,
    ],
    ['rows cut short', () => with_('rows.json', (t) => t.slice(1)), /rows\.json: \d+ of \d+ bytes are there/],
    [
      'hostile preferences',
      () => with_('manifest.json', (t) => t.replace('"preferences": {}', '"preferences": {"a": 1}')),
      /preferences: are not texts/,
    ],
  ])('is refused: %s', async (_, content, reason) => {
    expect(await reasonOf(await content())).toMatch(reason);
  });

  it('is shown with a clean name', async () => {
    // Right-to-left override, and a bell.
    const hidden = String.fromCharCode(0x202e, 7);
    expect(await reasonOf('x', `evil${hidden}.zip`)).toMatch(/^Not restored\. evil\.zip: /);
  });
});

it('counts what was restored in plain words', () => {
  const row = (table: MergedRow['table'], key: string): MergedRow => ({
    table,
    key,
    name: '',
    fate: 'added',
  });
  expect(restoredWords([])).toBe('Everything in the backup was here already.');
  expect(restoredWords([row('models', 'a')])).toBe('Restored: 1 model.');
  expect(restoredWords([row('settings', 'drawing'), row('settings', 'drawing 7')])).toBe(
    'Restored: 2 pages of the pad.',
  );
});
