import type { Result } from '../data/result.ts';
import type {
  DatasetRecord,
  DrawingRecord,
  ModelRecord,
  PayloadRecord,
  RunRecord,
  SettingRecord,
} from './records.ts';

/** What is kept where. */
export interface Records {
  datasets: DatasetRecord;
  payloads: PayloadRecord;
  drawings: DrawingRecord;
  models: ModelRecord;
  runs: RunRecord;
  settings: SettingRecord;
}
export type TableName = keyof Records;

/** A record as it lies in its table: under its key, with the checksum that tells whether it is still whole. */
export interface Row<T> {
  readonly key: string;
  readonly record: T;
  readonly checksum: number;
}

/** A row that was found damaged, as it was, with the reason. It is kept for inspection and harms nothing. */
export interface SetAsideRow {
  readonly key: string;
  readonly table: TableName;
  readonly originalKey: string;
  readonly reason: string;
  readonly at: number;
  readonly row: unknown;
}

/**
 * Reads and writes of one transaction. What is read may be anything: disks decay and older code wrote it.
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

/** Strict waits until the bytes are on the disk: for what a crash must not take away. */
export type Access = 'read' | 'write' | 'write strictly';

/** Tables with transactions: IndexedDB, or memory where the browser keeps nothing. */
export interface Tables {
  /**
   * All of `work` or nothing of it: a failed result, a throw and a storage error each undo its writes. It may
   * run twice, when the connection was lost under the first. Storage errors become results; bugs throw.
   */
  run<T>(
    tables: readonly (TableName | 'setAside')[],
    access: Access,
    work: (transaction: Transaction) => Promise<Result<T>>,
  ): Promise<Result<T>>;
  close(): void;
}
