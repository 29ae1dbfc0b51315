import type { Binarisation } from '../../data/binarisation.ts';
import { binariseRows, checkBinarisation } from '../../data/binarise.ts';
import { concatGrey, takeRows } from '../../data/dataset.ts';
import {
  blankImages,
  type GreyImages,
  type Grid,
  MNIST_GRID,
  type PackedImages,
  pixelCount,
  putImages,
} from '../../data/images.ts';
import { readIdxLabels } from '../../data/idx.ts';
import { poolImages } from '../../data/pool.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import { indexRange } from '../../data/rng.ts';
import { forEachSlice } from '../../data/slices.ts';
import type { PayloadRecord } from '../../store/records.ts';

/** Intended time of a slice of images. */
const SLICE_MS = 8;
/** Bytes before the pixels of an IDX file of images. */
const IDX_HEADER = 16;

/** Training and test digits of the curve. */
export interface Digits {
  /** Training digits; those outside a model's subset test it. */
  readonly pool: GreyImages;
  /** All of `pool`, then the held-out digits, as bits. */
  readonly bits: PackedImages;
  /** Of all `bits`, [count]. */
  readonly labels: Uint8Array<ArrayBuffer>;
}

/** Both sets on the models' grid and binarised, in slices. */
export async function digitsOf(
  training: GreyImages,
  heldOut: GreyImages,
  grid: Grid,
  binarisation: Binarisation,
  signal?: AbortSignal,
): Promise<Result<Digits>> {
  const all: GreyImages[] = [];
  const bits = blankImages(grid, training.count + heldOut.count);
  let done = 0;
  for (const images of [training, heldOut]) {
    const read = await forEachSlice(images.count, {
      targetMs: SLICE_MS,
      signal,
      work: (first, count) => {
        const pooled = poolImages(takeRows(images, indexRange(first, count)), grid);
        if (!pooled.ok) return Promise.resolve(pooled);
        const reason = checkBinarisation(pooled.value, binarisation);
        if (reason !== null) return Promise.resolve(fail(reason));
        all.push(pooled.value);
        const own = binariseRows(pooled.value, indexRange(0, count), binarisation);
        putImages(bits, done, own);
        done += count;
        return Promise.resolve(pooled);
      },
    });
    if (!read.ok) return read;
  }
  const whole = concatGrey(all);
  if (!whole.labels) return fail('labels: every digit needs one');
  const trainingRows = Array.from({ length: training.count }, (_, i) => i);
  return ok({ pool: takeRows(whole, trainingRows), bits, labels: whole.labels });
}

/**
 * The first digits of MNIST's gzipped files, [count]: unpacks no more than that, by the browser off this thread.
 * Fails where the files are not MNIST's.
 */
export async function firstDigits(
  { images, labels }: PayloadRecord,
  count: number,
): Promise<Result<GreyImages>> {
  const bytes = await unpackFirst(images, IDX_HEADER + count * pixelCount(MNIST_GRID));
  const header = new DataView(bytes.buffer);
  const sizes = [0, 4, 8, 12].map((at) => (bytes.length > at + 3 ? header.getUint32(at) : 0));
  if (
    sizes[0] !== 0x803 ||
    sizes[1] < count ||
    sizes[2] !== MNIST_GRID.height ||
    sizes[3] !== MNIST_GRID.width
  )
    return fail('MNIST: its files are not as they were published; fetch them again');
  const classes = labels && readIdxLabels(labels, 'MNIST');
  if (!classes?.ok) return classes ?? fail('MNIST: its labels are missing; fetch them again');
  return ok({
    grid: MNIST_GRID,
    count,
    pixels: bytes.subarray(IDX_HEADER),
    labels: classes.value.slice(0, count),
  });
}

async function unpackFirst(
  packed: Uint8Array<ArrayBuffer>,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const content = new Uint8Array(length);
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  let at = 0;
  while (at < length) {
    const { done, value } = await reader.read();
    if (done) break;
    content.set(value.subarray(0, length - at), at);
    at += Math.min(value.length, length - at);
  }
  await reader.cancel();
  return content.subarray(0, at).slice();
}
