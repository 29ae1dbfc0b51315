import type { NamedFile } from '../../data/idx-pair.ts';
import { writeIdxImages, writeIdxLabels } from '../../data/idx.ts';
import { isGzip } from '../../data/is-gzip.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { DatasetRecord } from '../../store/records.ts';
import { imagesOf } from './drawn-images.ts';
import { fileName } from './files.ts';
import type { Library } from './library.svelte.ts';

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
