import { readIdx, readIdxImages, readIdxLabels } from './idx.ts';
import type { Grid } from './images.ts';
import { fail, ok, type Result } from './result.ts';

export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Which of some files hold what, by index, and what is in them. */
export interface IdxPair {
  readonly images: number;
  readonly labels: number | null;
  readonly grid: Grid;
  readonly count: number;
}

/**
 * Tells the images from the labels among IDX files in any order, plain or gzipped: exactly one of images, at most
 * one of labels. Reads all of them, so that what passes here opens later. Fails naming the file.
 */
export function pairIdx(files: readonly NamedFile[]): Result<IdxPair> {
  let images: number | null = null;
  let labels: number | null = null;
  for (const [index, { name, bytes }] of files.entries()) {
    const asImages = readIdxImages(bytes, name);
    if (asImages.ok) {
      if (images !== null) return fail(`${name}: a second file of images; import one data set at a time`);
      images = index;
    } else if (readIdxLabels(bytes, name).ok) {
      if (labels !== null) return fail(`${name}: a second file of labels; import one data set at a time`);
      labels = index;
    } else return asImages;
  }
  if (images === null) {
    return fail(
      labels === null
        ? 'files: none given'
        : `${files[labels].name}: labels alone; add the file of their images`,
    );
  }
  const read = readIdx(files[images].bytes, labels === null ? null : files[labels].bytes, {
    images: files[images].name,
    labels: labels === null ? 'labels' : files[labels].name,
  });
  if (!read.ok) return read;
  return ok({ images, labels, grid: read.value.grid, count: read.value.count });
}
