import { fail, ok, type Result } from '../data/result.ts';
import { verifyRow } from './rows.ts';
import type { Records, Row, TableName, Tables, Transaction } from './tables.ts';

export const TABLES = [
  'datasets',
  'payloads',
  'drawings',
  'models',
  'runs',
  'settings',
] as const satisfies readonly TableName[];

/** All undamaged rows of the store at one time, in the order of their keys. */
export type Snapshot = { readonly [N in TableName]: readonly Row<Records[N]>[] };

/** Everything in the store, read in one transaction. Damaged rows are left out: they are set aside when their table is read. */
export function readSnapshot(tables: Tables): Promise<Result<Snapshot>> {
  return tables.run([...TABLES], 'read', async (tx) => ok(await snapshotIn(tx)));
}

export async function snapshotIn(tx: Transaction): Promise<Snapshot> {
  return {
    datasets: await rowsIn(tx, 'datasets'),
    payloads: await rowsIn(tx, 'payloads'),
    drawings: await rowsIn(tx, 'drawings'),
    models: await rowsIn(tx, 'models'),
    runs: await rowsIn(tx, 'runs'),
    settings: await rowsIn(tx, 'settings'),
  };
}

async function rowsIn<N extends TableName>(tx: Transaction, table: N): Promise<Row<Records[N]>[]> {
  const rows: Row<Records[N]>[] = [];
  for (const raw of await tx.all(table)) {
    const row = verifyRow(table, raw);
    if (row.ok) rows.push(row.value);
  }
  return rows.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/**
 * Checks rows from outside as those of the store are checked when they are read: their shapes, keys and checksums, and that no key stands
 * there twice. `pause` is awaited between rows. A reason names the table and the row.
 */
export async function checkSnapshot(
  rows: Readonly<Record<TableName, readonly unknown[]>>,
  pause: () => Promise<void>,
): Promise<Result<Snapshot>> {
  const checked: Partial<Record<TableName, readonly unknown[]>> = {};
  for (const table of TABLES) {
    const result = await checkedRows(table, rows[table], pause);
    if (!result.ok) return result;
    checked[table] = result.value;
  }
  return ok(checked as Snapshot);
}

async function checkedRows<N extends TableName>(
  table: N,
  rows: readonly unknown[],
  pause: () => Promise<void>,
): Promise<Result<Row<Records[N]>[]>> {
  const checked: Row<Records[N]>[] = [];
  const keys = new Set<string>();
  for (const [index, raw] of rows.entries()) {
    const row = verifyRow(table, raw);
    if (!row.ok) return fail(`row ${index}: ${row.reason}`);
    if (keys.has(row.value.key)) return fail(`row ${index}: ${table}: key: stands there twice`);
    keys.add(row.value.key);
    checked.push(row.value);
    await pause();
  }
  return ok(checked);
}
