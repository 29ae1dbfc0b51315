import { cleanText } from '../../data/clean-text.ts';
import type { NamedFile } from '../../data/idx-pair.ts';
import { writeIdxImages, writeIdxLabels } from '../../data/idx.ts';
import { isGzip } from '../../data/is-gzip.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import type { DatasetRecord, PayloadRecord } from '../../store/records.ts';
import { newId } from '../new-id.ts';
import { imagesOf } from './drawn-images.ts';
import { fileName } from './files.ts';
import type { Library } from './library.svelte.ts';

/** Larger files are refused before they are read into memory. */
const MAX_BYTES = 256 * 2 ** 20;

/**
 * Picked, dropped or pasted files as a data set: one IDX file of images and, if wanted, one of labels, gzipped or
 * not, in any order. `inspect` is the engine's. `note` is one sentence on unusual grey levels, null where there are
 * none.
 */
export async function readFiles(
  files: readonly File[],
  inspect: Engine['inspect'],
): Promise<Result<{ dataset: DatasetRecord; payload: PayloadRecord; note: string | null }>> {
  const large = files.find((file) => file.size > MAX_BYTES);
  if (large) return fail(`${cleanText(large.name)}: larger than 256 MiB`);
  const named: NamedFile[] = [];
  for (const file of files) named.push({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
  const pair = await inspect(named);
  if (!pair.ok) return pair;
  const { grid, count, note } = pair.value;
  const images = named[pair.value.images];
  const labels = pair.value.labels === null ? null : named[pair.value.labels];
  const now = Date.now();
  const id = newId();
  const dataset: DatasetRecord = {
    id,
    name: dataName(images.name),
    origin: 'imported',
    grid,
    count,
    labelled: labels !== null,
    revision: 1,
    createdAt: now,
    updatedAt: now,
  };
  return ok({
    dataset,
    payload: { datasetId: id, images: images.bytes, labels: labels?.bytes ?? null },
    note,
  });
}

/** Imports files into the library as a data set. Resolves with one sentence on the outcome. */
export async function importFiles(
  files: readonly File[],
  library: Pick<Library, 'putFiles'>,
  inspect: Engine['inspect'],
): Promise<string> {
  const read = await readFiles(files, inspect);
  if (!read.ok) return `Not imported. ${read.reason}.`;
  const { dataset, payload, note } = read.value;
  const put = await library.putFiles(dataset, payload);
  if (!put.ok) return `Not imported. ${put.reason}.`;
  const sentence = `Imported ${put.value.name}: ${put.value.count} images.`;
  return note === null ? sentence : `${sentence} Note: ${note}.`;
}

/** "train-images-idx3-ubyte.gz" is called "train". */
function dataName(file: string): string {
  const stem = cleanText(file, Infinity)
    .replace(/\.gz$/i, '')
    .replace(/[-.]?(images)?[-.]?idx3-ubyte$/i, '');
  return cleanText(stem.trim()) || 'Imported';
}

/** A data set as IDX files; drawings without a label leave the labels out. */
export async function exportDataset(record: DatasetRecord, library: Library): Promise<Result<NamedFile[]>> {
  const base = fileName(record.name);
  if (record.origin === 'drawn') {
    const drawings = await library.drawings(record.id);
    if (!drawings.ok) return drawings;
    const images = imagesOf(drawings.value, record.grid);
    if (images.count === 0) return fail(`"${record.name}" is empty: there is nothing to export`);
    const files = [{ name: `${base}-images-idx3-ubyte`, bytes: writeIdxImages(images) }];
    if (images.labels)
      files.push({ name: `${base}-labels-idx1-ubyte`, bytes: writeIdxLabels(images.labels) });
    return ok(files);
  }
  const payload = await library.files(record.id);
  if (!payload.ok) return payload;
  const { images, labels } = payload.value;
  const files = [{ name: `${base}-images-idx3-ubyte${ending(images)}`, bytes: images }];
  if (labels) files.push({ name: `${base}-labels-idx1-ubyte${ending(labels)}`, bytes: labels });
  return ok(files);
}

function ending(bytes: Uint8Array): string {
  return isGzip(bytes) ? '.gz' : '';
}
