import type { NamedFile } from '../../data/idx-pair.ts';

const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  svg: 'image/svg+xml',
  gif: 'image/gif',
  webm: 'video/webm',
  csv: 'text/csv',
  json: 'application/json',
  zip: 'application/zip',
  txt: 'text/plain',
};

/** Whether this browser hands files of this ending on to other apps, as phones do. */
export function sharesFiles(ending: string): boolean {
  return 'canShare' in navigator && navigator.canShare({ files: [fileOf(`a.${ending}`, new Uint8Array())] });
}

/**
 * Hands files on to another app, which the visitor chooses: to be called soon after a click. Resolves with whether that was done; a visitor who
 * chooses none has not failed.
 */
export async function shareFiles(
  files: readonly NamedFile[],
  title: string,
): Promise<'shared' | 'cancelled' | 'refused'> {
  try {
    await navigator.share({ files: files.map(({ name, bytes }) => fileOf(name, bytes)), title });
    return 'shared';
  } catch (error) {
    return error instanceof DOMException && error.name === 'AbortError' ? 'cancelled' : 'refused';
  }
}

function fileOf(name: string, bytes: Uint8Array<ArrayBuffer>): File {
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  return new File([bytes], name, { type });
}
