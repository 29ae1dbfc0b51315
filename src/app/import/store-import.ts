import { classCount, writeIdxImages, writeIdxLabels } from '../../data/idx.ts';
import { beginPreparing, isAsRead, type Preparation } from '../../data/import/preparation.ts';
import type { ReadSource } from '../../data/import/read-source.ts';
import type { ImportSource } from '../../data/import/source.ts';
import { ok, type Result } from '../../data/result.ts';
import { forEachSlice } from '../../data/slices.ts';
import type { DatasetRecord, PayloadRecord } from '../../store/records.ts';
import { cleanName } from '../library/names.ts';
import { newId } from '../new-id.ts';
import { contentIdentity } from './content-identity.ts';

/** How long the page works on images at a time. */
const SLICE_MS = 10;

interface ImportOptions {
  readonly name: string;
  readonly preparation: Preparation;
  readonly signal: AbortSignal;
  /** The share of the images that has been prepared, 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/**
 * Prepares the images of a source, in slices, as the records of a data set. IDX files of which nothing is changed are kept as they are. Throws the
 * signal's reason where it is aborted.
 */
export async function importedRecords(
  source: ImportSource & Partial<Pick<ReadSource, 'files'>>,
  { name, preparation, signal, onProgress }: ImportOptions,
): Promise<Result<{ dataset: DatasetRecord; payload: PayloadRecord }>> {
  const begun = beginPreparing(source, preparation);
  if (!begun.ok) return begun;
  const { count, work, prepared } = begun.value;
  const { images, classNames } = prepared;
  await forEachSlice(count, {
    targetMs: SLICE_MS,
    signal,
    work: (first, many) => {
      work(first, many);
      onProgress((first + many) / count);
    },
  });
  const content = await contentIdentity(images, signal);
  const now = Date.now();
  const id = newId();
  const dataset: DatasetRecord = {
    id,
    name: cleanName(name, source.name),
    origin: 'imported',
    grid: images.grid,
    count: images.count,
    labelled: images.labels !== null,
    revision: 1,
    createdAt: now,
    updatedAt: now,
    imported: { prepared: preparation, content, classes: classCount(images.labels), classNames },
  };
  const files = (isAsRead(preparation) ? source.files : null) ?? {
    images: writeIdxImages(images),
    labels: images.labels && writeIdxLabels(images.labels),
  };
  return ok({ dataset, payload: { datasetId: id, ...files } });
}
