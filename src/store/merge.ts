import { pixelCount } from '../data/images.ts';
import { ok, type Result } from '../data/result.ts';
import { checksum } from './checksum.ts';
import { putRecounted } from './drawings.ts';
import type { DatasetRecord, ModelRecord, SettingRecord } from './records.ts';
import { rowOf, verifyRow } from './rows.ts';
import { type Snapshot, snapshotIn, TABLES } from './snapshot.ts';
import type { Records, Row, TableName, Tables, Transaction } from './tables.ts';

/** What one row of a backup becomes. Nothing in the store is ever overwritten, except settings on request. */
export type Fate =
  /** It is not here, and is added. */
  | 'added'
  /** The same is here already. */
  | 'same'
  /** Another one of this id is here: it is added beside, under an id of its own. */
  | 'beside'
  /** Another one of this id is here, and stays as it is. */
  | 'left'
  /** A setting that takes the place of the one here. */
  | 'replaced'
  /** A setting that holds what is here and what the backup adds. */
  | 'merged'
  /** What it belongs to is not in the backup. */
  | 'incomplete';

export interface MergedRow {
  readonly table: TableName;
  readonly key: string;
  /** For the visitor: the name of a data set or model; empty for others. */
  readonly name: string;
  readonly fate: Fate;
}

export interface MergeOptions {
  /** Whether settings of the backup replace those here that cannot be merged: the pages of the pad. */
  readonly settings: 'stay' | 'replaced';
  /** The setting with what the backup adds to the one here; undefined where the two cannot be merged. Called twice: while planning and while merging. */
  readonly mergeSetting?: (key: string, here: unknown, there: unknown) => unknown;
}

interface Merge {
  readonly fates: readonly MergedRow[];
  readonly rows: readonly { readonly table: TableName; readonly row: Row<Records[TableName]> }[];
  /** Sets of drawings whose number of drawings is counted anew. */
  readonly counted: readonly DatasetRecord[];
}

/** What `mergeSnapshot` would do now, without doing it. */
export function planMerge(
  tables: Tables,
  backup: Snapshot,
  options: MergeOptions,
): Promise<Result<readonly MergedRow[]>> {
  return tables.run([...TABLES], 'read', async (tx) =>
    ok(mergeOf(await snapshotIn(tx), backup, options).fates),
  );
}

/** Adds what a backup has and the store lacks, all of it or nothing, in one transaction. Returns what became of every row. */
export function mergeSnapshot(
  tables: Tables,
  backup: Snapshot,
  options: MergeOptions,
  now: number,
): Promise<Result<readonly MergedRow[]>> {
  return tables.run([...TABLES, 'setAside'], 'write strictly', async (tx) => {
    const here = await snapshotIn(tx);
    const { fates, rows, counted } = mergeOf(here, backup, options);
    for (const { table, row } of rows) {
      await keepDamaged(tx, table, row.key, now);
      await tx.put(table, row);
    }
    for (const dataset of counted) await putRecounted(tx, dataset, now);
    return ok(fates);
  });
}

/** A damaged row that the backup repairs is set aside, as every damaged row is. */
async function keepDamaged(
  tx: Transaction,
  table: TableName,
  originalKey: string,
  now: number,
): Promise<void> {
  const row = await tx.get(table, originalKey);
  const verified = row === undefined ? null : verifyRow(table, row);
  if (verified === null || verified.ok) return;
  const { reason } = verified;
  await tx.setAside({ key: `${table}/${originalKey}/${now}`, table, originalKey, reason, at: now, row });
}

function mergeOf(here: Snapshot, backup: Snapshot, options: MergeOptions): Merge {
  const fates: MergedRow[] = [];
  const rows: Merge['rows'][number][] = [];
  const counted = new Map<string, DatasetRecord>();
  const say = (table: TableName, key: string, name: string, fate: Fate) =>
    fates.push({ table, key, name, fate });
  const put = <N extends TableName>(table: N, row: Row<Records[N]>) => rows.push({ table, row });

  const filesHere = byKey(here.payloads);
  const filesThere = byKey(backup.payloads);
  const setsHere = byKey(here.datasets);
  for (const row of backup.datasets) {
    const { record } = row;
    const found = setsHere.get(row.key);
    if (record.origin === 'drawn') {
      // Its drawings are merged one by one, below.
      if (!found) {
        put('datasets', row);
        const there = backup.drawings.filter((drawing) => drawing.record.datasetId === row.key);
        if (there.length !== record.count) counted.set(row.key, record);
      }
      say('datasets', row.key, record.name, found ? 'same' : 'added');
      continue;
    }
    const files = filesThere.get(row.key);
    if (!files) {
      say('datasets', row.key, record.name, 'incomplete');
      continue;
    }
    if (!found) {
      put('datasets', row);
      put('payloads', files);
      say('datasets', row.key, record.name, 'added');
    } else if (filesHere.get(row.key)?.checksum === files.checksum) {
      say('datasets', row.key, record.name, 'same');
    } else {
      // The id follows from the content, so that restoring twice adds it once.
      const id = besideId(row.key, files.checksum);
      const known = setsHere.has(id);
      if (!known) {
        const copy: DatasetRecord = { ...record, id, name: besideName(record.name), origin: 'imported' };
        put('datasets', rowOf('datasets', copy));
        put('payloads', rowOf('payloads', { ...files.record, datasetId: id }));
      }
      say('datasets', row.key, record.name, known ? 'same' : 'beside');
    }
  }

  const setsThere = byKey(backup.datasets);
  const drawingsHere = byKey(here.drawings);
  for (const row of backup.drawings) {
    const { datasetId } = row.record;
    const found = drawingsHere.get(row.key);
    const set = setsHere.get(datasetId) ?? setsThere.get(datasetId);
    const fits = set?.record.origin === 'drawn' && row.record.pixels.length === pixelCount(set.record.grid);
    if (!set || !fits) say('drawings', row.key, '', 'incomplete');
    else if (found) say('drawings', row.key, '', found.checksum === row.checksum ? 'same' : 'left');
    else {
      put('drawings', row);
      if (setsHere.has(datasetId)) counted.set(datasetId, set.record);
      say('drawings', row.key, '', 'added');
    }
  }

  const modelsHere = byKey(here.models);
  for (const row of backup.models) {
    const found = modelsHere.get(row.key);
    const { name } = row.record;
    if (!found) {
      put('models', row);
      say('models', row.key, name, 'added');
    } else if (identity(found.record) === identity(row.record)) say('models', row.key, name, 'same');
    else {
      const id = besideId(row.key, identity(row.record));
      const known = modelsHere.has(id);
      if (!known) put('models', rowOf('models', { ...row.record, id, name: besideName(name) }));
      say('models', row.key, name, known ? 'same' : 'beside');
    }
  }

  const runsHere = byKey(here.runs);
  for (const row of backup.runs) {
    const found = runsHere.get(row.key);
    // A run that has ended since then is here as its model.
    const ended = modelsHere.has(row.key) || backup.models.some(({ key }) => key === row.key);
    if (!found && !ended) put('runs', row);
    say('runs', row.key, '', ended || found?.checksum === row.checksum ? 'same' : found ? 'left' : 'added');
  }

  const settingsHere = byKey(here.settings);
  for (const row of backup.settings) {
    const found = settingsHere.get(row.key);
    const fate = settingFate(found, row, options);
    if (fate.row) put('settings', fate.row);
    say('settings', row.key, '', fate.fate);
  }
  return { fates, rows, counted: [...counted.values()] };
}

/** What a setting becomes, and the row to write, if any. */
function settingFate(
  here: Row<SettingRecord> | undefined,
  there: Row<SettingRecord>,
  { settings, mergeSetting }: MergeOptions,
): { readonly fate: Fate; readonly row: Row<SettingRecord> | null } {
  const { key } = there;
  if (!here) return { fate: 'added', row: there };
  if (here.checksum === there.checksum) return { fate: 'same', row: null };
  const value = mergeSetting?.(key, here.record.value, there.record.value);
  if (value !== undefined) {
    const row = rowOf('settings', { key, value });
    return row.checksum === here.checksum ? { fate: 'same', row: null } : { fate: 'merged', row };
  }
  return settings === 'replaced' ? { fate: 'replaced', row: there } : { fate: 'left', row: null };
}

function byKey<T>(rows: readonly Row<T>[]): Map<string, Row<T>> {
  return new Map(rows.map((row) => [row.key, row]));
}

/** Of what a model computes and where it comes from; its name and what can be computed again do not count. */
function identity(model: ModelRecord): number {
  return checksum({ ...model, name: undefined, unseen: undefined, quantiles: undefined });
}

function besideId(id: string, content: number): string {
  return `${id.slice(0, 48)}-${content.toString(16).padStart(8, '0')}`;
}

function besideName(name: string): string {
  return `${name} (from a backup)`;
}
