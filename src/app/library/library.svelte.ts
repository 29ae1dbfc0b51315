import { type Grid, MNIST_GRID } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type {
  DatasetRecord,
  DrawingRecord,
  ModelRecord,
  PayloadRecord,
  RunRecord,
} from '../../store/records.ts';
import { openStore } from '../../store/db.ts';
import type { MergedRow, MergeOptions } from '../../store/merge.ts';
import type { Snapshot } from '../../store/snapshot.ts';
import type { Store } from '../../store/store.ts';
import { newId } from '../new-id.ts';
import type { Notices } from '../notices.svelte.ts';
import { cleanName } from './names.ts';
import { storeNotices } from './store-notices.ts';

/** A trained model that could not be stored. It can be used and exported until the page closes. */
interface UnkeptModel {
  readonly model: ModelRecord;
  /** Its run stays in the store until the model is there. */
  readonly runId: string;
  readonly reason: string;
}

/** The contents of the store: data sets, models and unfinished runs. Every change is stored before it is shown. */
export class Library {
  datasets = $state.raw<readonly DatasetRecord[]>([]);
  /** Trained models that could not be stored, the latest last. */
  unkept = $state.raw<readonly UnkeptModel[]>([]);
  /** Why the store lives only as long as the page; null where it does not, or that is not known yet. */
  notKept = $state<string | null>(null);
  #stored = $state.raw<readonly ModelRecord[]>([]);
  /** Stored models, then those that could not be stored. */
  models = $derived<readonly ModelRecord[]>([...this.#stored, ...this.unkept.map(({ model }) => model)]);
  /** False until the store has been read for the first time. */
  ready = $state(false);
  /** Called before the connection is closed for a newer version in another tab. */
  onBlocking: () => Promise<void> = () => Promise.resolve();
  /** Called after a drawing, files or a model of the visitor's were stored. */
  onKept: () => void = () => undefined;
  readonly #notices: Notices;
  readonly #store: Promise<Store>;

  constructor(notices: Notices) {
    this.#notices = notices;
    this.#store = openStore(storeNotices(notices, () => this.onBlocking()));
  }

  async open(): Promise<void> {
    const store = await this.#store;
    this.#notices.drop('blocked');
    this.notKept = store.notKept;
    if (store.notKept !== null) {
      this.#notices.say(
        'not-kept',
        `Nothing will be kept after this page closes (${store.notKept}). Everything else works.`,
        { tone: 'warning' },
      );
    }
    await Promise.all([this.refreshDatasets(), this.refreshModels()]);
    this.ready = true;
  }

  async refreshDatasets(): Promise<void> {
    this.datasets = this.#valueOrNotice(await (await this.#store).datasets()) ?? this.datasets;
  }

  async refreshModels(): Promise<void> {
    const stored = this.#valueOrNotice(await (await this.#store).models());
    if (!stored) return;
    this.#stored = stored;
    this.#setUnkept(this.unkept.filter(({ model }) => stored.every((each) => each.id !== model.id)));
  }

  dataset(id: string): DatasetRecord | undefined {
    return this.datasets.find((each) => each.id === id);
  }

  /** Whether the data set has changed, or is gone, since the model was trained on it. */
  isStale(model: ModelRecord): boolean {
    const now = this.dataset(model.dataset.id);
    return now !== undefined && now.revision > model.dataset.revision;
  }

  // --- data sets ----------------------------------------------------------------------------------------

  async createDataset(name: string, grid: Grid = MNIST_GRID): Promise<DatasetRecord | null> {
    const now = Date.now();
    const record: DatasetRecord = {
      id: newId(),
      name: cleanName(name, 'My drawings'),
      origin: 'drawn',
      grid,
      count: 0,
      labelled: false,
      revision: 0,
      createdAt: now,
      updatedAt: now,
    };
    const put = this.#valueOrNotice(await (await this.#store).putDataset(record));
    await this.refreshDatasets();
    return put;
  }

  /** Resolves with whether the name is stored. */
  async renameDataset(record: DatasetRecord, name: string): Promise<boolean> {
    const renamed = { ...record, name: cleanName(name, record.name), updatedAt: Date.now() };
    const put = this.#valueOrNotice(await (await this.#store).putDataset(renamed));
    await this.refreshDatasets();
    return put !== null;
  }

  async deleteDataset(id: string): Promise<void> {
    this.#valueOrNotice(await (await this.#store).deleteDataset(id));
    await this.refreshDatasets();
  }

  async putFiles(record: DatasetRecord, payload: PayloadRecord): Promise<Result<DatasetRecord>> {
    const put = await (await this.#store).putDatasetWithPayload(record, payload);
    // What was downloaded can be fetched again.
    if (put.ok && record.origin === 'imported') this.onKept();
    await this.refreshDatasets();
    return put;
  }

  /** The same for files that can be fetched again: where they cannot be stored, a notice says so. */
  async storeDownload(record: DatasetRecord, payload: PayloadRecord): Promise<void> {
    const put = await this.putFiles(record, payload);
    if (put.ok) this.#notices.drop('download');
    else
      this.#notices.say(
        'download',
        `${record.name} was fetched, but not kept on this machine: ${put.reason}. It is fetched again when it is needed.`,
        { tone: 'warning' },
      );
  }

  async files(id: string): Promise<Result<PayloadRecord>> {
    const payload = await (await this.#store).payload(id);
    if (!payload.ok) return payload;
    return payload.value ? ok(payload.value) : fail('data set: its files are gone; import them again');
  }

  // --- drawings -----------------------------------------------------------------------------------------

  async drawings(datasetId: string): Promise<Result<readonly DrawingRecord[]>> {
    return await (await this.#store).drawings(datasetId);
  }

  async addDrawing(
    datasetId: string,
    pixels: Uint8Array<ArrayBuffer>,
    label: number | null,
  ): Promise<boolean> {
    const drawing = {
      id: newId(),
      datasetId,
      label,
      pixels: pixels.slice(),
      createdAt: Date.now(),
    };
    const added = this.#valueOrNotice(await (await this.#store).addDrawing(drawing));
    if (added) this.onKept();
    await this.refreshDatasets();
    return added !== null;
  }

  /** Resolves with whether the label is stored. */
  async relabelDrawing(drawing: DrawingRecord, label: number | null): Promise<boolean> {
    const put = this.#valueOrNotice(
      await (await this.#store).updateDrawing(drawing.id, label, drawing.label),
    );
    await this.refreshDatasets();
    return put !== null;
  }

  /** Resolves with whether the drawing is gone. */
  async deleteDrawing(id: string): Promise<boolean> {
    const deleted = await (await this.#store).deleteDrawing(id);
    this.#valueOrNotice(deleted);
    await this.refreshDatasets();
    return deleted.ok;
  }

  // --- models and runs ----------------------------------------------------------------------------------

  /**
   * Stores a trained model and deletes its run, both or neither. A model that cannot be stored is added to `unkept`, and
   * a notice says why.
   */
  async finishRun(model: ModelRecord, runId: string): Promise<Result<null>> {
    const finished = await (await this.#store).finishRun(model, runId);
    const others = this.unkept.filter((each) => each.model.id !== model.id);
    this.#setUnkept(finished.ok ? others : [...others, { model, runId, reason: finished.reason }]);
    if (finished.ok) this.onKept();
    await this.refreshModels();
    return finished;
  }

  /** Tries again to store a model that could not be stored. */
  async storeAgain(id: string): Promise<Result<null>> {
    const unkept = this.unkept.find(({ model }) => model.id === id);
    return unkept ? await this.finishRun(unkept.model, unkept.runId) : ok(null);
  }

  /** Stores a model that was not trained here, or not in a run of the panel. */
  async addModel(model: ModelRecord): Promise<Result<null>> {
    const put = await (await this.#store).putModel(model);
    if (put.ok) this.onKept();
    await this.refreshModels();
    return put;
  }

  /** Resolves with whether the model has the name; one that is not stored has it until the page closes. */
  async renameModel(model: ModelRecord, name: string): Promise<boolean> {
    const renamed = { ...model, name: cleanName(name, model.name) };
    const unkept = this.unkept.find((each) => each.model.id === model.id);
    if (unkept) {
      await this.finishRun(renamed, unkept.runId);
      return true;
    }
    const put = await (await this.#store).putModel(renamed);
    this.#valueOrNotice(put);
    await this.refreshModels();
    return put.ok;
  }

  /** Adds scores of the unseen digits to a stored model. Where they cannot be stored, they are computed again at the next visit. */
  async addUnseen(id: string, unseen: Float32Array<ArrayBuffer>): Promise<void> {
    if (this.#stored.every((each) => each.id !== id)) return;
    const added = await (await this.#store).addUnseen(id, unseen);
    if (added.ok) await this.refreshModels();
  }

  async deleteModel(id: string): Promise<void> {
    const store = await this.#store;
    const unkept = this.unkept.find(({ model }) => model.id === id);
    // A model that is not stored has a stored run, which would be offered at the next visit.
    const deleted = unkept ? await store.deleteRun(unkept.runId) : await store.deleteModel(id);
    this.#valueOrNotice(deleted);
    if (deleted.ok) this.#setUnkept(this.unkept.filter((each) => each !== unkept));
    await this.refreshModels();
  }

  /** Stores the record of a run, to which the worker then adds checkpoints; fails where the store lives only as long as the page. */
  async putRun(run: RunRecord): Promise<Result<null>> {
    const store = await this.#store;
    return store.notKept === null ? await store.putRun(run) : fail(store.notKept);
  }

  /** Null where there is none. */
  async run(id: string): Promise<Result<RunRecord | null>> {
    return await (await this.#store).run(id);
  }

  async deleteRun(id: string): Promise<Result<null>> {
    const deleted = await (await this.#store).deleteRun(id);
    this.#valueOrNotice(deleted);
    return deleted;
  }

  async runs(): Promise<readonly RunRecord[]> {
    return this.#valueOrNotice(await (await this.#store).runs()) ?? [];
  }

  // --- everything ---------------------------------------------------------------------------------------

  /** All that is stored, as it is at one time. */
  async snapshot(): Promise<Result<Snapshot>> {
    return await (await this.#store).snapshot();
  }

  /** What `merge` would do now. */
  async planMerge(backup: Snapshot, options: MergeOptions): Promise<Result<readonly MergedRow[]>> {
    return await (await this.#store).planMerge(backup, options);
  }

  /** Adds what a backup has and the store lacks, all of it or nothing. */
  async merge(backup: Snapshot, options: MergeOptions): Promise<Result<readonly MergedRow[]>> {
    const merged = await (await this.#store).merge(backup, options);
    await Promise.all([this.refreshDatasets(), this.refreshModels()]);
    if (merged.ok) this.onKept();
    return merged;
  }

  // --- settings -----------------------------------------------------------------------------------------

  /** Undefined where nothing is stored under the key. */
  async setting(key: string): Promise<Result<unknown>> {
    return await (await this.#store).getSetting(key);
  }

  /** See Store.changeSetting. */
  async changeSetting<T>(key: string, change: (stored: unknown) => T): Promise<Result<T>> {
    const changed = await (await this.#store).changeSetting(key, change);
    this.#valueOrNotice(changed);
    return changed;
  }

  async putSetting(key: string, value: unknown): Promise<Result<null>> {
    const put = await (await this.#store).putSetting(key, value);
    this.#valueOrNotice(put);
    return put;
  }

  /** Sets the models that are not stored, with a notice while there are any. */
  #setUnkept(unkept: readonly UnkeptModel[]): void {
    this.unkept = unkept;
    const last = unkept.at(-1);
    if (!last) this.#notices.drop('unkept');
    else
      this.#notices.say(
        'unkept',
        `${last.model.name} was not kept on this machine: ${last.reason}. It can be used and exported until this page closes.`,
        { tone: 'error' },
      );
  }

  /** The value of a result; for a failure null, and a notice with the reason. */
  #valueOrNotice<T>(result: Result<T>): T | null {
    if (result.ok) return result.value;
    this.#notices.say('storage', result.reason, { tone: 'error' });
    return null;
  }
}
