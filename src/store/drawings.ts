import { pixelCount } from '../data/images.ts';
import { fail, ok } from '../data/result.ts';
import type { Result } from '../data/result.ts';
import type { DatasetRecord, DrawingRecord } from './records.ts';
import { recordIn, rowOf, verifyRow } from './rows.ts';
import type { Transaction } from './tables.ts';

/** Each change of a drawing updates the count and the revision of its data set in the same transaction. */
export async function drawingAdded(
  tx: Transaction,
  drawing: DrawingRecord,
  now: number,
): Promise<Result<DatasetRecord>> {
  const dataset = await datasetOf(tx, drawing.datasetId);
  if (!dataset.ok) return dataset;
  const { origin, name, grid, count, labelled } = dataset.value;
  if (origin !== 'drawn') return fail(`data set: "${name}" does not hold drawings`);
  if (drawing.pixels.length !== pixelCount(grid))
    return fail(`drawing: ${drawing.pixels.length} pixels do not fit ${grid.width}x${grid.height}`);
  if ((await tx.get('drawings', drawing.id)) !== undefined) return fail('drawing: it is there already');
  await tx.put('drawings', rowOf('drawings', drawing));
  return putChanged(tx, dataset.value, now, {
    count: count + 1,
    labelled: (labelled || count === 0) && drawing.label !== null,
  });
}

export async function drawingLabelled(
  tx: Transaction,
  id: string,
  label: number | null,
  from: number | null | undefined,
  now: number,
): Promise<Result<DatasetRecord>> {
  const drawing = await drawingOf(tx, id);
  if (!drawing.ok) return drawing;
  const { label: stored, datasetId } = drawing.value;
  if (from !== undefined && stored !== from)
    return fail(`label: it was changed to ${stored ?? 'none'} in another tab`);
  const dataset = await datasetOf(tx, datasetId);
  if (!dataset.ok) return dataset;
  await tx.put('drawings', rowOf('drawings', { ...drawing.value, label }));
  return putRecounted(tx, dataset.value, now);
}

export async function drawingDeleted(
  tx: Transaction,
  id: string,
  now: number,
): Promise<Result<DatasetRecord>> {
  const drawing = await drawingOf(tx, id);
  if (!drawing.ok) return drawing;
  const dataset = await datasetOf(tx, drawing.value.datasetId);
  if (!dataset.ok) return dataset;
  await tx.delete('drawings', id);
  return putRecounted(tx, dataset.value, now);
}

/** Stores the data set with the count and labels of its drawings, under the next revision. */
export async function putRecounted(
  tx: Transaction,
  dataset: DatasetRecord,
  now: number,
): Promise<Result<DatasetRecord>> {
  const drawings = await wholeDrawings(tx, dataset.id);
  const labelled = drawings.length > 0 && drawings.every(({ label }) => label !== null);
  return putChanged(tx, dataset, now, { count: drawings.length, labelled });
}

/** The drawings of a data set that are not damaged. */
export async function wholeDrawings(tx: Transaction, datasetId: string): Promise<DrawingRecord[]> {
  const drawings: DrawingRecord[] = [];
  for (const raw of await tx.drawingsOf(datasetId)) {
    const row = verifyRow('drawings', raw);
    if (row.ok) drawings.push(row.value.record);
  }
  return drawings;
}

async function putChanged(
  tx: Transaction,
  dataset: DatasetRecord,
  now: number,
  changes: Pick<DatasetRecord, 'count' | 'labelled'>,
): Promise<Result<DatasetRecord>> {
  const changed = { ...dataset, ...changes, revision: dataset.revision + 1, updatedAt: now };
  await tx.put('datasets', rowOf('datasets', changed));
  return ok(changed);
}

async function datasetOf(tx: Transaction, id: string): Promise<Result<DatasetRecord>> {
  const record = await recordIn(tx, 'datasets', id);
  return record ? ok(record) : fail('data set: it is no longer there, or damaged');
}

async function drawingOf(tx: Transaction, id: string): Promise<Result<DrawingRecord>> {
  const record = await recordIn(tx, 'drawings', id);
  return record ? ok(record) : fail('drawing: it is no longer there, or damaged');
}
