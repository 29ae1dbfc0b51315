import { cleanText } from '../../data/clean-text.ts';
import { wordsOf } from '../../data/error-words.ts';
import { isPng } from '../../data/png-text.ts';
import { isZip } from '../../data/zip.ts';
import { RESULTS_FORMAT } from '../../models/results.ts';
import { isBackup } from '../backup/is-backup.ts';
import { linkInPicture } from '../results/link-in-picture.ts';
import { FORMAT as SPEED_FORMAT } from '../speed/record.ts';
import type { OpenPorts } from './ports.ts';

/** Of the beginning of every file, enough to tell what it is. */
const HEAD_BYTES = 4096;
/** A picture that carries a link is read as a whole; larger ones are not of Inkling's making. */
const MAX_PICTURE_BYTES = 64 * 2 ** 20;

export interface FileWithHead {
  readonly file: File;
  /** The first bytes, at most HEAD_BYTES. */
  readonly head: Uint8Array<ArrayBuffer>;
}

/** One kind of file, and what is done with it. */
interface Opener {
  /** Whether the files are of this kind: by their content, not by their names. */
  readonly takes: (files: readonly FileWithHead[]) => boolean;
  /** Resolves with false where they are not of this kind after all: the next opener is asked. */
  readonly open: (files: readonly File[], ports: OpenPorts) => Promise<boolean>;
}

const backup: Opener = {
  takes: (files) => files.length === 1 && isZip(files[0].head) && isBackup(files[0].head),
  open: async ([file], { lab, router }) => {
    router.goToLab('data');
    await (await lab()).backups.read(file);
    return true;
  },
};

const model: Opener = {
  takes: (files) => files.length === 1 && beginsAsSafetensors(files[0]),
  open: async ([file], { models, choose, router }) => {
    const opened = await models.open(file);
    // Where it cannot be opened a notice says why.
    if (!opened.ok) return true;
    choose('right', { kind: 'trained', id: opened.value.id });
    router.go('play');
    return true;
  },
};

/** A picture that was saved here brings its experiment back. */
const linkedPicture: Opener = {
  takes: (files) => files.length === 1 && (isPng(files[0].head) || isSvg(files[0])),
  open: async ([file], { router }) => {
    if (file.size > MAX_PICTURE_BYTES) return false;
    const hash = linkInPicture(new Uint8Array(await file.arrayBuffer()));
    if (hash === null) return false;
    router.follow(hash);
    return true;
  },
};

const results: Opener = {
  takes: (files) => files.every((each) => isJsonOf(each, RESULTS_FORMAT)),
  open: async (files, { lab, router }) => {
    router.goToLab('leaderboard');
    await (await lab()).leaderboard.openResults(files);
    return true;
  },
};

const speed: Opener = {
  takes: (files) => files.length === 1 && isJsonOf(files[0], SPEED_FORMAT),
  open: async ([file], { lab, router }) => {
    router.goToLab('speed');
    await (await lab()).speed.open(file);
    return true;
  },
};

const images: Opener = {
  takes: () => true,
  open: async (files, { imports }) => {
    await imports.take(files);
    return true;
  },
};

/** The last takes everything, and says what it cannot read. */
const OPENERS: readonly Opener[] = [backup, model, linkedPicture, results, speed, images];

/** Opens files of any kind that Inkling reads, where a visitor would look for the outcome. What cannot be opened is said. */
export async function openFiles(files: readonly File[], ports: OpenPorts): Promise<void> {
  try {
    const heads = await Promise.all(files.map(withHead));
    for (const opener of OPENERS) if (opener.takes(heads) && (await opener.open(files, ports))) return;
  } catch (error) {
    const names = files.map(({ name }) => cleanText(name, 60)).join(', ');
    ports.notices.say('files', `${names} could not be opened: ${wordsOf(error)}.`, { tone: 'error' });
  }
}

async function withHead(file: File): Promise<FileWithHead> {
  return { file, head: new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()) };
}

/** The length of the header as a u64, which is smaller than the file, then a JSON object. */
function beginsAsSafetensors({ file, head }: FileWithHead): boolean {
  if (head.length < 9) return false;
  const length = new DataView(head.buffer).getBigUint64(0, true);
  return head[8] === '{'.charCodeAt(0) && length < BigInt(file.size);
}

function isSvg({ head }: FileWithHead): boolean {
  const text = new TextDecoder().decode(head).trimStart();
  return text.startsWith('<') && text.includes('<svg');
}

/** Whether a JSON object names this format near its beginning. */
function isJsonOf({ head }: FileWithHead, format: string): boolean {
  const text = new TextDecoder().decode(head).trimStart();
  return text.startsWith('{') && new RegExp(`"format"\\s*:\\s*"${format}"`).test(text);
}
