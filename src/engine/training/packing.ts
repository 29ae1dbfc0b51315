import { binarise, checkBinarisation } from '../../data/binarise.ts';
import { takeRows } from '../../data/dataset.ts';
import { readIdx } from '../../data/idx.ts';
import type { GreyImages, PackedImages } from '../../data/images.ts';
import { poolImages } from '../../data/pool.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { ImageSource, PackRequest } from '../api.ts';

/** The grey images of a source. */
export function unpackSource(source: ImageSource): Result<GreyImages> {
  if (source.kind === 'grey') return ok(source.images);
  return readIdx(source.images, source.labels, { images: 'images', labels: 'labels' });
}

/** See Engine.pack. Throws for a row out of range. */
export function packSource({ images, rows, grid, binarisation }: PackRequest): Result<PackedImages> {
  const unpacked = unpackSource(images);
  if (!unpacked.ok) return unpacked;
  const chosen = rows === null ? unpacked.value : takeRows(unpacked.value, rows);
  const pooled = poolImages(chosen, grid);
  if (!pooled.ok) return pooled;
  const refused = checkBinarisation(pooled.value, binarisation);
  return refused === null ? ok(binarise(pooled.value, binarisation)) : fail(refused);
}
