import { fail, ok } from '../data/result.ts';
import type { Result } from '../data/result.ts';
import { checksum, isPlainObject, plainCopy } from './checksum.ts';
import { keyOf, misshapenField } from './shapes.ts';
import type { Records, Row, TableName, Transaction } from './tables.ts';

/** The row of a record. Throws for a record with a field of the wrong type: it could not be read back. */
export function rowOf<N extends TableName>(table: N, record: Records[N]): Row<Records[N]> {
  const copy = plainCopy(record, table) as Records[N];
  const field = misshapenField(table, copy);
  if (field !== null) throw new TypeError(`${table}: ${field}: has the wrong type`);
  return { key: keyOf(table, copy), record: copy, checksum: checksum(copy) };
}

/** The row, if it is complete and its checksum matches. */
export function verifyRow<N extends TableName>(table: N, row: unknown): Result<Row<Records[N]>> {
  if (!isPlainObject(row)) return fail(`${table}: there is no such row`);
  const field = misshapenField(table, row.record);
  if (field !== null) return fail(`${table}: ${field}: is missing or has the wrong type`);
  const record = row.record as Records[N];
  if (row.key !== keyOf(table, record)) return fail(`${table}: key: is not that of the record`);
  if (row.checksum !== checksum(record)) return fail(`${table}: checksum: does not match the record`);
  return ok({ key: row.key, record, checksum: row.checksum });
}

/** The record under a key; undefined where there is none or it is damaged. */
export async function recordIn<N extends TableName>(
  tx: Transaction,
  table: N,
  key: string,
): Promise<Records[N] | undefined> {
  const row = verifyRow(table, await tx.get(table, key));
  return row.ok ? row.value.record : undefined;
}
