import { readIdx, readIdxImages, readIdxLabels, writeIdxImages, writeIdxLabels } from '../data/idx.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { encodeModel } from '../models/model-file.ts';
import type { DatasetRecord, ModelRecord, PayloadRecord } from '../store/records.ts';
import { imagesOf } from './lessons.ts';
import type { Library } from './library.svelte.ts';

/** Larger files are refused before they are read into memory. */
const MOST_BYTES = 256 * 2 ** 20;

export interface OutFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Picked, dropped or pasted files as a data set: one IDX file of images and, if wanted, one of labels, gzipped or
 * not, in any order.
 */
export async function readFiles(
  files: readonly File[],
): Promise<Result<{ dataset: DatasetRecord; payload: PayloadRecord }>> {
  let images: OutFile | null = null;
  let labels: OutFile | null = null;
  for (const file of files) {
    if (file.size > MOST_BYTES) return fail(`${file.name}: larger than 256 MiB`);
    const bytes = new Uint8Array(await file.arrayBuffer());
    const asImages = readIdxImages(bytes, file.name);
    if (asImages.ok || !readIdxLabels(bytes, file.name).ok) {
      if (!asImages.ok) return asImages;
      if (images) return fail(`${file.name}: a second file of images; import one data set at a time`);
      images = { name: file.name, bytes };
    } else {
      if (labels) return fail(`${file.name}: a second file of labels; import one data set at a time`);
      labels = { name: file.name, bytes };
    }
  }
  if (!images)
    return fail(labels ? `${labels.name}: labels alone; add the file of their images` : 'files: none given');
  const read = readIdx(images.bytes, labels?.bytes ?? null, {
    images: images.name,
    labels: labels?.name ?? 'labels',
  });
  if (!read.ok) return read;
  const now = Date.now();
  const id = crypto.randomUUID();
  const dataset: DatasetRecord = {
    id,
    name:
      images.name
        .replace(/\.gz$/i, '')
        .replace(/[-.]?(images)?[-.]?idx3-ubyte$/i, '')
        .slice(0, 80) || 'Imported',
    origin: 'imported',
    grid: read.value.grid,
    count: read.value.count,
    labelled: labels !== null,
    revision: 1,
    createdAt: now,
    updatedAt: now,
  };
  return ok({ dataset, payload: { datasetId: id, images: images.bytes, labels: labels?.bytes ?? null } });
}

/** A data set as IDX files; drawings without a label leave the labels out. */
export async function exportDataset(record: DatasetRecord, library: Library): Promise<Result<OutFile[]>> {
  const base = fileName(record.name);
  if (record.origin === 'drawn') {
    const images = imagesOf(await library.drawings(record.id));
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

export function exportModel(model: ModelRecord): OutFile {
  const { family, grid, hyper, tensors, binarisation, seed, epochs, seconds, backend } = model;
  const provenance = {
    dataset: model.dataset.name,
    images: model.dataset.images,
    binarisation,
    seed,
    epochs,
    steps: model.curve.at(-1)?.step ?? 0,
    seconds,
    backend,
  };
  return {
    name: `${fileName(model.name)}.safetensors`,
    bytes: encodeModel({ model: { family, grid, hyper, tensors }, provenance }),
  };
}

/** Hands a file to the browser's downloads. */
export function save({ name, bytes }: OutFile): void {
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the data only after the click was handled.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function ending(bytes: Uint8Array): string {
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? '.gz' : '';
}

/** Letters, digits and hyphens of any script, so that every file system takes it. */
function fileName(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 60) || 'inkling'
  );
}
