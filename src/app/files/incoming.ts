import { SHARED_CACHE } from './shared-cache.ts';

/** Files that reach the page without one of its own controls: dropped, pasted, opened with the app, shared to it. */

/** In the query of the page's address: something was shared. */
const SHARED = 'shared';

interface LaunchParams {
  readonly files?: readonly { getFile(): Promise<File> }[];
}

interface LaunchQueue {
  setConsumer(consumer: (launch: LaunchParams) => void): void;
}

/** The files of a drop or a paste. `folders` counts those that are folders, which browsers hand over without their files. */
export function filesIn(transfer: DataTransfer | null): {
  readonly files: readonly File[];
  readonly folders: number;
} {
  if (!transfer) return { files: [], folders: 0 };
  const files: File[] = [];
  let folders = 0;
  for (const item of transfer.items) {
    if (item.kind !== 'file') continue;
    const file = item.getAsFile();
    if (item.webkitGetAsEntry()?.isDirectory) folders++;
    else if (file) files.push(file);
  }
  return { files, folders };
}

/** Whether what is dragged over the page holds files: their names are not known before the drop. */
export function bringsFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes('Files') ?? false;
}

/** Calls `open` with the files that the installed app is opened with, now or later. */
export function onLaunch(open: (files: readonly File[]) => void): void {
  const queue = (globalThis as { launchQueue?: LaunchQueue }).launchQueue;
  queue?.setConsumer((launch) => {
    void filesOf(launch).then((files) => {
      if (files.length > 0) open(files);
    });
  });
}

async function filesOf({ files = [] }: LaunchParams): Promise<readonly File[]> {
  const read = await Promise.allSettled(files.map((each) => each.getFile()));
  return read.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

/** The files that were shared to the app, once: null where the page was not opened by sharing. */
export async function takeShared(): Promise<readonly File[] | null> {
  const { searchParams, hash, pathname } = new URL(location.href);
  if (!searchParams.has(SHARED)) return null;
  history.replaceState(null, '', `${pathname}${hash}`);
  try {
    const cache = await caches.open(SHARED_CACHE);
    const files: File[] = [];
    for (const request of await cache.keys()) {
      const response = await cache.match(request);
      if (response) files.push(await fileOf(request, response));
    }
    await caches.delete(SHARED_CACHE);
    return files;
  } catch {
    // Without caches nothing can have been left there.
    return [];
  }
}

async function fileOf(request: Request, response: Response): Promise<File> {
  const name = new URL(request.url).searchParams.get('name') ?? 'shared';
  const blob = await response.blob();
  return new File([blob], name, { type: blob.type });
}
