import type { ImportSource } from '../../data/import/source.ts';
import type { Result } from '../../data/result.ts';

/** A file before it is read. */
export interface FileHead {
  readonly file: File;
  /** Its first HEAD_BYTES bytes, or all where it is shorter: formats are told by their content, names only help. */
  readonly head: Uint8Array<ArrayBuffer>;
}

export const HEAD_BYTES = 512;

export interface ReadOptions {
  /** Aborted when the visitor cancels: `read` then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** How much has been read, 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/** One kind of files that data sets are read from. Its code is fetched when `read` is called. */
export interface ImportReader {
  /** Whether these files, picked together, are for this reader. The first reader that says so gets them. */
  readonly takes: (files: readonly FileHead[]) => boolean;
  /** Must not block the page for more than 50 ms at a time. A reason names the file, the field and the remedy. */
  readonly read: (files: readonly File[], options: ReadOptions) => Promise<Result<ImportSource>>;
}
