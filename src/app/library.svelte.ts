import { cleanText } from '../data/clean-text.ts';
import { type Grid, MNIST_GRID } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import type { Checkpoint } from '../engine/api.ts';
import type {
  DatasetRecord,
  DrawingRecord,
  ModelRecord,
  PayloadRecord,
  RunRecord,
} from '../store/records.ts';
import { openStore } from '../store/db.ts';
import type { Store } from '../store/store.ts';
import { plural } from './format.ts';
import type { Notices } from './notices.svelte.ts';

const LONGEST_NAME = 80;

/** What this machine keeps: data sets, models and unfinished runs. Every change is written before it is shown. */
export class Library {
  datasets = $state.raw<readonly DatasetRecord[]>([]);
  models = $state.raw<readonly ModelRecord[]>([]);
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
    this.models = this.#said(await (await this.#store).models()) ?? this.models;
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
      id: crypto.randomUUID(),
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

  async renameDataset(record: DatasetRecord, name: string): Promise<void> {
    const renamed = { ...record, name: tidy(name, record.name), updatedAt: Date.now() };
    this.#said(await (await this.#store).putDataset(renamed));
    await this.refreshDatasets();
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

  async files(id: string): Promise<Result<PayloadRecord>> {
    const payload = await (await this.#store).payload(id);
    if (!payload.ok) return payload;
    return payload.value ? ok(payload.value) : fail('data set: its files are gone; import them again');
  }

  // --- drawings -----------------------------------------------------------------------------------------

  async drawings(datasetId: string): Promise<readonly DrawingRecord[]> {
    return this.#said(await (await this.#store).drawings(datasetId)) ?? [];
  }

  async addDrawing(
    datasetId: string,
    pixels: Uint8Array<ArrayBuffer>,
    label: number | null,
  ): Promise<boolean> {
    const drawing = {
      id: crypto.randomUUID(),
      datasetId,
      label,
      pixels: pixels.slice(),
      createdAt: Date.now(),
    };
    const added = this.#said(await (await this.#store).addDrawing(drawing));
    await this.refreshDatasets();
    return added !== null;
  }

  async relabelDrawing(drawing: DrawingRecord, label: number | null): Promise<void> {
    this.#said(await (await this.#store).updateDrawing(drawing.id, label, drawing.label));
    await this.refreshDatasets();
  }

  async deleteDrawing(id: string): Promise<void> {
    this.#said(await (await this.#store).deleteDrawing(id));
    await this.refreshDatasets();
  }

  // --- models and runs ----------------------------------------------------------------------------------

  async putModel(model: ModelRecord): Promise<void> {
    this.#said(await (await this.#store).putModel(model));
    await this.refreshModels();
    // One that could not be kept is still there until the page closes.
    if (this.models.every((each) => each.id !== model.id)) this.models = [...this.models, model];
  }

  async renameModel(model: ModelRecord, name: string): Promise<void> {
    this.#said(await (await this.#store).putModel({ ...model, name: tidy(name, model.name) }));
    await this.refreshModels();
  }

  async deleteModel(id: string): Promise<void> {
    this.#said(await (await this.#store).deleteModel(id));
    await this.refreshModels();
  }

  async putRun(run: RunRecord): Promise<Result<null>> {
    return await (await this.#store).putRun(run);
  }

  async putCheckpoint(runId: string, checkpoint: Checkpoint): Promise<Result<null>> {
    return await (await this.#store).putCheckpoint(runId, checkpoint);
  }

  async deleteRun(id: string): Promise<void> {
    this.#said(await (await this.#store).deleteRun(id));
  }

  async runs(): Promise<readonly RunRecord[]> {
    return this.#said(await (await this.#store).runs()) ?? [];
  }

  // --- settings -----------------------------------------------------------------------------------------

  async setting(key: string): Promise<unknown> {
    const setting = await (await this.#store).getSetting(key);
    return setting.ok ? setting.value : undefined;
  }

  async putSetting(key: string, value: unknown): Promise<void> {
    this.#said(await (await this.#store).putSetting(key, value));
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
