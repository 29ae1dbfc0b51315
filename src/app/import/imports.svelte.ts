import { cleanText } from '../../data/clean-text.ts';
import { wordsOf } from '../../data/error-words.ts';
import type { Preparation } from '../../data/import/preparation.ts';
import type { ImportSource } from '../../data/import/source.ts';
import type { Result } from '../../data/result.ts';
import type { DatasetRecord, PayloadRecord } from '../../store/records.ts';
import { plural } from '../format.ts';
import type { Notices } from '../notices.svelte.ts';
import { type FileHead, HEAD_BYTES, type ImportReader, type Source } from './readers.ts';

export interface ImportsPorts {
  /** In the order in which they are asked; the last takes everything. */
  readonly readers: readonly ImportReader[];
  readonly putFiles: (dataset: DatasetRecord, payload: PayloadRecord) => Promise<Result<DatasetRecord>>;
  readonly notices: Pick<Notices, 'say'>;
  /** Opens the panel for training with this data set. */
  readonly train: (dataset: DatasetRecord) => void;
}

/** What the import dialog shows; null where it is closed. */
export type ImportStage =
  | { readonly kind: 'reading'; readonly what: string; readonly share: number }
  | { readonly kind: 'source'; readonly source: Source }
  | { readonly kind: 'storing'; readonly source: Source; readonly share: number }
  | { readonly kind: 'refused'; readonly what: string; readonly reason: string };

/** Files on their way into the library: read, shown in the dialog, prepared as the visitor chooses, stored. One import at a time. */
export class Imports {
  stage = $state.raw<ImportStage | null>(null);
  /** Whether the dialog was ever opened: its code is fetched then. */
  used = $state(false);
  /** Why the last attempt to store failed; empty where it did not. */
  failure = $state('');
  readonly #ports: ImportsPorts;
  /** Of what goes on: reading or storing. */
  #work: AbortController | null = null;
  /** The files that are shown; none where a source was handed over. */
  #files: readonly File[] = [];

  constructor(ports: ImportsPorts) {
    this.#ports = ports;
  }

  /**
   * Picked, dropped, pasted or shared files of one data set: the dialog opens, they are read, and it shows what was found. `chosen` names
   * the array of images in a file that has several.
   */
  async take(files: readonly File[], chosen: string | null = null): Promise<void> {
    if (files.length === 0) return;
    const signal = this.#begin();
    const what = files.map(({ name }) => cleanText(name)).join(', ');
    this.stage = { kind: 'reading', what, share: 0 };
    try {
      const heads = await Promise.all(files.map(headOf));
      const reader = this.#ports.readers.find((each) => each.takes(heads));
      if (!reader) throw new Error('no reader takes these files');
      const onProgress = (share: number) => {
        if (!signal.aborted) this.stage = { kind: 'reading', what, share };
      };
      const source = await reader.read(files, { chosen, signal, onProgress });
      if (signal.aborted) return;
      this.stage = source.ok
        ? { kind: 'source', source: source.value }
        : { kind: 'refused', what, reason: source.reason };
      this.#files = files;
    } catch (error) {
      if (!signal.aborted) this.stage = { kind: 'refused', what, reason: wordsOf(error) };
    }
  }

  /** The dialog opens with images that have been read, to prepare them. */
  show(source: ImportSource): void {
    this.#begin();
    this.stage = { kind: 'source', source };
  }

  /** Reads the same files again, with this array as the images. */
  async choose(array: string): Promise<void> {
    await this.take(this.#files, array);
  }

  /** Prepares the images that are shown and stores them as a data set; the dialog closes, and a notice says so. */
  async store(name: string, preparation: Preparation): Promise<void> {
    if (this.stage?.kind !== 'source') return;
    const { source } = this.stage;
    const files = this.#files;
    const signal = this.#begin();
    this.#files = files;
    this.stage = { kind: 'storing', source, share: 0 };
    try {
      const { importedRecords } = await import('./store-import.ts');
      const onProgress = (share: number) => {
        if (!signal.aborted) this.stage = { kind: 'storing', source, share };
      };
      const records = await importedRecords(source, { name, preparation, signal, onProgress });
      signal.throwIfAborted();
      const put = records.ok
        ? await this.#ports.putFiles(records.value.dataset, records.value.payload)
        : records;
      if (put.ok) {
        this.close();
        this.#announce(put.value);
      } else this.#failed(source, put.reason);
    } catch (error) {
      if (!signal.aborted) this.#failed(source, wordsOf(error));
    }
  }

  /** Ends what goes on; nothing of it is kept. While images are being prepared, the dialog goes back to them. */
  cancel(): void {
    const { stage } = this;
    if (stage?.kind !== 'storing') {
      this.close();
      return;
    }
    this.#work?.abort();
    this.stage = { kind: 'source', source: stage.source };
  }

  close(): void {
    this.#work?.abort();
    this.#work = null;
    this.#files = [];
    this.failure = '';
    this.stage = null;
  }

  #begin(): AbortSignal {
    this.close();
    this.used = true;
    this.#work = new AbortController();
    return this.#work.signal;
  }

  #failed(source: Source, reason: string): void {
    this.failure = reason;
    this.stage = { kind: 'source', source };
  }

  #announce(dataset: DatasetRecord): void {
    this.#ports.notices.say('import', `Imported ${dataset.name}: ${plural(dataset.count, 'image')}.`, {
      action: { label: 'Train on it', run: () => this.#ports.train(dataset) },
    });
  }
}

async function headOf(file: File): Promise<FileHead> {
  return { file, head: new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()) };
}
