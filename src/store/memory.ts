import type { Result } from '../data/result.ts';
import type { Access, Tables, Transaction } from './tables.ts';

/**
 * Tables in memory, for private windows and browsers without IndexedDB. As in IndexedDB, rows are copied on reads and
 * writes, and transactions run one after another.
 */
export class MemoryTables implements Tables {
  private rows = new Map<string, Map<string, unknown>>();
  private last: Promise<unknown> = Promise.resolve();

  run<T>(
    _tables: readonly string[],
    _access: Access,
    work: (transaction: Transaction) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const turn = this.last.then(async () => {
      const before = new Map([...this.rows].map(([name, table]) => [name, new Map<string, unknown>(table)]));
      let committed = false;
      try {
        const result = await work(this.transaction());
        committed = result.ok;
        return result;
      } finally {
        if (!committed) this.rows = before;
      }
    });
    // The next transaction runs whether this one threw or not.
    this.last = turn.catch(() => null);
    return turn;
  }

  close(): void {
    this.rows.clear();
  }

  private table(name: string): Map<string, unknown> {
    const table = this.rows.get(name) ?? new Map<string, unknown>();
    this.rows.set(name, table);
    return table;
  }

  private transaction(): Transaction {
    const all = (name: string) => structuredClone([...this.table(name).values()]);
    const put = (name: string, row: { readonly key: string }) => {
      this.table(name).set(row.key, structuredClone(row));
      return Promise.resolve();
    };
    return {
      get: (table, key) => Promise.resolve(structuredClone(this.table(table).get(key))),
      all: (table) => Promise.resolve(all(table)),
      drawingsOf: (datasetId) =>
        Promise.resolve(
          all('drawings').filter(
            (row) => (row as { record: { datasetId: unknown } }).record.datasetId === datasetId,
          ),
        ),
      put,
      delete: (table, key) => {
        this.table(table).delete(key);
        return Promise.resolve();
      },
      setAside: (row) => put('setAside', row),
      allSetAside: () => Promise.resolve(all('setAside')),
      clearSetAside: () => {
        this.table('setAside').clear();
        return Promise.resolve();
      },
    };
  }
}
