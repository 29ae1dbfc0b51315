import { cleanText } from '../clean-text.ts';
import { gunzipMeasured } from '../gunzip.ts';
import { type NamedFile, pairIdx } from '../idx-pair.ts';
import { readIdx } from '../idx.ts';
import { isGzip } from '../is-gzip.ts';
import { isNpy, readNpy } from '../npy-read.ts';
import { fail, ok, type Result } from '../result.ts';
import { isZip } from '../zip.ts';
import { sourceOfArrays } from './arrays.ts';
import { readIdxNumbers } from './idx-numbers.ts';
import { MAX_VALUES, type NumberArray } from './numbers.ts';
import { csvSteps } from './read-csv.ts';
import { readNpz } from './read-npz.ts';
import type { ReadSource } from './read-source.ts';

/** Larger files are refused, before they are read into memory where that is known. */
export const MAX_FILE_BYTES = MAX_VALUES;
export const TOO_LARGE = `size: larger than ${MAX_FILE_BYTES >> 20} MiB; take fewer images`;

/**
 * Files of numbers, picked together, as one data set: IDX of images and perhaps of labels, NPY likewise, one NPZ or one CSV; all of them gzipped or not. Formats are
 * told by content. Read step by step: each step gives the share that has been read, the last one the images. `chosen` names the array of
 * images in an NPZ that has several. Fails naming the file, its name cleaned.
 */
export function* readSteps(
  given: readonly NamedFile[],
  chosen: string | null = null,
): Generator<number, Result<ReadSource>> {
  const files = given.map(({ name, bytes }) => ({ name: cleanText(name) || 'file', bytes }));
  const large = files.find(({ bytes }) => bytes.length > MAX_FILE_BYTES);
  if (large) return fail(`${large.name}: ${TOO_LARGE}`);
  if (files.length === 0) return fail('files: none given');
  const unpacked: NamedFile[] = [];
  for (const file of files) {
    const plain = plainFile(file);
    if (!plain.ok) return fail(`${file.name}: ${plain.reason}`);
    unpacked.push({ name: file.name, bytes: plain.value });
  }
  const kinds = unpacked.map(({ bytes }) => kindOf(bytes));
  const title = titleOf(files);
  if (kinds.every((kind) => kind === 'IDX')) return idxSource(files, title);
  if (kinds.every((kind) => kind === 'NPY')) return npySource(unpacked, title, chosen);
  const [{ name, bytes }] = unpacked;
  const unknown = kinds.indexOf('unknown');
  if (unknown >= 0)
    return fail(`${files[unknown].name}: format: neither IDX, NPY, NPZ nor a table of numbers (CSV)`);
  if (files.length > 1) return fail(`${name}: ${kinds[0]}: comes as one file; import one data set at a time`);
  if (kinds[0] === 'CSV') return yield* csvSteps(bytes, name, title);
  const arrays = readNpz(bytes, name);
  if (!arrays.ok) return arrays;
  const source = sourceOfArrays(arrays.value.arrays, name, { name: title, format: 'NPZ' }, chosen);
  return source.ok ? ok({ ...source.value, notes: [...source.value.notes, ...arrays.value.notes] }) : source;
}

/** The same in one go. */
export function readFilesAtOnce(
  files: readonly NamedFile[],
  chosen: string | null = null,
): Result<ReadSource> {
  const steps = readSteps(files, chosen);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

type Kind = 'IDX' | 'NPY' | 'NPZ' | 'CSV' | 'unknown';

function kindOf(bytes: Uint8Array): Kind {
  if (isGzip(bytes) || (bytes[0] === 0 && bytes[1] === 0)) return 'IDX';
  if (isNpy(bytes)) return 'NPY';
  if (isZip(bytes)) return 'NPZ';
  // Text has no zero bytes.
  return bytes.length === 0 || bytes.subarray(0, 4096).includes(0) ? 'unknown' : 'CSV';
}

/** IDX files stay packed, since they say their own length; of other gzip files the last four bytes do. */
function plainFile({ bytes }: NamedFile): Result<Uint8Array<ArrayBuffer>> {
  if (!isGzip(bytes) || bytes.length < 18) return ok(bytes);
  let first = -1;
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4);
  const length = trailer.getUint32(0, true);
  const plain = gunzipMeasured(bytes, 1, (head) => {
    first = head[0];
    if (first === 0) return fail('IDX');
    return length <= MAX_FILE_BYTES ? ok(length) : fail(TOO_LARGE);
  });
  return first === 0 ? ok(bytes) : plain;
}

/** Files like MNIST's are kept as they are; of other element types and shapes the numbers are read. */
function idxSource(files: readonly NamedFile[], title: string): Result<ReadSource> {
  const found = { name: title, format: 'IDX' };
  const pair = pairIdx(files);
  if (pair.ok) {
    const images = files[pair.value.images].bytes;
    const labels = pair.value.labels === null ? null : files[pair.value.labels].bytes;
    const read = readIdx(images, labels);
    if (!read.ok) return read;
    const { grid, count, pixels, labels: classes, note } = read.value;
    return ok({
      ...found,
      images: { grid, count, pixels, labels: classes },
      classNames: null,
      notes: note === undefined ? [] : [note],
      candidates: [],
      chosen: null,
      files: { images, labels },
    });
  }
  const arrays: NumberArray[] = [];
  for (const { name, bytes } of files) {
    const array = readIdxNumbers(bytes, name);
    // Of files like MNIST's, the reason of the strict reader says more.
    if (!array.ok) return pair.reason.includes(': magic:') ? array : pair;
    arrays.push(array.value);
  }
  if (arrays.every(({ values, shape }) => values instanceof Uint8Array && shape.length % 2 === 1))
    return pair;
  return sourceOfArrays(arrays, arrays[0].name, found);
}

function npySource(files: readonly NamedFile[], title: string, chosen: string | null): Result<ReadSource> {
  const arrays: NumberArray[] = [];
  for (const { name, bytes } of files) {
    const array = readNpy(bytes, name);
    if (!array.ok) return array;
    arrays.push(array.value);
  }
  return sourceOfArrays(arrays, arrays[0].name, { name: title, format: 'NPY' }, chosen);
}

/** "train-images-idx3-ubyte.gz" is called "train", "digits.csv.gz" "digits". */
function titleOf(files: readonly NamedFile[]): string {
  const stems = files.map(({ name }) =>
    name
      .replace(/\.gz$/i, '')
      .replace(/[-.]?(images|labels)?[-.]?idx\d-\w+$/i, '')
      .replace(/\.(csv|tsv|txt|npy|npz|data|dat)$/i, '')
      .trim(),
  );
  return cleanText(stems.find((stem) => stem !== '') ?? '') || 'Imported';
}
