import { fail, ok } from '../data/result.ts';
import type { Result } from '../data/result.ts';
import type { Checkpoint } from '../models/runs.ts';
import { setAsideDamaged } from './aside.ts';
import { datasetDeleted, datasetPut, datasetPutWithPayload } from './datasets.ts';
import { drawingAdded, drawingDeleted, drawingLabelled } from './drawings.ts';
import type { DatasetRecord, DrawingRecord, ModelRecord, PayloadRecord, RunRecord } from './records.ts';
import { recordIn, rowOf, verifyRow } from './rows.ts';
import type { MergedRow, MergeOptions } from './merge.ts';
import type { Snapshot } from './snapshot.ts';
import type { Access, Records, SetAsideRow, TableName, Tables, Transaction } from './tables.ts';

export interface StoreEvents {
  /** Damaged rows were found and moved: tell the visitor what is missing. */
  readonly onSetAside?: (rows: readonly SetAsideRow[]) => void;
}

/**
 * Data sets, models, runs and settings on the visitor's machine. All failures are results; a failed write changes
 * nothing. Two tabs may use it at once: every change reads the current rows in its own transaction, so that no change
 * of the other tab is overwritten unread.
 */
export class Store {
  constructor(
    private readonly tables: Tables,
    /** Why the store lives only as long as the page; null where it does not. */
    readonly notKept: string | null,
    private readonly events: StoreEvents = {},
  ) {}

  get kept(): boolean {
    return this.notKept === null;
  }

  /** By age. */
  datasets(): Promise<Result<DatasetRecord[]>> {
    return this.list('datasets', (tx) => tx.all('datasets'), byAge);
  }

  /**
   * Creates the data set, or renames it where its id exists: count, labelled and revision change only with its
   * images. Returns the stored record.
   */
  putDataset(record: DatasetRecord): Promise<Result<DatasetRecord>> {
    return this.tables.run(['datasets'], 'write strictly', (tx) => datasetPut(tx, record));
  }

  /**
   * A data set with its files, both or neither. Where another tab stored this revision or a later one with
   * other files, nothing is overwritten and the result is a failure; identical files are no conflict.
   */
  putDatasetWithPayload(record: DatasetRecord, payload: PayloadRecord): Promise<Result<DatasetRecord>> {
    return this.tables.run(['datasets', 'payloads'], 'write strictly', (tx) =>
      datasetPutWithPayload(tx, record, payload),
    );
  }

  /** With its files and drawings. A data set that does not exist is no failure. */
  deleteDataset(id: string): Promise<Result<null>> {
    return this.tables.run(['datasets', 'payloads', 'drawings'], 'write strictly', (tx) =>
      datasetDeleted(tx, id),
    );
  }

  /** The files of a data set; null where it has none. */
  async payload(datasetId: string): Promise<Result<PayloadRecord | null>> {
    return this.one('payloads', datasetId);
  }

  /** In the order of drawing: the index counts for binarisation. */
  drawings(datasetId: string): Promise<Result<DrawingRecord[]>> {
    return this.list('drawings', (tx) => tx.drawingsOf(datasetId), byAge);
  }

  /** Returns the data set with its new count and revision. */
  addDrawing(drawing: DrawingRecord, now = Date.now()): Promise<Result<DatasetRecord>> {
    return this.tables.run(['datasets', 'drawings'], 'write strictly', (tx) =>
      drawingAdded(tx, drawing, now),
    );
  }

  /**
   * Changes the label of a drawing. With `from`, the label that the visitor saw, the change is refused where
   * another tab has set a different one meanwhile. Returns the data set with its new revision.
   */
  updateDrawing(
    id: string,
    label: number | null,
    from?: number | null,
    now = Date.now(),
  ): Promise<Result<DatasetRecord>> {
    return this.tables.run(['datasets', 'drawings'], 'write strictly', (tx) =>
      drawingLabelled(tx, id, label, from, now),
    );
  }

  /** Returns the data set with its new count and revision. */
  deleteDrawing(id: string, now = Date.now()): Promise<Result<DatasetRecord>> {
    return this.tables.run(['datasets', 'drawings'], 'write strictly', (tx) => drawingDeleted(tx, id, now));
  }

  /** By age. */
  models(): Promise<Result<ModelRecord[]>> {
    return this.list('models', (tx) => tx.all('models'), byAge);
  }

  putModel(record: ModelRecord): Promise<Result<null>> {
    return this.put('models', record, 'write strictly');
  }

  /** Adds scores of the unseen digits to a model, see ModelRecord.unseen; one that is no longer there stays away. */
  addUnseen(id: string, unseen: Float32Array<ArrayBuffer>): Promise<Result<null>> {
    // They can be computed again: no reason to wait for the disk.
    return this.tables.run(['models'], 'write', async (tx) => {
      const model = await recordIn(tx, 'models', id);
      if (model) await tx.put('models', rowOf('models', { ...model, unseen }));
      return ok(null);
    });
  }

  deleteModel(id: string): Promise<Result<null>> {
    return this.delete('models', id);
  }

  /**
   * Stores the model of a run and deletes the run, both or neither: where the model cannot be stored, the run and
   * its checkpoint stay. A run that does not exist is no failure.
   */
  finishRun(model: ModelRecord, runId: string): Promise<Result<null>> {
    return this.tables.run(['models', 'runs'], 'write strictly', async (tx) => {
      await tx.put('models', rowOf('models', model));
      await tx.delete('runs', runId);
      return ok(null);
    });
  }

  /** By age. */
  runs(): Promise<Result<RunRecord[]>> {
    return this.list(
      'runs',
      (tx) => tx.all('runs'),
      (a, b) => a.startedAt - b.startedAt,
    );
  }

  /** Null where there is none. */
  run(id: string): Promise<Result<RunRecord | null>> {
    return this.one('runs', id);
  }

  putRun(record: RunRecord): Promise<Result<null>> {
    return this.put('runs', record, 'write strictly');
  }

  /**
   * Replaces a run's checkpoint once the bytes are on the disk; until then the one before stays. A checkpoint of an
   * earlier step than the stored one, from a second tab, is refused.
   */
  putCheckpoint(runId: string, checkpoint: Checkpoint, now = Date.now()): Promise<Result<null>> {
    return this.tables.run(['runs'], 'write strictly', async (tx) => {
      const run = await recordIn(tx, 'runs', runId);
      if (!run) return fail('run: it is no longer there');
      if (run.checkpoint && run.checkpoint.step > checkpoint.step)
        return fail(
          `checkpoint: step ${checkpoint.step} is behind step ${run.checkpoint.step}, which is kept`,
        );
      await tx.put('runs', rowOf('runs', { ...run, checkpoint, updatedAt: now }));
      return ok(null);
    });
  }

  deleteRun(id: string): Promise<Result<null>> {
    return this.delete('runs', id);
  }

  /** Undefined where nothing is stored under the key. An older version may have written the value: check its type. */
  async getSetting(key: string): Promise<Result<unknown>> {
    const record = await this.one('settings', key);
    return record.ok ? ok(record.value?.value) : record;
  }

  /**
   * Replaces the value under a key by what `change` makes of it, in one transaction: changes of two tabs do not overwrite each other.
   * `change` may be called twice. A damaged value is not replaced.
   */
  changeSetting<T>(key: string, change: (stored: unknown) => T): Promise<Result<T>> {
    return this.tables.run(['settings'], 'write', async (tx) => {
      const raw = await tx.get('settings', key);
      const stored = raw === undefined ? null : verifyRow('settings', raw);
      if (stored && !stored.ok) return stored;
      const value = change(stored?.value.record.value);
      await tx.put('settings', rowOf('settings', { key, value }));
      return ok(value);
    });
  }

  putSetting(key: string, value: unknown): Promise<Result<null>> {
    return this.put('settings', { key, value }, 'write');
  }

  /** The damaged rows found so far, unchanged. */
  setAside(): Promise<Result<SetAsideRow[]>> {
    return this.tables.run(['setAside'], 'read', async (tx) => ok((await tx.allSetAside()) as SetAsideRow[]));
  }

  clearSetAside(): Promise<Result<null>> {
    return this.tables.run(['setAside'], 'write', async (tx) => {
      await tx.clearSetAside();
      return ok(null);
    });
  }

  /** All undamaged rows of all tables, as they are at one time. */
  async snapshot(): Promise<Result<Snapshot>> {
    const { readSnapshot } = await import('./snapshot.ts');
    return await readSnapshot(this.tables);
  }

  /** What `merge` would do with the rows of a backup now. */
  async planMerge(backup: Snapshot, options: MergeOptions): Promise<Result<readonly MergedRow[]>> {
    const { planMerge } = await import('./merge.ts');
    return await planMerge(this.tables, backup, options);
  }

  /** Adds what a backup has and the store lacks, all or nothing; see `mergeSnapshot`. */
  async merge(
    backup: Snapshot,
    options: MergeOptions,
    now = Date.now(),
  ): Promise<Result<readonly MergedRow[]>> {
    const { mergeSnapshot } = await import('./merge.ts');
    return await mergeSnapshot(this.tables, backup, options, now);
  }

  close(): void {
    this.tables.close();
  }

  private put<N extends TableName>(table: N, record: Records[N], access: Access): Promise<Result<null>> {
    return this.tables.run([table], access, async (tx) => {
      await tx.put(table, rowOf(table, record));
      return ok(null);
    });
  }

  private delete(table: TableName, key: string): Promise<Result<null>> {
    return this.tables.run([table], 'write strictly', async (tx) => {
      await tx.delete(table, key);
      return ok(null);
    });
  }

  private async one<N extends TableName>(table: N, key: string): Promise<Result<Records[N] | null>> {
    const raw = await this.tables.run([table], 'read', async (tx) => ok(await tx.get(table, key)));
    if (!raw.ok) return raw;
    if (raw.value === undefined) return ok(null);
    const row = verifyRow(table, raw.value);
    if (row.ok) return ok(row.value.record);
    await this.moveAside(table, [key]);
    return row;
  }

  /** The undamaged records among the rows; damaged rows are moved aside, and the list is then read again. */
  private async list<N extends TableName>(
    table: N,
    rows: (tx: Transaction) => Promise<unknown[]>,
    order: (a: Records[N], b: Records[N]) => number,
    again = true,
  ): Promise<Result<Records[N][]>> {
    const read = await this.tables.run([table], 'read', async (tx) => ok(await rows(tx)));
    if (!read.ok) return read;
    const records: Records[N][] = [];
    const damaged: string[] = [];
    for (const raw of read.value) {
      const row = verifyRow(table, raw);
      if (row.ok) records.push(row.value.record);
      else damaged.push((raw as { key: string }).key);
    }
    if (damaged.length > 0 && again) {
      await this.moveAside(table, damaged);
      return this.list(table, rows, order, false);
    }
    return ok(records.sort(order));
  }

  private async moveAside(table: TableName, keys: readonly string[]): Promise<void> {
    const moved = await setAsideDamaged(this.tables, table, keys, Date.now());
    // Where that fails (a full disk), the rows stay and are skipped at every read.
    if (moved.ok && moved.value.length > 0) this.events.onSetAside?.(moved.value);
  }
}

function byAge(
  a: { readonly createdAt: number; readonly id: string },
  b: { readonly createdAt: number; readonly id: string },
): number {
  return a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
}
