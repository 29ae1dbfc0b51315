import { cleanText } from './clean-text.ts';
import { type IdxSummary, inspectIdxImages, readIdxLabels } from './idx.ts';
import type { Grid } from './images.ts';
import { fail, ok, type Result } from './result.ts';

export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Which of the given files holds the images and which the labels, by index, and what is in them. */
export interface IdxPair {
  readonly images: number;
  readonly labels: number | null;
  readonly grid: Grid;
  readonly count: number;
  /** One sentence on unusual grey levels; null where there are none. */
  readonly note: string | null;
}

/**
 * Tells the images from the labels among IDX files in any order, plain or gzipped: exactly one of images, at most
 * one of labels. Reads all of them, so that a pair accepted here can be opened later. Fails naming the file, its name cleaned.
 */
export function pairIdx(files: readonly NamedFile[]): Result<IdxPair> {
  let images: (IdxSummary & { readonly index: number; readonly name: string }) | null = null;
  let labels: { readonly index: number; readonly name: string; readonly count: number } | null = null;
  for (const [index, { name: given, bytes }] of files.entries()) {
    const name = cleanText(given);
    const asImages = inspectIdxImages(bytes, name);
    if (asImages.ok) {
      if (images !== null) return fail(`${name}: a second file of images; import one data set at a time`);
      images = { ...asImages.value, index, name };
      continue;
    }
    const asLabels = readIdxLabels(bytes, name);
    if (!asLabels.ok) return asImages;
    if (labels !== null) return fail(`${name}: a second file of labels; import one data set at a time`);
    labels = { index, name, count: asLabels.value.length };
  }
  if (images === null)
    return fail(
      labels === null ? 'files: none given' : `${labels.name}: labels alone; add the file of their images`,
    );
  if (labels !== null && labels.count !== images.count)
    return fail(
      `${labels.name}: count: ${labels.count} labels for the ${images.count} images of ${images.name}`,
    );
  const { grid, count, note } = images;
  return ok({ images: images.index, labels: labels && labels.index, grid, count, note });
}
