import { cleanText } from '../../data/clean-text.ts';
import { type Grid, MNIST_GRID } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Checkpoint } from '../../engine/api.ts';
import type {
  DatasetRecord,
  DrawingRecord,
  ModelRecord,
  PayloadRecord,
  RunRecord,
} from '../../store/records.ts';
import { openStore } from '../../store/db.ts';
import type { Store } from '../../store/store.ts';
import { plural } from '../format.ts';
import { newId } from '../new-id.ts';
import type { Notices } from '../notices.svelte.ts';

const LONGEST_NAME = 80;

/** A trained model that the store could not take. It can be used and exported until the page closes. */
export interface UnkeptModel {
  readonly model: ModelRecord;
  /** Its run stays in the store until the model is there. */
  readonly runId: string;
  readonly reason: string;
}

/** What this machine keeps: data sets, models and unfinished runs. Every change is written before it is shown. */
export class Library {
  datasets = $state.raw<readonly DatasetRecord[]>([]);
  /** Trained models that could not be stored, the latest last. */
  unkept = $state.raw<readonly UnkeptModel[]>([]);
  /** Why nothing outlives this page; null where it does, or where that is not known yet. */
  notKept = $state<string | null>(null);
  #stored = $state.raw<readonly ModelRecord[]>([]);
  /** Those in the store, then those that it could not take. */
  models = $derived<readonly ModelRecord[]>([...this.#stored, ...this.unkept.map(({ model }) => model)]);
  /** False until the first reading is through. */
  ready = $state(false);
  /** Called before the connection gives way to a newer version in another tab. */
  onBlocking: () => Promise<void> = () => Promise.resolve();
  readonly #notices: Notices;
  readonly #store: Promise<Store>;

  constructor(notices: Notices) {
    this.#notices = notices;
    this.#store = openStore({
      onSetAside: (rows) =>
        notices.say(
          'aside',
          `${plural(rows.length, 'damaged record')} could not be read and was put aside.`,
          { tone: 'warning' },
        ),
      onBlocked: () =>
        notices.say(
          'blocked',
          'Another tab holds an older version of Inkling. Close it, so that what you keep can be opened here.',
          { tone: 'warning' },
        ),
      onBlocking: async () => {
        await this.onBlocking();
        notices.say(
          'blocking',
          'A newer version of Inkling is open in another tab. Reload this one to go on saving.',
          { tone: 'warning' },
        );
      },
    });
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
    this.datasets = this.#said(await (await this.#store).datasets()) ?? this.datasets;
  }

  async refreshModels(): Promise<void> {
    const stored = this.#said(await (await this.#store).models());
    if (!stored) return;
    this.#stored = stored;
    this.#keepUnkept(this.unkept.filter(({ model }) => stored.every((each) => each.id !== model.id)));
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
      name: tidy(name, 'My drawings'),
      origin: 'drawn',
      grid,
      count: 0,
      labelled: false,
      revision: 0,
      createdAt: now,
      updatedAt: now,
    };
    const put = this.#said(await (await this.#store).putDataset(record));
    await this.refreshDatasets();
    return put;
  }

  /** Resolves with whether the name is stored. */
  async renameDataset(record: DatasetRecord, name: string): Promise<boolean> {
    const renamed = { ...record, name: tidy(name, record.name), updatedAt: Date.now() };
    const put = this.#said(await (await this.#store).putDataset(renamed));
    await this.refreshDatasets();
    return put !== null;
  }

  async deleteDataset(id: string): Promise<void> {
    this.#said(await (await this.#store).deleteDataset(id));
    await this.refreshDatasets();
  }

  async putFiles(record: DatasetRecord, payload: PayloadRecord): Promise<Result<DatasetRecord>> {
    const put = await (await this.#store).putDatasetWithPayload(record, payload);
    await this.refreshDatasets();
    return put;
  }

  /** The same for files that can be fetched again: a notice says where they could not be kept. */
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
    const added = this.#said(await (await this.#store).addDrawing(drawing));
    await this.refreshDatasets();
    return added !== null;
  }

  /** Resolves with whether the label is stored. */
  async relabelDrawing(drawing: DrawingRecord, label: number | null): Promise<boolean> {
    const put = this.#said(await (await this.#store).updateDrawing(drawing.id, label, drawing.label));
    await this.refreshDatasets();
    return put !== null;
  }

  async deleteDrawing(id: string): Promise<void> {
    this.#said(await (await this.#store).deleteDrawing(id));
    await this.refreshDatasets();
  }

  // --- models and runs ----------------------------------------------------------------------------------

  /**
   * Stores a trained model and deletes its run, both or neither. Where it could not, it is among `unkept` and a notice
   * says why.
   */
  async finishRun(model: ModelRecord, runId: string): Promise<Result<null>> {
    const finished = await (await this.#store).finishRun(model, runId);
    const others = this.unkept.filter((each) => each.model.id !== model.id);
    this.#keepUnkept(finished.ok ? others : [...others, { model, runId, reason: finished.reason }]);
    await this.refreshModels();
    return finished;
  }

  /** Tries again to store a model that could not be. */
  async storeAgain(id: string): Promise<Result<null>> {
    const unkept = this.unkept.find(({ model }) => model.id === id);
    return unkept ? await this.finishRun(unkept.model, unkept.runId) : ok(null);
  }

  /** Resolves with whether the model bears the name: one that is not kept bears it until the page closes. */
  async renameModel(model: ModelRecord, name: string): Promise<boolean> {
    const renamed = { ...model, name: tidy(name, model.name) };
    const unkept = this.unkept.find((each) => each.model.id === model.id);
    if (unkept) {
      await this.finishRun(renamed, unkept.runId);
      return true;
    }
    const put = await (await this.#store).putModel(renamed);
    this.#said(put);
    await this.refreshModels();
    return put.ok;
  }

  async deleteModel(id: string): Promise<void> {
    const store = await this.#store;
    const unkept = this.unkept.find(({ model }) => model.id === id);
    // Of one that is not in the store, the run is: it would be offered at the next visit.
    const deleted = unkept ? await store.deleteRun(unkept.runId) : await store.deleteModel(id);
    this.#said(deleted);
    if (deleted.ok) this.#keepUnkept(this.unkept.filter((each) => each !== unkept));
    await this.refreshModels();
  }

  async putRun(run: RunRecord): Promise<Result<null>> {
    return await (await this.#store).putRun(run);
  }

  async putCheckpoint(runId: string, checkpoint: Checkpoint): Promise<Result<null>> {
    return await (await this.#store).putCheckpoint(runId, checkpoint);
  }

  async deleteRun(id: string): Promise<Result<null>> {
    const deleted = await (await this.#store).deleteRun(id);
    this.#said(deleted);
    return deleted;
  }

  async runs(): Promise<readonly RunRecord[]> {
    return this.#said(await (await this.#store).runs()) ?? [];
  }

  // --- settings -----------------------------------------------------------------------------------------

  /** Undefined where nothing is kept under the key. */
  async setting(key: string): Promise<Result<unknown>> {
    return await (await this.#store).getSetting(key);
  }

  async putSetting(key: string, value: unknown): Promise<Result<null>> {
    const put = await (await this.#store).putSetting(key, value);
    this.#said(put);
    return put;
  }

  /** Says which models are not kept, as long as there are any. */
  #keepUnkept(unkept: readonly UnkeptModel[]): void {
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

  /** The value; null and a notice where the store could not. */
  #said<T>(result: Result<T>): T | null {
    if (result.ok) return result.value;
    this.#notices.say('storage', result.reason, { tone: 'error' });
    return null;
  }
}

function tidy(name: string, fallback: string): string {
  return cleanText(name.replace(/\s+/g, ' ').trim(), LONGEST_NAME).trim() || fallback;
}
