import { cleanText } from '../../data/clean-text.ts';
import { wordsOf } from '../../data/error-words.ts';
import { isZip } from '../../data/zip.ts';
import { isBackup } from '../backup/is-backup.ts';
import type { OpenPorts } from './ports.ts';

/** Of the beginning of every file, enough to tell what it is. */
const HEAD_BYTES = 4096;

export interface OpenedFile {
  readonly file: File;
  /** The first bytes, at most HEAD_BYTES. */
  readonly head: Uint8Array<ArrayBuffer>;
}

/** One kind of file, and what is done with it. */
interface Opener {
  /** Whether the files are of this kind: by their content, not by their names. */
  readonly takes: (files: readonly OpenedFile[]) => boolean;
  readonly open: (files: readonly File[], ports: OpenPorts) => Promise<void>;
}

const backup: Opener = {
  takes: (files) => files.length === 1 && isZip(files[0].head) && isBackup(files[0].head),
  open: async ([file], { lab, router }) => {
    router.go('lab');
    await (await lab()).backups.read(file);
  },
};

const images: Opener = {
  takes: () => true,
  open: (files, { imports }) => imports.take(files),
};

/** The last takes everything, and says what it cannot read. */
const OPENERS: readonly Opener[] = [backup, images];

/** Opens files of any kind that Inkling reads, where a visitor would look for the outcome. What it is not is said. */
export async function openFiles(files: readonly File[], ports: OpenPorts): Promise<void> {
  try {
    const opened = await Promise.all(files.map(withHead));
    const opener = OPENERS.find((each) => each.takes(opened));
    if (opener) await opener.open(files, ports);
  } catch (error) {
    const names = files.map(({ name }) => cleanText(name, 60)).join(', ');
    ports.notices.say('files', `${names} could not be opened: ${wordsOf(error)}.`, { tone: 'error' });
  }
}

async function withHead(file: File): Promise<OpenedFile> {
  return { file, head: new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()) };
}
