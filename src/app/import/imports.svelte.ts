import type { ImportSource } from '../../data/import/source.ts';
import { wordsOf } from '../../data/error-words.ts';
import { cleanText } from '../../data/clean-text.ts';
import { type FileHead, HEAD_BYTES, type ImportReader } from './readers.ts';

export interface ImportsPorts {
  /** In the order in which they are asked; the last takes everything. */
  readonly readers: readonly ImportReader[];
}

/** What the import dialog shows; null where it is closed. */
export type ImportStage =
  | { readonly kind: 'reading'; readonly what: string; readonly share: number }
  | { readonly kind: 'source'; readonly source: ImportSource }
  | { readonly kind: 'refused'; readonly what: string; readonly reason: string };

/** Files on their way into the library: read, shown in the dialog, prepared as the visitor chooses, stored. One import at a time. */
export class Imports {
  stage = $state.raw<ImportStage | null>(null);
  readonly #ports: ImportsPorts;
  #reading: AbortController | null = null;

  constructor(ports: ImportsPorts) {
    this.#ports = ports;
  }

  /** Picked, dropped, pasted or shared files of one data set: the dialog opens, they are read, and it shows what was found. */
  async take(files: readonly File[]): Promise<void> {
    if (files.length === 0) return;
    this.close();
    const reading = new AbortController();
    this.#reading = reading;
    const { signal } = reading;
    const what = files.map(({ name }) => cleanText(name)).join(', ');
    this.stage = { kind: 'reading', what, share: 0 };
    try {
      const heads = await Promise.all(files.map(headOf));
      const reader = this.#ports.readers.find((each) => each.takes(heads));
      if (!reader) throw new Error('no reader takes these files');
      const onProgress = (share: number) => {
        if (!signal.aborted) this.stage = { kind: 'reading', what, share };
      };
      const source = await reader.read(files, { signal, onProgress });
      if (signal.aborted) return;
      if (source.ok) this.show(source.value);
      else this.stage = { kind: 'refused', what, reason: source.reason };
    } catch (error) {
      if (!signal.aborted) this.stage = { kind: 'refused', what, reason: wordsOf(error) };
    }
  }

  /** The dialog opens with images that have been read, to prepare them. */
  show(source: ImportSource): void {
    this.close();
    this.stage = { kind: 'source', source };
  }

  /** Ends what goes on; nothing of it is kept. */
  close(): void {
    this.#reading?.abort();
    this.#reading = null;
    this.stage = null;
  }
}

async function headOf(file: File): Promise<FileHead> {
  return { file, head: new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()) };
}
