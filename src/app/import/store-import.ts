import { classCount, idxImagesHeader, writeIdxLabels } from '../../data/idx.ts';
import { beginPreparing, isAsRead, type Preparation } from '../../data/import/preparation.ts';
import type { ReadSource } from '../../data/import/read-source.ts';
import type { ImportSource } from '../../data/import/source.ts';
import { isGzip } from '../../data/is-gzip.ts';
import { ok, type Result } from '../../data/result.ts';
import { forEachSlice, yieldToEventLoop } from '../../data/slices.ts';
import type { DatasetRecord, PayloadRecord } from '../../store/records.ts';
import { cleanName } from '../library/names.ts';
import { newId } from '../new-id.ts';
import { contentIdentity } from './content-identity.ts';

/** How long the page works on images at a time. */
const SLICE_MS = 10;
/** Bytes from which on files are gzipped, and those that are handed to it at a time. */
const LARGE = 4 * 2 ** 20;
const PIECE = 2 ** 18;

interface ImportOptions {
  readonly name: string;
  readonly preparation: Preparation;
  readonly signal: AbortSignal;
  /** The share of the images that has been prepared, 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/**
 * Prepares the images of a source, in slices, as the records of a data set. IDX files of which nothing is changed are kept as they are; large ones are gzipped. Throws the
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
  const kept = isAsRead(preparation) ? source.files : null;
  const packed = kept
    ? await packedFile([kept.images], signal)
    : await packedFile([idxImagesHeader(images), images.pixels], signal);
  const labels = kept ? kept.labels : images.labels && writeIdxLabels(images.labels);
  return ok({ dataset, payload: { datasetId: id, images: packed, labels } });
}

/**
 * The parts as one file, gzipped where it is large: it takes a fifth of the room, and of the time that the page needs for its checksum. Piece by piece, because
 * Chromium packs on the page's own thread. As it is where it is small, gzipped already, or the browser cannot.
 */
async function packedFile(
  parts: readonly Uint8Array<ArrayBuffer>[],
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length >= LARGE && !isGzip(parts[0]) && typeof CompressionStream !== 'undefined') {
    const packing = piecesOf(parts).pipeThrough(new CompressionStream('gzip'), { signal });
    const packed = await new Response(packing).arrayBuffer();
    // Noise does not become smaller.
    if (packed.byteLength < length) return new Uint8Array(packed);
  }
  if (parts.length === 1) return parts[0];
  const file = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

function piecesOf(parts: readonly Uint8Array<ArrayBuffer>[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  let part = 0;
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      await yieldToEventLoop();
      while (part < parts.length && at >= parts[part].length) {
        part++;
        at = 0;
      }
      if (part === parts.length) controller.close();
      // A copy, whose memory the stream may keep.
      else controller.enqueue(parts[part].slice(at, (at += PIECE)));
    },
  });
}
