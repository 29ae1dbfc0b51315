import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { readIdx } from '../data/idx.ts';
import type { GreyImages } from '../data/images.ts';
import { fail, ok, type Result } from '../data/result.ts';

const LARGEST = 1 << 30;

const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EISDIR: 'is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left',
  ENAMETOOLONG: 'the name is too long',
};

/** What the system said, in words; rethrows what is no file error. */
function meaningOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return MEANINGS[error.code] ?? error.code;
  throw error;
}

/** A whole file. `option` says which one it was: "--images". */
export function readBytes(option: string, path: string): Result<Uint8Array<ArrayBuffer>> {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return fail(`${path}: ${option}: is a folder`);
    if (stat.size > LARGEST) return fail(`${path}: ${option}: ${stat.size} bytes exceed the limit of 1 GiB`);
    return ok(new Uint8Array(readFileSync(path)));
  } catch (error) {
    return fail(`${path}: ${option}: ${meaningOf(error)}`);
  }
}

/** IDX images, with labels where a file of them is named. Gzipped files too. */
export function readImages(option: string, path: string, labels: string | null): Result<GreyImages> {
  const bytes = readBytes(option, path);
  if (!bytes.ok) return bytes;
  const labelBytes = labels === null ? ok(null) : readBytes('--labels', labels);
  if (!labelBytes.ok) return labelBytes;
  const images = readIdx(bytes.value, labelBytes.value, { images: path, labels: labels ?? '' });
  if (images.ok && images.value.note) process.stderr.write(`${path}: ${images.value.note}\n`);
  return images;
}

/** Why a file could not be written here, before hours of work are spent on its content; null where it could. */
export function refuseTarget(option: string, path: string | null): string | null {
  if (path === null) return null;
  try {
    accessSync(dirname(path), constants.W_OK);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return `${path}: ${option}: is a folder`;
    return null;
  } catch (error) {
    return `${path}: ${option}: ${meaningOf(error)}`;
  }
}

/** Writes a whole file or nothing: beside its place first, then moved there. */
export function writeBytes(option: string, path: string, bytes: Uint8Array): Result<null> {
  const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = openSync(aside, 'wx');
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(aside, path);
    return ok(null);
  } catch (error) {
    rmSync(aside, { force: true });
    return fail(`${path}: ${option}: ${meaningOf(error)}`);
  }
}
