const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EISDIR: 'is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left',
  EDQUOT: 'no space left of the quota',
  EFBIG: 'larger than the file system or a limit of the shell allows',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its symbolic links form a circle',
  EPIPE: 'its reader has gone',
  EBADF: 'is not open for this',
  EBUSY: 'is in use',
  ETXTBSY: 'is a program that runs',
  EIO: 'input/output error',
  EMFILE: 'too many open files',
};

/** What the system said, in words; rethrows what is no file error. */
export function meaningOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return MEANINGS[error.code] ?? error.code;
  throw error;
}

/** Whether it is an error of the system with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}
