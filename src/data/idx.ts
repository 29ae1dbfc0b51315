import { gunzipMeasured, scanGzip } from './gunzip.ts';
import { isGzip } from './is-gzip.ts';
import { GreyLevels } from './grey-levels.ts';
import { MAX_SIDE, pixelCount } from './images.ts';
import type { GreyImages, Grid } from './images.ts';
import { fail, ok } from './result.ts';
import type { Result } from './result.ts';

/**
 * IDX, the format that MNIST comes in (described on LeCun, Cortes and Burges' page of it): two zero bytes,
 * the element type, the number of dimensions, each dimension as a big-endian u32, then the elements. Read
 * here: unsigned bytes in three dimensions (images: count, height, width) and in one (labels: count), plain
 * or gzipped. Every header is checked against the file's real length before memory is taken.
 */
const IMAGES_MAGIC = 0x00000803;
const LABELS_MAGIC = 0x00000801;
/** 300,000 images of MNIST's size; a larger file would not fit a phone. */
const MAX_PIXEL_BYTES = 256 * 1024 * 1024;

/** File names, or what the visitor calls them: reasons begin with them. */
export interface IdxNames {
  readonly images: string;
  readonly labels: string;
}

/** Images as a file holds them. */
export interface IdxImages extends GreyImages {
  /** One sentence on unusual grey levels; absent where there are none. See grey-levels.ts. */
  readonly note?: string;
}

/** What a file of images holds, without its pixels. */
export interface IdxSummary {
  readonly grid: Grid;
  readonly count: number;
  readonly note: string | null;
}

/**
 * Images with their labels, where `labelsBytes` is given. Labels may be any byte: what they mean is up to
 * the reader (`classCount` counts them). The pixels and labels of a plain file are views of its bytes, not
 * copies; but pixels of 0 and 1 alone are read as 0 and 255, in a copy. A reason reads "file: field: what is wrong".
 */
export function readIdx(
  imagesBytes: Uint8Array<ArrayBuffer>,
  labelsBytes: Uint8Array<ArrayBuffer> | null,
  names: IdxNames = { images: 'images', labels: 'labels' },
): Result<IdxImages> {
  const images = readIdxImages(imagesBytes, names.images);
  if (!images.ok || labelsBytes === null) return images;
  const labels = readIdxLabels(labelsBytes, names.labels);
  if (!labels.ok) return labels;
  if (labels.value.length !== images.value.count)
    return fail(
      `${names.labels}: count: ${labels.value.length} labels for the ${images.value.count} images of ${names.images}`,
    );
  return ok({ ...images.value, labels: labels.value });
}

/** An IDX3 file of unsigned bytes, without labels. */
export function readIdxImages(bytes: Uint8Array<ArrayBuffer>, name: string): Result<IdxImages> {
  const content = unpack(bytes, name, IMAGES_HEADER, imagesLength);
  if (!content.ok) return content;
  const header = imagesHeader(content.value);
  if (!header.ok) return header;
  const read = { ...header.value, pixels: content.value.subarray(IMAGES_HEADER), labels: null };
  const levels = new GreyLevels();
  levels.add(read.pixels);
  const note = levels.note();
  if (note === null) return ok(read);
  return ok({ ...read, note, pixels: levels.binary ? read.pixels.map((bit) => 255 * bit) : read.pixels });
}

/** What `readIdxImages` would read, all checks made, without memory for the pixels: gzip is unpacked piece by piece. */
export function inspectIdxImages(bytes: Uint8Array<ArrayBuffer>, name: string): Result<IdxSummary> {
  const levels = new GreyLevels();
  let header = fail<ImagesHeader>('header: truncated');
  if (isGzip(bytes)) {
    let first = true;
    const read = scanGzip(bytes, IMAGES_HEADER, imagesLength, (chunk) => {
      // The header comes by itself.
      if (first) header = imagesHeader(chunk);
      else levels.add(chunk);
      first = false;
    });
    if (!read.ok) return fail(`${name}: ${read.reason}`);
  } else {
    const content = unpack(bytes, name, IMAGES_HEADER, imagesLength);
    if (!content.ok) return content;
    header = imagesHeader(content.value);
    levels.add(content.value.subarray(IMAGES_HEADER));
  }
  return header.ok ? ok({ ...header.value, note: levels.note() }) : header;
}

/** An IDX1 file of unsigned bytes, [count]. */
export function readIdxLabels(bytes: Uint8Array<ArrayBuffer>, name: string): Result<Uint8Array<ArrayBuffer>> {
  const content = unpack(bytes, name, 8, (head) => {
    const view = viewOf(head);
    const problem = wrongMagic(view.getUint32(0), LABELS_MAGIC) ?? wrongCount(view.getUint32(4), 1);
    return problem === null ? ok(8 + view.getUint32(4)) : fail(problem);
  });
  return content.ok ? ok(content.value.subarray(8)) : content;
}

/** The images as a plain IDX3 file; labels are left to `writeIdxLabels`. */
export function writeIdxImages(images: GreyImages): Uint8Array<ArrayBuffer> {
  const length = images.count * pixelCount(images.grid);
  const bytes = new Uint8Array(IMAGES_HEADER + length);
  bytes.set(idxImagesHeader(images));
  bytes.set(images.pixels.subarray(0, length), IMAGES_HEADER);
  return bytes;
}

/** What stands before the pixels in a file of these images. */
export function idxImagesHeader({
  count,
  grid,
}: Pick<GreyImages, 'count' | 'grid'>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(IMAGES_HEADER);
  const view = viewOf(bytes);
  view.setUint32(0, IMAGES_MAGIC);
  view.setUint32(4, count);
  view.setUint32(8, grid.height);
  view.setUint32(12, grid.width);
  return bytes;
}

/** The labels, [count], as a plain IDX1 file. */
export function writeIdxLabels(labels: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 + labels.length);
  const view = viewOf(bytes);
  view.setUint32(0, LABELS_MAGIC);
  view.setUint32(4, labels.length);
  bytes.set(labels, 8);
  return bytes;
}

/** Number of classes: the highest label plus one; 0 where there are none. */
export function classCount(labels: Uint8Array | null): number {
  let classes = 0;
  for (const label of labels ?? []) if (label >= classes) classes = label + 1;
  return classes;
}

/** Bytes before the first pixel. */
const IMAGES_HEADER = 16;

function imagesLength(head: Uint8Array): Result<number> {
  const header = imagesHeader(head);
  return header.ok ? ok(IMAGES_HEADER + header.value.count * pixelCount(header.value.grid)) : header;
}

interface ImagesHeader {
  readonly grid: Grid;
  readonly count: number;
}

function imagesHeader(head: Uint8Array): Result<ImagesHeader> {
  const view = viewOf(head);
  const count = view.getUint32(4);
  const height = view.getUint32(8);
  const width = view.getUint32(12);
  const problem =
    wrongMagic(view.getUint32(0), IMAGES_MAGIC) ??
    wrongSide('height', height) ??
    wrongSide('width', width) ??
    // Both sides are small by now, so that the product of the three stays exact.
    wrongCount(count, width * height);
  return problem === null ? ok({ grid: { width, height }, count }) : fail(problem);
}

function wrongMagic(found: number, expected: number): string | null {
  if (found === expected) return null;
  const meaning: Record<number, string> = { [IMAGES_MAGIC]: ' (images)', [LABELS_MAGIC]: ' (labels)' };
  const text = (magic: number) => `0x${magic.toString(16).padStart(8, '0')}${meaning[magic] ?? ''}`;
  return `magic: found ${text(found)}, expected ${text(expected)}`;
}

function wrongSide(field: string, side: number): string | null {
  return side >= 1 && side <= MAX_SIDE ? null : `${field}: ${side} pixels is outside 1 to ${MAX_SIDE}`;
}

function wrongCount(count: number, bytesEach: number): string | null {
  if (count === 0) return 'count: the file holds nothing';
  if (count * bytesEach <= MAX_PIXEL_BYTES) return null;
  return `count: ${count} times ${bytesEach} bytes exceeds the limit of 256 MiB`;
}

/**
 * The file's content, its length exactly what `measure` makes of the first `headBytes` bytes. A plain file
 * is returned as it is.
 */
function unpack(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  headBytes: number,
  measure: (head: Uint8Array) => Result<number>,
): Result<Uint8Array<ArrayBuffer>> {
  if (isGzip(bytes)) {
    const content = gunzipMeasured(bytes, headBytes, measure);
    return content.ok ? content : fail(`${name}: ${content.reason}`);
  }
  // The magic number first where there is one: "this is no IDX file" says more than "too short".
  const head = new Uint8Array(headBytes);
  head.set(bytes.subarray(0, headBytes));
  const size = bytes.length < 4 ? fail<number>('magic: truncated') : measure(head);
  if (bytes.length < headBytes && (size.ok || !size.reason.startsWith('magic')))
    return fail(`${name}: header: truncated: ${bytes.length} of ${headBytes} bytes`);
  if (!size.ok) return fail(`${name}: ${size.reason}`);
  if (bytes.length < size.value)
    return fail(`${name}: length: truncated: ${bytes.length} of ${size.value} bytes`);
  if (bytes.length > size.value)
    return fail(`${name}: length: ${bytes.length - size.value} trailing bytes after the last element`);
  return ok(bytes);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
