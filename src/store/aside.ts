import { pixelCount } from '../data/images.ts';
import { ok } from '../data/result.ts';
import type { Result } from '../data/result.ts';
import { isPlainObject } from './checksum.ts';
import { putRecounted, wholeDrawings } from './drawings.ts';
import { rowOf, verifyRow } from './rows.ts';
import type { SetAsideRow, TableName, Tables, Transaction } from './tables.ts';

/**
 * Moves damaged rows to the table `setAside` and repairs what depends on them: a data set counts its drawings again, and
 * drawings whose data set is lost get a new one.
 */
export function setAsideDamaged(
  tables: Tables,
  table: TableName,
  keys: readonly string[],
  now: number,
): Promise<Result<SetAsideRow[]>> {
  return tables.run(['setAside', 'datasets', 'drawings', table], 'write strictly', async (tx) => {
    const moved: SetAsideRow[] = [];
    const orphaned = new Set<unknown>();
    for (const originalKey of keys) {
      const row = await tx.get(table, originalKey);
      const verified = verifyRow(table, row);
      // Another tab may have repaired or removed it.
      if (row === undefined || verified.ok) continue;
      const { reason } = verified;
      const aside = { key: `${table}/${originalKey}/${now}`, table, originalKey, reason, at: now, row };
      await tx.setAside(aside);
      await tx.delete(table, originalKey);
      moved.push(aside);
      if (table === 'drawings' && isPlainObject(row) && isPlainObject(row.record))
        orphaned.add(row.record.datasetId);
      if (table === 'datasets') await recreateDataset(tx, originalKey, now);
    }
    for (const id of orphaned) if (typeof id === 'string') await recountDataset(tx, id, now);
    return ok(moved);
  });
}

async function recountDataset(tx: Transaction, id: string, now: number): Promise<void> {
  const dataset = verifyRow('datasets', await tx.get('datasets', id));
  if (dataset.ok) await putRecounted(tx, dataset.value.record, now);
}

/** Creates the record of a lost data set from its drawings. */
async function recreateDataset(tx: Transaction, id: string, now: number): Promise<void> {
  const drawings = await wholeDrawings(tx, id);
  if (drawings.length === 0) return;
  // Drawings are square, so their size determines the grid.
  const side = Math.sqrt(drawings[0].pixels.length);
  const grid = { width: side, height: side };
  if (!Number.isInteger(side) || drawings.some(({ pixels }) => pixels.length !== pixelCount(grid))) return;
  const recovered = {
    id,
    name: 'Recovered drawings',
    origin: 'drawn',
    grid,
    count: drawings.length,
    labelled: drawings.every(({ label }) => label !== null),
    // A time is above every revision that a model was trained on, because revisions count edits.
    revision: now,
    createdAt: Math.min(...drawings.map(({ createdAt }) => createdAt)),
    updatedAt: now,
  } as const;
  await tx.put('datasets', rowOf('datasets', recovered));
}
