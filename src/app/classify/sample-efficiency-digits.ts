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
  wordsPerImage,
} from '../../data/images.ts';
import { readIdxLabels } from '../../data/idx.ts';
import { poolImages } from '../../data/pool.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { PayloadRecord } from '../../store/records.ts';

/** Images worked on between two turns of the page: under ten milliseconds. */
const CHUNK = 250;
const HEADER = 16;

/** Digits to learn from and to be tested on, none of them in both. */
export interface Digits {
  /** Learnt from; those that a model does not learn from test it. */
  readonly pool: GreyImages;
  /** All of `pool`, and after them digits that nobody learns from, as bits. */
  readonly bits: PackedImages;
  /** Of all of them. */
  readonly labels: Uint8Array<ArrayBuffer>;
}

/** Both on the models' grid, as they binarise. Cut into short pieces of work. */
export async function digitsOf(
  learnt: GreyImages,
  kept: GreyImages,
  grid: Grid,
  binarisation: Binarisation,
): Promise<Result<Digits>> {
  const all: GreyImages[] = [];
  const bits = blankImages(grid, learnt.count + kept.count);
  const stride = wordsPerImage(grid);
  let done = 0;
  for (const images of [learnt, kept]) {
    for (let first = 0; first < images.count; first += CHUNK) {
      const rows = Array.from({ length: Math.min(CHUNK, images.count - first) }, (_, i) => first + i);
      const pooled = poolImages(takeRows(images, rows), grid);
      if (!pooled.ok) return pooled;
      const reason = checkBinarisation(pooled.value, binarisation);
      if (reason !== null) return fail(reason);
      all.push(pooled.value);
      const own = rows.map((row) => row - first);
      bits.words.set(binariseRows(pooled.value, own, binarisation).words, done * stride);
      done += rows.length;
      await nextTask();
    }
  }
  const whole = concatGrey(all);
  if (!whole.labels) return fail('labels: every digit needs one');
  const learning = Array.from({ length: learnt.count }, (_, i) => i);
  return ok({ pool: takeRows(whole, learning), bits, labels: whole.labels });
}

/** The bits of some rows, copied. */
export function takeBits(images: PackedImages, rows: readonly number[]): PackedImages {
  const taken = blankImages(images.grid, rows.length);
  const stride = wordsPerImage(images.grid);
  rows.forEach((row, at) =>
    taken.words.set(images.words.subarray(row * stride, (row + 1) * stride), at * stride),
  );
  return taken;
}

/**
 * The first digits of MNIST's gzipped files, [count]: only as much is unpacked as is needed, by the browser, beside the page.
 * Fails where the files are not what MNIST's are.
 */
export async function firstDigits(
  { images, labels }: PayloadRecord,
  count: number,
): Promise<Result<GreyImages>> {
  const bytes = await unpackFirst(images, HEADER + count * pixelCount(MNIST_GRID));
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
    pixels: bytes.subarray(HEADER),
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

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
