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
import { hasCode } from './system-errors.ts';

/** Permission bits of a mode, including setuid, setgid and sticky. */
const PERMISSIONS = 0o7777;
/** Errors of a rename where the file itself may still be writable: a mount point, a sticky folder. */
const NOT_REPLACEABLE = ['EBUSY', 'EPERM', 'EACCES', 'EXDEV'];

/**
 * Writes a whole regular file or nothing; throws the system's error. `path` is no symbolic link; `stat` describes the file
 * that exists, undefined where there is none. The content is written to a temporary file, which is renamed over the file.
 * Where that would lose hard links or the owner, or is not possible, the file is written in place, and its old content is
 * restored where that fails.
 */
export function replaceFile(path: string, stat: Stats | undefined, bytes: Uint8Array): void {
  if (stat && (stat.nlink > 1 || !mayWrite(dirname(path)))) {
    overwrite(path, bytes);
    return;
  }
  removeLeftovers(path);
  const temporary = temporaryPath(path);
  try {
    // Readable by the owner alone until it has the mode of the file that it replaces, which may be private.
    const file = openSync(temporary, 'wx', stat ? 0o600 : 0o666);
    try {
      writeAll(file, bytes);
      if (stat && !copyOwnerAndMode(file, stat)) {
        overwrite(path, bytes);
        return;
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    try {
      renameSync(temporary, path);
    } catch (error) {
      if (!stat || !hasCode(error, ...NOT_REPLACEABLE)) throw error;
      overwrite(path, bytes);
    }
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Copies owner and mode of a file to a new one; false where the owner cannot be changed. */
function copyOwnerAndMode(file: number, { uid, gid, mode }: Stats): boolean {
  const current = fstatSync(file);
  if (current.uid !== uid || current.gid !== gid) {
    try {
      fchownSync(file, uid, gid);
    } catch {
      return false;
    }
  }
  // After the owner, because changing the owner clears bits of the mode.
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

/** Writes in place. */
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
 * The temporary file of a file: in the same folder, so that the rename stays within a file system. Its name identifies the
 * file, the machine and the process, and is short whatever the file's name: ".inkling-3f0c...-4711-9b2e....tmp".
 */
export function temporaryPath(path: string, pid = process.pid): string {
  return join(dirname(path), `${temporaryPrefix(path)}${pid}-${randomBytes(6).toString('hex')}.tmp`);
}

function temporaryPrefix(path: string): string {
  const owner = createHash('sha256')
    .update(`${hostname()}\n${basename(path)}`)
    .digest('hex')
    .slice(0, 16);
  return `.inkling-${owner}-`;
}

/** Files whose leftovers this process has already removed. */
const searched = new Set<string>();

/** Removes temporary files of this file that killed processes left behind. Those of running processes stay. */
function removeLeftovers(path: string): void {
  if (searched.has(path)) return;
  searched.add(path);
  const prefix = temporaryPrefix(path);
  for (const name of namesIn(dirname(path))) {
    const pid = name.startsWith(prefix) ? /^(\d+)-[\da-f]{12}\.tmp$/.exec(name.slice(prefix.length)) : null;
    if (pid && hasEnded(Number(pid[1]))) rmSync(join(dirname(path), name), { force: true });
  }
}

/** Process ids are reused: before this process has made a temporary file, one with its id is of an earlier process. */
function hasEnded(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // EPERM: it runs, as another user.
    return hasCode(error, 'ESRCH');
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
