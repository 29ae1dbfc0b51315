import type { ImportSource } from '../../data/import/source.ts';
import type { ReadSource } from '../../data/import/read-source.ts';
import type { Result } from '../../data/result.ts';

/** A file before it is read. */
export interface FileHead {
  readonly file: File;
  /** Its first HEAD_BYTES bytes, or all where it is shorter: formats are told by their content, names only help. */
  readonly head: Uint8Array<ArrayBuffer>;
}

export const HEAD_BYTES = 512;

export interface ReadOptions {
  /** Name of the array of images, where a file has several and the visitor has chosen. */
  readonly chosen?: string | null;
  /** Aborted when the visitor cancels: `read` then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** How much has been read, 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/** What the dialog prepares; of readers of numbers with the other arrays that could be meant, and the files as they were. */
export type Source = ImportSource & Partial<Omit<ReadSource, keyof ImportSource>>;

/** One kind of files that data sets are read from. Its code is fetched when `read` is called. */
export interface ImportReader {
  /** Whether these files, picked together, are for this reader. The first reader that says so gets them. */
  readonly takes: (files: readonly FileHead[]) => boolean;
  /** Must not block the page for more than 50 ms at a time. A reason names the file, the field and the remedy. */
  readonly read: (files: readonly File[], options: ReadOptions) => Promise<Result<Source>>;
}
