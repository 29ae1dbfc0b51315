import { type BigIntStats, fstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import process from 'node:process';
import { hasCode } from './system-errors.ts';

/** Where a path leads once all symbolic links are followed: a place in a folder, or an open file of this process. */
export type Place =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'descriptor'; readonly descriptor: number };

/** The limit of Linux. */
const MAX_LINKS = 40;

/**
 * Follows symbolic links, also to a file that does not exist yet; /dev/stdout and /dev/fd/N are descriptors. Throws the
 * system's error where a folder of the path is missing or links form a circle.
 */
export function placeOf(path: string): Place {
  // "name/" can only be a folder: throws where it is none.
  if (path.endsWith(sep)) statSync(path);
  let at = path;
  for (let links = 0; links <= MAX_LINKS; links++) {
    // The native call, because the other one resolves "link/.." to the folder that holds the link.
    const folder = realpathSync.native(dirname(at));
    const name = basename(at);
    at = join(folder, name);
    const owner = /^\/proc\/(\d+)(\/task\/\d+)?\/fd$/.exec(folder)?.[1] ?? null;
    if (/^\d+$/.test(name) && (owner === String(process.pid) || folder === '/dev/fd'))
      return { kind: 'descriptor', descriptor: Number(name) };
    // The descriptors of another process may link to what is no path ("pipe:[4711]").
    const next = owner === null ? linkOf(at) : null;
    if (next === null) return { kind: 'path', path: at };
    at = resolve(folder, next);
  }
  throw Object.assign(new Error(`${path}: too many symbolic links`), { code: 'ELOOP' });
}

/** The target of a symbolic link; null where the path is none, or does not exist. */
function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch (error) {
    // Windows reports UNKNOWN where the path is no link.
    if (hasCode(error, 'EINVAL', 'ENOENT', 'UNKNOWN')) return null;
    throw error;
  }
}

/** A path given to an option. */
export interface NamedPath {
  /** "--out". */
  readonly option: string;
  readonly path: string;
  /** Whether the command writes it. */
  readonly written: boolean;
}

/**
 * Why a command must not run: a file that it would write is also one that it reads or writes, even if the paths differ
 * (links, dots, hard links, a redirected standard output). Null where all are different.
 */
export function refuseSharedFile(paths: readonly NamedPath[]): string | null {
  const known = paths.map((named) => ({ ...named, key: keyOf(named.path) }));
  for (const [at, one] of known.entries()) {
    for (const other of known.slice(at + 1)) {
      if (one.key === null || one.key !== other.key || !(one.written || other.written)) continue;
      const [written, kept] = other.written ? [other, one] : [one, other];
      return `${written.path}: ${written.option}: is the same file as ${kept.option} ${kept.path}; give ${written.option} another name`;
    }
  }
  for (const { option, path, key } of known) {
    const stream = key === null ? undefined : STREAMS.find(({ descriptor }) => key === keyOfFile(descriptor));
    if (stream && !isDescriptor(path, stream.descriptor))
      return `${path}: ${option}: is the same file as ${stream.name}, to which the command writes its report; give one of them another name`;
  }
  return null;
}

const STREAMS = [
  { descriptor: 1, name: 'the standard output' },
  { descriptor: 2, name: 'the standard error' },
] as const;

/** Equal for two paths of one file; null where sharing does no harm, or the path cannot be resolved. */
function keyOf(path: string): string | null {
  try {
    const place = placeOf(path);
    const stat =
      place.kind === 'descriptor'
        ? fstatSync(place.descriptor, { bigint: true })
        : statSync(place.path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return place.kind === 'path' ? place.path : null;
    return keyOfStat(stat);
  } catch {
    // Reading or writing it will report the error.
    return null;
  }
}

/** Null for a terminal or /dev/null, which several options may share. */
function keyOfStat(stat: BigIntStats): string | null {
  return stat.isCharacterDevice() ? null : `${stat.dev}:${stat.ino}`;
}

function keyOfFile(descriptor: number): string | null {
  try {
    const stat = fstatSync(descriptor, { bigint: true });
    return stat.isFile() ? keyOfStat(stat) : null;
  } catch {
    return null;
  }
}

function isDescriptor(path: string, descriptor: number): boolean {
  const place = placeOf(path);
  return place.kind === 'descriptor' && place.descriptor === descriptor;
}
