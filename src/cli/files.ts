import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { idxKind } from '../data/import/idx-numbers.ts';
import { readFilesAtOnce } from '../data/import/read-files.ts';
import { readIdx, readIdxLabels } from '../data/idx.ts';
import { isGzip } from '../data/is-gzip.ts';
import { isNpy } from '../data/npy-read.ts';
import { isZip } from '../data/zip.ts';
import type { GreyImages } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { reportToStandardError, writeAll } from './output.ts';
import { placeOf } from './paths.ts';
import { replaceFile } from './replace-file.ts';
import { meaningOf } from './system-errors.ts';

/** Bytes of an input, at most: 1 GiB. */
const MAX_INPUT = 1 << 30;
/** Bytes read at first of a pipe or a device, whose length is not known. */
const FIRST_READ = 1 << 16;

/** Reads a whole file, a pipe or a device, of `limit` bytes at most. `option` names it in messages: "--images". */
export function readBytes(option: string, path: string, limit = MAX_INPUT): Result<Uint8Array<ArrayBuffer>> {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return fail(`${path}: ${option}: is a folder`);
    const content = stat.size > limit ? null : readUpTo(path, stat.size || FIRST_READ, limit);
    return content
      ? ok(content)
      : fail(`${path}: ${option}: exceeds the limit of ${limit >> 20} MiB: name a smaller file`);
  } catch (error) {
    return fail(`${path}: ${option}: ${meaningOf(error)}`);
  }
}

/** All bytes of a file; null where there are more than `limit`. `expected` is the length where it is known. */
function readUpTo(path: string, expected: number, limit: number): Uint8Array<ArrayBuffer> | null {
  const file = openSync(path, 'r');
  try {
    // One byte more than expected, to see the end without a larger buffer.
    let content = new Uint8Array(expected + 1);
    let length = 0;
    for (;;) {
      const read = readSync(file, content, length, content.length - length, null);
      if (read === 0) return content.slice(0, length);
      length += read;
      if (length > limit) return null;
      if (length < content.length) continue;
      const larger = new Uint8Array(Math.min(2 * length, limit + 1));
      larger.set(content);
      content = larger;
    }
  } finally {
    closeSync(file);
  }
}

/**
 * Reads images, IDX, NPY, NPZ or CSV, with labels where a file of them is named, by --labels for --images, --test-labels for --test-images, or where they
 * are in the same file. Either may be gzipped.
 */
export function readImages(option: string, path: string, labels: string | null): Result<GreyImages> {
  const bytes = readBytes(option, path);
  if (!bytes.ok) return bytes;
  const labelBytes = labels === null ? ok(null) : readBytes(option.replace(/images$/, 'labels'), labels);
  if (!labelBytes.ok) return labelBytes;
  const images = readIdx(bytes.value, labelBytes.value, { images: path, labels: labels ?? '' });
  if (images.ok && images.value.note) process.stderr.write(`${path}: ${images.value.note}\n`);
  if (images.ok || !isOtherFormat(bytes.value, images.reason)) return images;
  const file = { name: path, bytes: bytes.value };
  const labelFile = labels !== null && labelBytes.value ? { name: labels, bytes: labelBytes.value } : null;
  // Those of an array or of IDX of another type are read with their images.
  const apart =
    labelFile && (isGzip(labelFile.bytes) || idxKind(labelFile.bytes)?.type === 'u1') ? labelFile : null;
  const read = readFilesAtOnce(labelFile && !apart ? [file, labelFile] : [file]);
  if (!read.ok) return read;
  for (const note of read.value.notes) process.stderr.write(`${path}: ${note}\n`);
  if (!apart) return ok(read.value.images);
  const classes = readIdxLabels(apart.bytes, apart.name);
  if (!classes.ok) return classes;
  const { count } = read.value.images;
  return classes.value.length === count
    ? ok({ ...read.value.images, labels: classes.value })
    : fail(`${apart.name}: count: ${classes.value.length} labels for the ${count} images of ${path}`);
}

/** Whether a file that is none of MNIST's may be of another format: by its first bytes, or by what is wrong with it where it is packed. */
function isOtherFormat(bytes: Uint8Array, reason: string): boolean {
  if (isNpy(bytes) || isZip(bytes)) return true;
  const packedOrIdx = isGzip(bytes) || (idxKind(bytes)?.dimensions ?? 1) > 1;
  return packedOrIdx ? reason.includes(': magic: ') : /^[\d.,;\s+-]*[,;\t]/.test(firstLine(bytes));
}

/** Of a table: numbers, or "label" and such. */
function firstLine(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 65536));
  return /^\ufeff?(?:[^\r\n]*label[^\r\n]*[\r\n]+)?([^\r\n]*)/.exec(text)?.[1] ?? '';
}

/** Why a file cannot be written; null where it can. Checked before the work that computes its content. */
export function refuseTarget(option: string, path: string | null): string | null {
  if (path === null) return null;
  try {
    const place = placeOf(path);
    if (place.kind === 'descriptor') {
      // Writing no bytes fails too where the descriptor is not open for writing.
      writeSync(place.descriptor, new Uint8Array(0));
      return null;
    }
    const stat = statSync(place.path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) return `${path}: ${option}: is a folder`;
    if (stat?.isSocket())
      return `${path}: ${option}: is a socket; name /dev/stdout, and pipe it to a program that connects`;
    accessSync(stat ? place.path : dirname(place.path), constants.W_OK);
    return null;
  } catch (error) {
    return `${path}: ${option}: ${meaningOf(error)}`;
  }
}

/**
 * Whether writing the file again replaces its content. A pipe, a device or the standard output would get the new content
 * after the old one.
 */
export function isReplaceable(path: string): boolean {
  try {
    const place = placeOf(path);
    if (place.kind === 'descriptor') return false;
    return statSync(place.path, { throwIfNoEntry: false })?.isFile() ?? true;
  } catch {
    return false;
  }
}

/**
 * Writes a whole file or nothing. Where the path is a symbolic link, its target is written; mode and owner are preserved.
 * Pipes and devices are written to, and /dev/stdout and /dev/fd/N through the open descriptor.
 */
export function writeBytes(option: string, path: string, bytes: Uint8Array): Result<null> {
  try {
    const place = placeOf(path);
    if (place.kind === 'descriptor') {
      writeAll(place.descriptor, bytes);
      if (isStandardOutput(place.descriptor)) reportToStandardError();
      return ok(null);
    }
    const stat = statSync(place.path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) return fail(`${path}: ${option}: is a folder`);
    if (stat === undefined || stat.isFile()) replaceFile(place.path, stat, bytes);
    else writeThrough(place.path, bytes);
    return ok(null);
  } catch (error) {
    return fail(`${path}: ${option}: ${meaningOf(error)}`);
  }
}

/** Writes to a pipe or a device without creating or truncating it. Waits for the reader of a pipe. */
function writeThrough(path: string, bytes: Uint8Array): void {
  const file = openSync(path, constants.O_WRONLY);
  try {
    writeAll(file, bytes);
  } finally {
    closeSync(file);
  }
}

/** Also true for a duplicate of the standard output (3>&1). */
function isStandardOutput(descriptor: number): boolean {
  const [one, other] = [fstatSync(descriptor), fstatSync(1)];
  return descriptor === 1 || (!one.isCharacterDevice() && one.dev === other.dev && one.ino === other.ino);
}
