import type { Result } from '../data/result.ts';
import type {
  DatasetRecord,
  DrawingRecord,
  ModelRecord,
  PayloadRecord,
  RunRecord,
  SettingRecord,
} from './records.ts';

/** The record type of every table. */
export interface Records {
  datasets: DatasetRecord;
  payloads: PayloadRecord;
  drawings: DrawingRecord;
  models: ModelRecord;
  runs: RunRecord;
  settings: SettingRecord;
}
export type TableName = keyof Records;

/** A record in its table: its key and a checksum that detects damage. */
export interface Row<T> {
  readonly key: string;
  readonly record: T;
  readonly checksum: number;
}

/** A damaged row, unchanged, with the reason. It is stored for inspection. */
export interface SetAsideRow {
  readonly key: string;
  readonly table: TableName;
  readonly originalKey: string;
  readonly reason: string;
  readonly at: number;
  readonly row: unknown;
}

/**
 * Reads and writes of one transaction. What is read may have any type: it may be damaged or from an older version.
 * Nothing else may be awaited between two calls, or IndexedDB commits.
 */
export interface Transaction {
  get(table: TableName, key: string): Promise<unknown>;
  all(table: TableName): Promise<unknown[]>;
  drawingsOf(datasetId: string): Promise<unknown[]>;
  put<N extends TableName>(table: N, row: Row<Records[N]>): Promise<void>;
  delete(table: TableName, key: string): Promise<void>;
  setAside(row: SetAsideRow): Promise<void>;
  allSetAside(): Promise<unknown[]>;
  clearSetAside(): Promise<void>;
}

/** Strict waits until the bytes are on the disk, so that a crash does not lose them. */
export type Access = 'read' | 'write' | 'write strictly';

/** Tables with transactions: IndexedDB, or memory where the browser stores nothing. */
export interface Tables {
  /**
   * Atomic: a failed result, an exception and a storage error undo all writes of `work`. It may run twice, when the
   * connection was lost during the first. Storage errors become results; bugs throw.
   */
  run<T>(
    tables: readonly (TableName | 'setAside')[],
    access: Access,
    work: (transaction: Transaction) => Promise<Result<T>>,
  ): Promise<Result<T>>;
  close(): void;
}
