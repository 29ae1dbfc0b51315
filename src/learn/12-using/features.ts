import { CLASSES, type PackedImages, pixelCount } from '../../data/images.ts';
import { permutation, Stream, streamKey } from '../../data/rng.ts';
import { probe, type Split } from '../../stats/probe.ts';
import type { Rows } from '../../stats/rows.ts';
import { type Kinds, pixelsOf } from './kinds.ts';

/** Ways to name a digit with the help of a few labels. */
export const READINGS = ['named', 'features', 'pixels'] as const;
export type Reading = (typeof READINGS)[number];

/** Accuracies on the same held-back digits, 0 to 1: of kinds that are named, and of linear probes of the features and of the pixels. */
export type FeatureResult = Readonly<Record<Reading, number>> & {
  /** Digits whose labels have been seen. */
  readonly labels: number;
};

/** p(kind given the image) of every image, [count, K]. */
export function responsibilitiesOf(kinds: Kinds, images: PackedImages): Rows {
  const values = new Float32Array(images.count * kinds.count);
  for (let at = 0; at < images.count; at++)
    values.set(kinds.posterior(pixelsOf(images, at)), at * kinds.count);
  return { count: images.count, width: kinds.count, values };
}

/** The images themselves, [count, n]. */
export function pixelRows(images: PackedImages): Rows {
  const width = pixelCount(images.grid);
  const values = new Float32Array(images.count * width);
  for (let at = 0; at < images.count; at++) values.set(pixelsOf(images, at), at * width);
  return { count: images.count, width, values };
}

/** Imagined digits of every class among those of a kind. */
const STRENGTH = 0.05;

/**
 * Accuracy on `tested` where every kind is named by the labelled digits: p(class given kind) is counted, each digit by its responsibilities, and
 * p(class given image) is the mean of it over the kinds of the image. No weights are learnt.
 */
export function accuracyOfNames(
  { width, values }: Rows,
  labels: Uint8Array,
  { trained, tested }: Split,
): number {
  const names = new Float64Array(width * CLASSES).fill(STRENGTH);
  for (const image of trained)
    for (let k = 0; k < width; k++) names[k * CLASSES + labels[image]] += values[image * width + k];
  const totals = Float64Array.from({ length: width }, (_, k) =>
    names.subarray(k * CLASSES, (k + 1) * CLASSES).reduce((sum, count) => sum + count, 0),
  );
  let right = 0;
  for (const image of tested) {
    const chances = Float64Array.from({ length: CLASSES }, (_, y) => {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += (values[image * width + k] * names[k * CLASSES + y]) / totals[k];
      return sum;
    });
    if (chances.indexOf(Math.max(...chances)) === labels[image]) right++;
  }
  return right / tested.length;
}

/** As many digits of each class, `count` in all, out of the first `taught`; another draw for another `repeat`. */
export function balancedDraw(
  labels: Uint8Array,
  taught: number,
  count: number,
  repeat: number,
): Uint32Array<ArrayBuffer> {
  const order = permutation(taught, repeat, streamKey(Stream.split));
  const taken = new Uint32Array(CLASSES);
  return order.filter((image) => ++taken[labels[image]] <= count / CLASSES);
}

/**
 * Names digits with the labels of few and of many digits out of the first `taught`, `repeats` draws of them each; tested on the rest. `onResult`
 * is given each result as it comes. Throws the signal's reason where it is aborted.
 */
export async function measureFeatures(
  kinds: Kinds,
  {
    images,
    labels,
    taught,
  }: { readonly images: PackedImages; readonly labels: Uint8Array; readonly taught: number },
  counts: readonly number[],
  repeats: number,
  signal: AbortSignal,
  onResult: (result: FeatureResult) => void,
): Promise<void> {
  const [features, pixels] = [responsibilitiesOf(kinds, images), pixelRows(images)];
  const tested = Uint32Array.from({ length: images.count - taught }, (_, at) => taught + at);
  for (let repeat = 0; repeat < repeats; repeat++)
    for (const count of counts) {
      const split = { trained: balancedDraw(labels, taught, count, repeat), tested };
      onResult({
        labels: count,
        named: accuracyOfNames(features, labels, split),
        features: await probe(features, labels, split, { signal }),
        pixels: await probe(pixels, labels, split, { signal }),
      });
    }
}
