import { createHash, randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { writeAll } from './output.ts';

/** Permission bits of a mode, those that run as the owner or the group included. */
const PERMISSIONS = 0o7777;
/** A rename that the system refuses although the file itself may be written: a mount point, a sticky folder. */
const NOT_REPLACEABLE: readonly unknown[] = ['EBUSY', 'EPERM', 'EACCES', 'EXDEV'];

/**
 * Writes a whole regular file or nothing; throws the system's error. `path` is no symbolic link; `stat` describes the file
 * that is there, undefined where there is none. The content is written beside the file and renamed over it. Where that
 * would lose something (other names of the file, its owner) or cannot be done, the file is written in place, and gets its
 * old content back where that fails.
 */
export function replaceFile(path: string, stat: Stats | undefined, bytes: Uint8Array): void {
  if (stat && (stat.nlink > 1 || !mayWrite(dirname(path)))) {
    overwrite(path, bytes);
    return;
  }
  removeLeftovers(path);
  const aside = asidePath(path);
  try {
    // Until it has the mode of the file that it replaces, a private file is readable by its owner alone.
    const file = openSync(aside, 'wx', stat ? 0o600 : 0o666);
    try {
      writeAll(file, bytes);
      if (stat && !takesAfter(file, stat)) {
        overwrite(path, bytes);
        return;
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    try {
      renameSync(aside, path);
    } catch (error) {
      if (!stat || !(error instanceof Error && 'code' in error && NOT_REPLACEABLE.includes(error.code)))
        throw error;
      overwrite(path, bytes);
    }
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Gives a new file the owner and the mode of another; false where the system does not let us give files away. */
function takesAfter(file: number, { uid, gid, mode }: Stats): boolean {
  const own = fstatSync(file);
  if (own.uid !== uid || own.gid !== gid) {
    try {
      fchownSync(file, uid, gid);
    } catch {
      return false;
    }
  }
  // After the owner: changing that clears bits of the mode.
  fchmodSync(file, mode & PERMISSIONS);
  return true;
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Writes into the file that is there. */
function overwrite(path: string, bytes: Uint8Array): void {
  const before = contentOf(path);
  const file = openSync(path, constants.O_WRONLY);
  const write = (content: Uint8Array) => {
    for (let at = 0; at < content.length;) at += writeSync(file, content, at, content.length - at, at);
    ftruncateSync(file, content.length);
    fsyncSync(file);
  };
  try {
    write(bytes);
  } catch (error) {
    if (before) write(before);
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Null where the file may be written but not read. */
function contentOf(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

/**
 * Where a file is prepared: beside it, so that the rename stays within a file system. The name tells which file and which
 * process of which machine it belongs to, and is short whatever the file's name: ".inkling-3f0c...-4711-9b2e....tmp".
 */
export function asidePath(path: string, pid = process.pid): string {
  return join(dirname(path), `${asidePrefix(path)}${pid}-${randomBytes(6).toString('hex')}.tmp`);
}

function asidePrefix(path: string): string {
  const owner = createHash('sha256')
    .update(`${hostname()}\n${basename(path)}`)
    .digest('hex')
    .slice(0, 16);
  return `.inkling-${owner}-`;
}

/** Files whose leftovers this process has looked for. */
const searched = new Set<string>();

/** Removes what runs that were killed left of this file. Those of processes that still run are left alone. */
function removeLeftovers(path: string): void {
  if (searched.has(path)) return;
  searched.add(path);
  const prefix = asidePrefix(path);
  for (const name of namesIn(dirname(path))) {
    const pid = name.startsWith(prefix) ? /^(\d+)-[\da-f]{12}\.tmp$/.exec(name.slice(prefix.length)) : null;
    if (pid && hasEnded(Number(pid[1]))) rmSync(join(dirname(path), name), { force: true });
  }
}

/** The number of a process is used again: a file of "this" process is of an earlier one, before the first is made. */
function hasEnded(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // EPERM: it runs, as another user.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
