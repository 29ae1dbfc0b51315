import { fail, ok, type Result } from '../data/result.ts';
import type { DatasetRecord, PayloadRecord } from './records.ts';
import { recordIn, rowOf, verifyRow } from './rows.ts';
import type { Transaction } from './tables.ts';

/** See Store.putDataset. */
export async function datasetPut(tx: Transaction, record: DatasetRecord): Promise<Result<DatasetRecord>> {
  const stored = await recordIn(tx, 'datasets', record.id);
  const merged = stored
    ? { ...stored, name: record.name, updatedAt: Math.max(stored.updatedAt, record.updatedAt) }
    : record;
  await tx.put('datasets', rowOf('datasets', merged));
  return ok(merged);
}

/** See Store.putDatasetWithPayload. */
export async function datasetPutWithPayload(
  tx: Transaction,
  record: DatasetRecord,
  payload: PayloadRecord,
): Promise<Result<DatasetRecord>> {
  if (payload.datasetId !== record.id) throw new RangeError('payload: belongs to another data set');
  const row = rowOf('payloads', payload);
  const stored = await recordIn(tx, 'datasets', record.id);
  const there = verifyRow('payloads', await tx.get('payloads', record.id));
  if (stored && there.ok && stored.revision >= record.revision) {
    if (there.value.checksum === row.checksum) return ok(stored);
    return fail(`data set: "${record.name}" was changed in another tab, and nothing was overwritten`);
  }
  await tx.put('payloads', row);
  await tx.put('datasets', rowOf('datasets', record));
  return ok(record);
}

/** See Store.deleteDataset. */
export async function datasetDeleted(tx: Transaction, id: string): Promise<Result<null>> {
  await tx.delete('datasets', id);
  await tx.delete('payloads', id);
  for (const row of await tx.drawingsOf(id)) await tx.delete('drawings', (row as { key: string }).key);
  return ok(null);
}
