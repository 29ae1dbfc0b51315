import { openDB } from 'idb';
import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import { fail } from '../data/result.ts';
import type { Result } from '../data/result.ts';
import { describeFailure, isLostConnection } from './failures.ts';
import { MemoryTables } from './memory.ts';
import { Store } from './store.ts';
import type { StoreEvents } from './store.ts';
import type { Access, Records, Row, SetAsideRow, TableName, Tables, Transaction } from './tables.ts';

type RowSchema = { [N in TableName]: { key: string; value: Row<Records[N]> } };
interface Schema extends RowSchema, DBSchema {
  drawings: { key: string; value: Row<Records['drawings']>; indexes: { byDataset: string } };
  setAside: { key: string; value: SetAsideRow };
}
type Upgrade = IDBPTransaction<Schema, StoreNames<Schema>[], 'versionchange'>;

/**
 * One entry a version, never changed once released: a database of version v runs those from v on. The tests repeat the
 * released schemas, so that old databases stay readable.
 */
const MIGRATIONS: readonly ((db: IDBPDatabase<Schema>, tx: Upgrade) => void)[] = [
  (db) => {
    for (const table of ['datasets', 'payloads', 'drawings', 'models', 'settings', 'setAside'] as const)
      db.createObjectStore(table, { keyPath: 'key' });
  },
  (db, tx) => {
    db.createObjectStore('runs', { keyPath: 'key' });
    tx.objectStore('drawings').createIndex('byDataset', 'record.datasetId');
  },
];

export const SCHEMA_VERSION = MIGRATIONS.length;

export interface OpenOptions extends StoreEvents {
  /** Name of the database. */
  readonly name?: string;
  /** An older tab blocks the upgrade: ask the visitor to close it. */
  readonly onBlocked?: () => void;
  /**
   * A newer version wants to upgrade: save what is unsaved now. The connection closes when the promise
   * settles, at the latest after 0.8 seconds; later writes fail with the reason.
   */
  readonly onBlocking?: () => void | Promise<void>;
  /** How long to wait for the database before working in memory, in ms. */
  readonly timeout?: number;
}

/**
 * Opens the visitor's store. It never fails: where the browser stores nothing (private windows, no IndexedDB,
 * a refusal), the store works in memory, `kept` is false and `notKept` says why.
 */
export async function openStore(options: OpenOptions = {}): Promise<Store> {
  const seen = { blocked: false };
  const onBlocked = () => {
    seen.blocked = true;
    options.onBlocked?.();
  };
  const database = new Database({ ...options, onBlocked });
  const opened = await Promise.race([database.open(), after(options.timeout ?? 10_000)]);
  if (opened === 'opened') return new Store(database, null, options);
  database.close();
  const late = seen.blocked
    ? 'storage: another tab holds an older version of it: close that tab and reload this page'
    : 'storage: it has not answered in time: reload this page to try again';
  const reason = opened ?? late;
  return new Store(new MemoryTables(), reason, options);
}

function after(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms));
}

const GRACE_MS = 800;

class Database implements Tables {
  private connecting: Promise<IDBPDatabase<Schema>> | null = null;

  constructor(private readonly options: OpenOptions) {}

  /** "opened", or the reason why not. */
  async open(): Promise<string> {
    // Some private windows have no such object, others throw when it is touched.
    try {
      if (!('indexedDB' in globalThis)) return 'storage: this browser offers none';
      await this.connect();
      return 'opened';
    } catch (error) {
      return describeFailure(error) ?? `storage: cannot be opened (${String(error)})`;
    }
  }

  async run<T>(
    tables: readonly (TableName | 'setAside')[],
    access: Access,
    work: (transaction: Transaction) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    for (let attempt = 1; ; attempt++) {
      const connecting = this.connect();
      try {
        return await runOnce(await connecting, tables, access, work);
      } catch (error) {
        // Browsers close idle or wiped databases without notice: a transaction that did not commit is
        // repeated once on a fresh connection.
        if (attempt === 1 && isLostConnection(error)) {
          this.forget(connecting);
          continue;
        }
        const reason = describeFailure(error);
        if (reason === null) throw error;
        return fail(reason);
      }
    }
  }

  close(): void {
    if (this.connecting) this.forget(this.connecting);
  }

  private connect(): Promise<IDBPDatabase<Schema>> {
    if (this.connecting) return this.connecting;
    const connecting: Promise<IDBPDatabase<Schema>> = openDB<Schema>(
      this.options.name ?? 'inkling',
      SCHEMA_VERSION,
      {
        upgrade(db, from, _to, tx) {
          for (const migrate of MIGRATIONS.slice(from)) migrate(db, tx);
        },
        blocked: () => this.options.onBlocked?.(),
        blocking: () => void this.closeForUpgrade(connecting),
        terminated: () => {
          if (this.connecting === connecting) this.connecting = null;
        },
      },
    );
    this.connecting = connecting;
    connecting.catch(() => {
      if (this.connecting === connecting) this.connecting = null;
    });
    return connecting;
  }

  private async closeForUpgrade(connecting: Promise<IDBPDatabase<Schema>>): Promise<void> {
    try {
      await Promise.race([this.options.onBlocking?.(), after(GRACE_MS)]);
    } finally {
      this.forget(connecting);
    }
  }

  /** Closes the connection, after its running transactions; the next call opens another. */
  private forget(connecting: Promise<IDBPDatabase<Schema>>): void {
    if (this.connecting === connecting) this.connecting = null;
    // A connection that is still opening closes once it is open, so that it does not block other tabs.
    connecting.then(
      (db) => db.close(),
      () => null,
    );
  }
}

async function runOnce<T>(
  db: IDBPDatabase<Schema>,
  tables: readonly (TableName | 'setAside')[],
  access: Access,
  work: (transaction: Transaction) => Promise<Result<T>>,
): Promise<Result<T>> {
  const tx = db.transaction([...tables], access === 'read' ? 'readonly' : 'readwrite', {
    durability: access === 'write strictly' ? 'strict' : 'relaxed',
  });
  // Caught at once: it may reject before `work` settles.
  const end = tx.done.then(
    () => null,
    (error: unknown) => ({ error }),
  );
  let result: Result<T>;
  try {
    result = await work(transactionOn(tx as Readwrite));
  } catch (error) {
    const alive = abort(tx);
    const ended = await end;
    // Where the transaction ended by itself, later calls fail for that reason alone: its own error has the cause.
    throw !alive && ended ? ended.error : error;
  }
  if (!result.ok) abort(tx);
  const ended = await end;
  if (ended && result.ok) throw ended.error;
  return result;
}

/** Aborts a transaction; false where it has ended already. */
function abort(tx: { abort(): void }): boolean {
  try {
    tx.abort();
    return true;
  } catch {
    return false;
  }
}

type Readwrite = IDBPTransaction<Schema, StoreNames<Schema>[], 'readwrite'>;

function transactionOn(tx: Readwrite): Transaction {
  return {
    get: (table, key) => tx.objectStore(table).get(key),
    all: (table) => tx.objectStore(table).getAll(),
    drawingsOf: (datasetId) => tx.objectStore('drawings').index('byDataset').getAll(datasetId),
    put: async (table, row) => {
      await tx.objectStore(table).put(row as Schema[typeof table]['value']);
    },
    delete: (table, key) => tx.objectStore(table).delete(key),
    setAside: async (row) => {
      await tx.objectStore('setAside').put(row);
    },
    allSetAside: () => tx.objectStore('setAside').getAll(),
    clearSetAside: () => tx.objectStore('setAside').clear(),
  };
}
